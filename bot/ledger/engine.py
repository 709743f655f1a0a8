"""Runs jobs and looks after the runs: of this worker, of workers that died, and of those that never began.

The engine gives a run back only to a worker of the same id, so a killed worker's run would hold its key for ever. Here
every worker says by the database's clock that it lives, and one of them at a time gives back the runs of the others.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from bot.domain.errors import TryLater
from bot.domain.subjects import Job
from bot.ledger import jobs, liveness, queue
from bot.ledger.database import answering
from bot.ledger.ledger import SqlLedger
from bot.ledger.queue import Held
from bot.ledger.tables import began, deliveries, replaced, resumes
from bot.ports.queue import Run

_BURY_AFTER = 3600.0


class Engine:
    """Implements `bot.ports.queue.Queue`. One per process. `ttl`: seconds of silence after which a worker is dead."""

    def __init__(self, ledger: SqlLedger, ttl: float = 10.0) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.pulse = ttl / 3
        self._ttl = ttl
        self._database = ledger.database
        self._ledger = ledger
        self._client = ledger.client
        self._run: Callable[[Run], None] | None = None
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._idle_since: dict[str, float] = {}
        self._beat_at = self._steady_since = 0.0
        self._left = False

    def launch(self, run: Callable[[Run], None]) -> None:
        self._run = run
        with self._database.begin() as connection:
            # Before the first run is taken: who has runs and never said that it lives counts as dead.
            self._beat(connection)
        self._client.register_lanes()
        queue.launch(self._database.url, self.worker, self._one)

    def again(self, run: Run, after: float, failed: bool) -> None:
        with self._ledger.begin() as transaction:
            transaction.jobs.put_again(run.job, after, run.tries + 1 if failed else run.tries)

    def tend(self) -> None:
        if self._left:
            return
        with self._database.begin() as connection:
            now = self._beat(connection)
            leads = liveness.take_lease(connection, "tend", self.worker, now, self._ttl)
        with answering():
            held = self._client.held()
        self._drop_lost([one for one in held if one.worker == self.worker])
        # After a pause of our own, such as a database that was away, the others get the time to be heard of again.
        if leads and now - self._steady_since >= self._ttl:
            self._resume_dead([one for one in held if one.worker != self.worker])
            self._put_lost(now - 6 * self._ttl)

    def lead(self, name: str, seconds: float) -> bool:
        with self._database.begin() as connection:
            now = self._database.now(connection)
            return liveness.take_lease(connection, name, self.worker, now, seconds)

    def purge(self, older: float) -> None:
        with self._database.begin() as connection:
            now = self._database.now(connection)
            for column in (deliveries.c.received, began.c.at, replaced.c.at, resumes.c.at):
                connection.execute(sa.delete(column.table).where(column < now - older))
            liveness.bury(connection, now - _BURY_AFTER)
        with answering():
            self._client.purge(now - older)

    def stop(self, grace: float) -> bool:
        queue.shutdown(grace if self._running else 0)
        with self._lock:
            ended = not self._running
        self._left = True
        with suppress(TryLater), self._database.begin() as connection:
            liveness.leave(connection, self.worker)
        return ended

    def _beat(self, connection: sa.Connection) -> float:
        now = self._database.now(connection)
        liveness.beat(connection, self.worker, now)
        if now - self._beat_at > self._ttl:
            self._steady_since = now
        self._beat_at = now
        return now

    def _one(self, run: str, name_of_queue: str, name: str, key: str, tries: int) -> None:
        """One run, in a thread of the engine. Everything that can go wrong has been dealt with when `_run` returns."""
        job = Job(name_of_queue, name, key)
        with self._lock:
            self._running.add(run)
        try:
            wanted, resumed = self._begin(job, run)
            if wanted and self._run is not None:
                self._run(Run(job, tries, resumed))
        finally:
            with self._lock:
                self._running.discard(run)

    def _begin(self, job: Job, run: str) -> tuple[bool, int]:
        while True:
            try:
                with self._database.begin() as connection:
                    now = self._database.now(connection)
                    return jobs.begin_run(connection, job, run, now), liveness.resumed(connection, run)
            except TryLater as later:
                # Never given up: a run that is still here when the process ends is resumed elsewhere.
                time.sleep(later.after)

    def _drop_lost(self, mine: list[Held]) -> None:
        """Give back what the engine took for us and then lost on its way to a thread."""
        with self._lock:
            lost = {one.run: one for one in mine if one.run not in self._running}
        now = time.monotonic()
        self._idle_since = {run: self._idle_since.get(run, now) for run in lost}
        for run, since in list(self._idle_since.items()):
            if now - since > 2 * self._ttl:
                del self._idle_since[run]
                self._resume(lost[run])

    def _resume_dead(self, held: list[Held]) -> None:
        # The living are read after the runs: a worker says that it lives before it takes its first.
        with self._database.begin() as connection:
            living = liveness.alive(connection, self._database.now(connection) - self._ttl)
            liveness.free_leases(connection, living)
        for one in held:
            if one.worker not in living:
                self._resume(one)

    def _resume(self, held: Held) -> None:
        with self._database.begin() as connection:
            liveness.count_resume(connection, held.run, self._database.now(connection))
        with answering():
            self._client.resume(held)

    def _put_lost(self, before: float) -> None:
        """Put jobs again that wait for a run which ended or vanished without having begun."""
        with self._database.begin() as connection:
            late = jobs.overdue(connection, before)
        with answering():
            still_open = self._client.open_among(run for _, run, _ in late)
        for job, run, tries in late:
            if run not in still_open:
                with self._ledger.begin() as transaction:
                    if jobs.forget(transaction.connection, job, run):
                        transaction.jobs.put_again(job, 0.0, tries)
