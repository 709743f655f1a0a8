"""Runs jobs: from a job to its reaction, and from what the reaction raised to what happens next.

UserMistake is logged and over, since the reaction has said it. TryLater puts the same job again. Anything else is our
own bug: logged under an id, tried again, and at last handed to `gave_up`, which ends what people wait for. This file
has the only `except Exception`. The words of an error may hold a secret, so its type and its frames are logged instead.
"""

import os
import secrets
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.domain.errors import TryLater, UserMistake
from bot.domain.subjects import Job
from bot.ports.queue import Queue, Run
from bot.ports.world import Ports

RETRY_AFTER = (5.0, 30.0, 180.0)
"""Seconds until a failed job is tried again, failure by failure. One more failure, and it is given up."""

MOST_RESUMES = 5
"""A run that lost its worker more often is taken for the cause of it and given up."""

KEEP_SECONDS = 14 * 24 * 3600.0
"""How long ended runs and deliveries are remembered. GitHub lets deliveries be sent again for three days."""

GRACE_SECONDS = 20.0

Reaction = Callable[[Job, Ports], None]
GaveUp = Callable[[Job, str, Ports], None]
Observe = Callable[[str, str, float], None]
"""Told of every run: the job's name, how it ended (done, later, mistake, error), and the seconds it took."""

_log = structlog.get_logger("plumbline.worker")


@dataclass(frozen=True, slots=True)
class Every:
    """Something done every so many seconds, by one worker at a time."""

    name: str
    seconds: float
    do: Callable[[Ports], None]


class Worker:
    """One process's worker. `reactions` by the job's name; `gave_up` gets the job and the id of its last failure."""

    def __init__(
        self,
        queue: Queue,
        ports: Ports,
        reactions: Mapping[str, Reaction],
        gave_up: GaveUp,
        schedule: Sequence[Every] = (),
    ) -> None:
        self.retry_after: Sequence[float] = RETRY_AFTER
        self.observe: Observe = lambda job, outcome, seconds: None
        self._queue = queue
        self._ports = ports
        self._reactions = reactions
        self._gave_up = gave_up
        self._schedule = (*schedule, Every("purge", 3600.0, lambda _: queue.purge(KEEP_SECONDS)))
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to run jobs in threads, and return."""
        self._queue.launch(self._one)
        for loop in (self._tend, self._keep_schedule):
            thread = threading.Thread(target=loop, name=f"plumbline-{loop.__name__.strip('_')}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, grace: float = GRACE_SECONDS) -> bool:
        """Take nothing more and wait that many seconds for what runs. Whether all of it ended."""
        self._stopping.set()
        # The worker says that it lives until its runs have ended, or another one would take them from it.
        ended = self._queue.stop(grace)
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=5.0)
        return ended

    def leave(self) -> None:
        """Stop, and end the process hard when runs do not end in time: they are resumed elsewhere, as after a kill."""
        if not self.stop():
            _log.warning("runs did not end in time and will be resumed")
            os._exit(0)

    def work(self) -> None:
        """Run jobs until SIGTERM or SIGINT. For the main thread."""
        asked = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: asked.set())
        self.start()
        asked.wait()
        self.leave()

    def _one(self, run: Run) -> None:
        if run.resumes > MOST_RESUMES:
            self._end(run, RuntimeError("the run lost its worker too often"))
        else:
            began = time.monotonic()
            error = _raised_by(lambda: self._reactions[run.job.name](run.job, self._ports))
            self.observe(run.job.name, _outcome(error), time.monotonic() - began)
            self._end(run, error)

    def _end(self, run: Run, error: Exception | None) -> None:
        if isinstance(error, TryLater):
            later = error.after
            _patiently(lambda: self._queue.again(run, later, failed=False))
        elif isinstance(error, UserMistake):
            _log.info("a person's mistake", job=run.job.name, key=run.job.key)
            self._finish(run.job, ok=True)
        elif error is None:
            self._finish(run.job, ok=True)
        else:
            self._fail(run, error)

    def _fail(self, run: Run, error: Exception) -> None:
        incident = _report(error, job=run.job.name, key=run.job.key, tries=run.tries, resumes=run.resumes)
        self._finish(run.job, ok=False)
        if run.tries < len(self.retry_after) and run.resumes <= MOST_RESUMES:
            after = self.retry_after[run.tries]
            _patiently(lambda: self._queue.again(run, after, failed=True))
        elif run.resumes <= 2 * MOST_RESUMES:
            # Beyond that, giving it up is what ends the worker.
            self._give_up(run, incident)

    def _give_up(self, run: Run, incident: str) -> None:
        error = _raised_by(lambda: self._gave_up(run.job, incident, self._ports))
        while isinstance(error, TryLater) and not self._stopping.wait(error.after):
            error = _raised_by(lambda: self._gave_up(run.job, incident, self._ports))
        if error is not None:
            _report(error, job=run.job.name, key=run.job.key, gave_up=incident)

    def _finish(self, job: Job, ok: bool) -> None:
        if job.queue != "ingest":
            return

        def note() -> None:
            with self._ports.ledger.begin() as transaction:
                transaction.deliveries.finish(job.key, ok)

        _patiently(note)

    def _tend(self) -> None:
        while not self._stopped.wait(self._queue.pulse):
            _tell(_raised_by(self._queue.tend), "tend")

    def _keep_schedule(self) -> None:
        next_time = {every.name: time.monotonic() for every in self._schedule}
        while not self._stopping.wait(0.5):
            for every in self._schedule:
                if time.monotonic() >= next_time[every.name] and not self._stopping.is_set():
                    next_time[every.name] = time.monotonic() + every.seconds
                    self._on_time(every)

    def _on_time(self, every: Every) -> None:
        def do() -> None:
            # Longer than a turn, so that whoever did it last goes on doing it.
            if self._queue.lead(f"every {every.name}", 2 * every.seconds):
                every.do(self._ports)

        _tell(_raised_by(do), every.name)


def _outcome(error: Exception | None) -> str:
    if error is None:
        return "done"
    return {TryLater: "later", UserMistake: "mistake"}.get(type(error), "error")


def _raised_by(do: Callable[[], None]) -> Exception | None:
    try:
        do()
    except Exception as error:
        return error
    return None


def _patiently(do: Callable[[], None]) -> None:
    """Until the database answers: a run that ended otherwise would be lost, one that is held is resumed."""
    while True:
        try:
            return do()
        except TryLater as later:
            time.sleep(later.after)


def _tell(error: Exception | None, what: str) -> None:
    """Log what stopped something that is done again soon anyway."""
    if isinstance(error, TryLater):
        _log.warning("could not be done now", what=what, why=error.why)
    elif error is not None:
        _report(error, what=what)


def _report(error: Exception, **about: object) -> str:
    """Log an error under a new id, and return the id."""
    incident = secrets.token_hex(4)
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
    ]
    cause = error.__cause__ or error.__context__
    _log.error(
        "internal error",
        id=incident,
        type=type(error).__name__,
        cause=type(cause).__name__ if cause else "",
        at=frames,
        **about,
    )
    return incident
