"""The one file that knows the engine (DBOS Transact): enqueue in our transaction, hand out, look after, clear away.

Fixed here because each was paid for once: JSON instead of pickle in its rows; a constant application version, or jobs
of another version would wait for ever; nothing is cancelled, since that frees a key while its run goes on; nothing
raised leaves a run, since the engine would write the words of the error into a row.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions

from bot.ledger.jobs import Waiting

APPLICATION = "plumbline"
VERSION = "1"
WORKFLOW = "job"
_UNUSED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue: seconds between two looks, runs at once in one worker, and whether a key allows only one run."""

    name: str
    poll: float
    at_once: int
    keyed: bool = True


LANES = (
    Lane("ingest", 0.25, 4, keyed=False),
    Lane("plan", 0.25, 4),
    Lane("say", 0.25, 4),
    Lane("apply", 0.5, 16),
    Lane("drift", 2.0, 2),
)

Body = Callable[[str, str, str, str, int], None]
"""What a run does, from its id, the queue, name and key of its job, and how often the job failed before."""


@dataclass(frozen=True, slots=True)
class Held:
    """A run that a worker has taken and not ended."""

    run: str
    worker: str
    queue: str


class Client:
    """The engine's rows, without running anything: all that a door or a command needs."""

    def __init__(self, url: sa.URL) -> None:
        self._url = _text(url)
        self._lanes = {lane.name: lane for lane in LANES}
        self._client = DBOSClient(
            system_database_url=self._url,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(self, connection: sa.Connection, waiting: Waiting) -> None:
        """Put a run into its queue, as part of the transaction on that connection."""
        job = waiting.job
        options = EnqueueOptions(
            workflow_name=WORKFLOW, queue_name=job.queue, workflow_id=waiting.run, app_version=VERSION
        )
        if self._lanes[job.queue].keyed:
            options["queue_partition_key"] = job.key
        if waiting.after > 0:
            options["delay_seconds"] = waiting.after
        self._client.enqueue_in_transaction(connection, options, job.queue, job.name, job.key, waiting.tries)

    def held(self) -> Sequence[Held]:
        """Runs that some worker has, dead or alive."""
        found = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return [Held(one.workflow_id, one.executor_id or "", one.queue_name or "") for one in found]

    def resume(self, held: Held) -> None:
        """Give a run back to its queue. Without the queue's name its key would no longer be exclusive."""
        self._client.resume_workflow(held.run, queue_name=held.queue)

    def open_among(self, runs: Iterable[str]) -> frozenset[str]:
        """Those of these runs that wait or are held."""
        wanted = list(runs)
        if not wanted:
            return frozenset()
        states = ["DELAYED", "ENQUEUED", "PENDING"]
        found = self._client.list_workflows(workflow_ids=wanted, status=states, load_input=False, load_output=False)
        return frozenset(one.workflow_id for one in found)

    def purge(self, before: float) -> int:
        """Delete runs that ended before then (seconds since the epoch). How many."""
        deleted = 0
        moment = datetime.fromtimestamp(before, UTC).isoformat()
        while True:
            found = self._client.list_workflows(completed_before=moment, limit=200, load_input=False, load_output=False)
            if not found:
                return deleted
            self._client.delete_workflows([one.workflow_id for one in found])
            deleted += len(found)

    def register_lanes(self) -> None:
        """Write the queues' settings where every worker reads them."""
        for lane in LANES:
            self._client.register_queue(
                lane.name,
                worker_concurrency=lane.at_once,
                partition_concurrency=1 if lane.keyed else None,
                polling_interval_sec=lane.poll,
            )

    def close(self) -> None:
        """Close its connections."""
        self._client.destroy()


def migrate_engine(url: sa.URL) -> None:
    """Create or upgrade the engine's own tables."""
    _log_as_we_do()
    DBOS.migrate(_text(url))


def launch(url: sa.URL, worker: str, body: Body) -> None:
    """Begin to hand out runs, once per process. Whoever has this worker id gets back what it left behind."""
    _log_as_we_do()
    config = DBOSConfig(
        name=APPLICATION,
        system_database_url=_text(url),
        application_version=VERSION,
        executor_id=worker,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
        max_executor_threads=sum(lane.at_once for lane in LANES) + 2,
        scheduler_polling_interval_sec=_UNUSED_SECONDS,
        run_migrations=False,
    )
    DBOS(config=config)

    def job(queue: str, name: str, key: str, tries: int) -> None:
        run = DBOS.workflow_id or ""
        DBOS.run_step({"name": "run"}, body, run, queue, name, key, tries)

    DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(job)
    DBOS.launch()


def shutdown(grace: float) -> None:
    """Hand out nothing more, and wait that many seconds for what runs."""
    DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=round(grace))


def _log_as_we_do() -> None:
    """Keep the engine from writing to the terminal by itself, past our format and our masks, as it does by default."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)
