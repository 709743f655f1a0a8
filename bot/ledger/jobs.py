"""Jobs that wait to start: one per name and key, however often they are put.

Jobs that a transaction puts are written at its end and in one order, so that two transactions never wait for each other
in a circle. A put locks the waiting row until it commits and a beginning run deletes that row first, so a run always
sees what was written together with the puts that it stands for.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from bot.domain.subjects import Job
from bot.ledger.database import add, put
from bot.ledger.tables import began, due, replaced

SPACING = {"plan": 2.0, "say": 1.0}
"""Seconds from the beginning of one run of a job to the next, by queue: ten events of a pull in a second are planned at
once and then once more."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One run to hand to the engine: its id there, seconds to wait, and how often the job failed before."""

    job: Job
    run: str
    after: float
    tries: int


Enqueue = Callable[[sa.Connection, Waiting], None]


class SqlJobs:
    """Implements `bot.ports.ledger.Jobs`."""

    def __init__(self, connection: sa.Connection, now: Callable[[], float], enqueue: Enqueue) -> None:
        self._connection = connection
        self._now = now
        self._enqueue = enqueue
        self._new: dict[tuple[str, str], Waiting] = {}

    def put(self, job: Job, after: float = 0.0) -> None:
        # The first run of a delivery has a telling id; a later one of the same key needs another.
        run = f"dlv:{job.key}" if job.queue == "ingest" else _fresh(job)
        self._note(Waiting(job, run, after, 0))

    def put_again(self, job: Job, after: float, tries: int) -> None:
        """As `put`, for a job that ran already and failed so many times."""
        self._note(Waiting(job, _fresh(job), after, tries))

    def due(self, job: Job) -> bool:
        if (job.name, job.key) in self._new:
            return True
        return self._connection.execute(sa.select(due.c.run).where(*_is(job))).first() is not None

    def began(self, job: Job) -> float:
        found = sa.select(began.c.at).where(began.c.name == job.name, began.c.key == job.key)
        return float(self._connection.execute(found).scalar_one_or_none() or 0.0)

    def flush(self) -> None:
        """Write what was put. Called once, as the last thing of the transaction."""
        for _, waiting in sorted(self._new.items(), key=lambda item: item[0]):
            now = self._now()
            due_at = max(now + waiting.after, self._spaced(waiting.job))
            self._write(replace(waiting, after=max(0.0, due_at - now)), due_at)

    def _note(self, waiting: Waiting) -> None:
        before = self._new.get((waiting.job.name, waiting.job.key))
        if before is None or waiting.after < before.after:
            self._new[waiting.job.name, waiting.job.key] = waiting

    def _spaced(self, job: Job) -> float:
        """The earliest time for the next run."""
        spacing = SPACING.get(job.queue)
        if spacing is None:
            return 0.0
        at = self.began(job)
        return at + spacing if at else 0.0

    def _write(self, waiting: Waiting, due_at: float) -> None:
        values = {"queue": waiting.job.queue, "due_at": due_at, "run": waiting.run, "tries": waiting.tries}
        # Between the two statements the row may come (another put) or go (its run begins): then look again.
        while not add(self._connection, due, {"name": waiting.job.name, "key": waiting.job.key, **values}):
            found = sa.select(due.c.due_at, due.c.run).where(*_is(waiting.job)).with_for_update()
            row = self._connection.execute(found).one_or_none()
            if row is None:
                continue
            if row.due_at <= due_at:
                return
            add(self._connection, replaced, {"run": row.run, "at": self._now()})
            self._connection.execute(sa.update(due).where(*_is(waiting.job)).values(**values))
            break
        self._enqueue(self._connection, waiting)


def begin_run(connection: sa.Connection, job: Job, run: str, now: float) -> bool:
    """A run begins: its job waits no longer. False when an earlier run took its place and this one has to do nothing.

    A run that begins for the second time, after its worker died, finds no row any more and goes on all the same.
    """
    connection.execute(sa.delete(due).where(*_is(job), due.c.run == run))
    if connection.execute(sa.select(replaced.c.run).where(replaced.c.run == run)).first() is not None:
        return False
    if job.queue in SPACING:
        put(connection, began, {"name": job.name, "key": job.key, "at": now})
    return True


def overdue(connection: sa.Connection, before: float) -> list[tuple[Job, str, int]]:
    """Jobs that should have begun by then, with their runs and failures so far, longest waiting first."""
    found = sa.select(due).where(due.c.due_at < before).order_by(due.c.due_at).limit(500)
    return [(Job(row.queue, row.name, row.key), row.run, row.tries) for row in connection.execute(found)]


def forget(connection: sa.Connection, job: Job, run: str) -> bool:
    """Take away the row of a run that will never begin. Whether it was still there."""
    return connection.execute(sa.delete(due).where(*_is(job), due.c.run == run)).rowcount == 1


def _is(job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return (due.c.name == job.name, due.c.key == job.key)


def _fresh(job: Job) -> str:
    return f"{job.name}:{job.key}:{uuid.uuid4().hex}"
