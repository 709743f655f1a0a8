"""`/metrics`: figures in Prometheus' text format (version 0.0.4), on a port of its own and only when that is set.

Written by hand: the format is a dozen lines, and what counts stands in the ledger, which all processes share. Labels
are names of ours, repositories and targets; nothing of what objects hold.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.domain.errors import TryLater
from bot.ports.ledger import Ledger

TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure under all its labels. kind: gauge or counter."""

    name: str
    kind: str
    says: str
    samples: Sequence[tuple[Labels, float]]


class Metrics:
    """Counts this process's jobs and reads the rest from the ledger. `rates` says how many requests each installation
    of the forge may still send. Safe across threads."""

    def __init__(self, ledger: Ledger, rates: Callable[[], Mapping[str, int]]) -> None:
        self._ledger, self._rates = ledger, rates
        self._lock = threading.Lock()
        self._ran: dict[tuple[str, str], int] = defaultdict(int)
        self._seconds: dict[str, float] = defaultdict(float)
        self._one = CapacityLimiter(1)

    def observe(self, job: str, outcome: str, seconds: float) -> None:
        """A job ran: how it ended (`done`, `later`, `mistake`, `error`) and how long it took."""
        with self._lock:
            self._ran[job, outcome] += 1
            self._seconds[job] += seconds

    def app(self) -> Starlette:
        """GET /metrics and nothing else."""
        return Starlette(routes=[Route("/metrics", self._page, methods=["GET"])])

    async def _page(self, _request: Request) -> Response:
        text = await to_thread.run_sync(lambda: exposition([*self._process(), *self._shared()]), limiter=self._one)
        return PlainTextResponse(text, media_type=TYPE)

    def _process(self) -> Iterator[Metric]:
        with self._lock:
            ran = [({"job": job, "outcome": outcome}, float(many)) for (job, outcome), many in self._ran.items()]
            seconds = [({"job": job}, each) for job, each in self._seconds.items()]
        yield Metric("plumbline_jobs_total", "counter", "Jobs that this process ran.", ran)
        yield Metric("plumbline_job_seconds_total", "counter", "Seconds that its jobs took.", seconds)
        rates = [({"installation": name}, float(left)) for name, left in self._rates().items()]
        yield Metric("plumbline_forge_requests_left", "gauge", "Requests that the forge still allows.", rates)

    def _shared(self) -> Iterator[Metric]:
        try:
            with self._ledger.begin() as tx:
                due, states, took = tx.figures.due(), tx.figures.states(), tx.figures.took()
        except TryLater:
            yield Metric("plumbline_ledger_up", "gauge", "Whether the database answers.", [({}, 0.0)])
            return
        yield Metric("plumbline_ledger_up", "gauge", "Whether the database answers.", [({}, 1.0)])
        waiting = [({"queue": queue}, float(many)) for queue, many in due.items()]
        yield Metric("plumbline_jobs_due", "gauge", "Jobs that wait to start.", waiting)
        by_state = [({"state": state}, float(many)) for state, many in states.items()]
        yield Metric("plumbline_deployments", "gauge", "Deployments that are remembered, by state.", by_state)
        lasted = [({"repository": each.repository, "target": str(each.target)}, each.seconds) for each in took]
        says = "Seconds from the first write until healthy, of each target's newest healthy deployment."
        yield Metric("plumbline_deploy_seconds", "gauge", says, lasted)


def exposition(metrics: Sequence[Metric]) -> str:
    """The text that Prometheus reads."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.says}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{_labels(labels)} {value!r}" for labels, value in metric.samples]
    return "\n".join([*lines, ""])


def _labels(labels: Labels) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))
    return f"{{{shown}}}" if shown else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
