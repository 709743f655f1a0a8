"""One worker as a process of its own, for tests that kill it. Arguments: database URL, folder for its journal, TTL.

Its reactions write down in the journal when they begin and end. One called `gated` waits in between until a file with
the name of the run's key is in the folder; one called `deadly` kills the process. What people would be told goes to the
journal as well.
"""

import os
import signal
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

from bot.domain.errors import TryLater, UserMistake
from bot.domain.subjects import Job
from bot.ledger.engine import Engine
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.ports.world import Ports
from bot.worker import Worker

_lock = threading.Lock()


class Journal:
    """Lines of (what, job name, key, process id, time), appended in one write each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, what: str, job: Job) -> None:
        line = f"{what}\t{job.name}\t{job.key}\t{os.getpid()}\t{time.time()}\n"
        with _lock, (self.folder / "journal").open("a") as file:
            file.write(line)

    def read(self) -> list[list[str]]:
        file = self.folder / "journal"
        return [line.split("\t") for line in file.read_text().splitlines()] if file.exists() else []

    def lines(self, what: str, key: str = "") -> list[list[str]]:
        return [line for line in self.read() if line[0] == what and key in ("", line[2])]

    def open_gate(self, key: str) -> None:
        self._gate(key).touch()

    def gate_is_open(self, key: str) -> bool:
        return self._gate(key).exists()

    def close_gate(self, key: str) -> None:
        self._gate(key).unlink()

    def _gate(self, key: str) -> Path:
        return self.folder / f"gate {key}".replace("/", "_")


def only_ledger(ledger: SqlLedger) -> Ports:
    """Ports with nothing behind them but the ledger."""
    nothing: dict[str, Any] = {field.name: None for field in fields(Ports)}
    return Ports(**{**nothing, "ledger": ledger})


class Reactions:
    """What the jobs of the tests do, by the names of the methods."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def quick(self, job: Job, _: Ports) -> None:
        self._journal.write("begin", job)
        time.sleep(0.05)
        self._journal.write("end", job)

    def gated(self, job: Job, _: Ports) -> None:
        self._journal.write("begin", job)
        while not self._journal.gate_is_open(job.key):
            time.sleep(0.02)
        self._journal.write("end", job)

    def deadly(self, job: Job, _: Ports) -> None:
        self._journal.write("begin", job)
        os.kill(os.getpid(), signal.SIGKILL)

    def patient(self, job: Job, _: Ports) -> None:
        self._journal.write("begin", job)
        if len(self._journal.lines("begin", job.key)) < 3:
            raise TryLater("not yet", 0.2)
        self._journal.write("end", job)

    def mistaken(self, job: Job, _: Ports) -> None:
        self._journal.write("begin", job)
        raise UserMistake("no such app")

    def broken(self, job: Job, _: Ports) -> None:
        self._journal.write("begin", job)
        raise KeyError("hunter2")

    def ingest(self, job: Job, ports: Ports) -> None:
        with ports.ledger.begin() as tx:
            event = tx.deliveries.event(job.key)
        self._journal.write(f"heard {type(event).__name__}", job)
        if self._journal.gate_is_open("fail ingest"):
            raise KeyError("hunter2")

    def gave_up(self, job: Job, incident: str, _: Ports) -> None:
        self._journal.write(f"gave up {len(incident)}", job)


def make_worker(ledger: SqlLedger, journal: Journal, ttl: float) -> Worker:
    """A worker whose reactions write to a journal."""
    do = Reactions(journal)
    named = [do.quick, do.gated, do.deadly, do.patient, do.mistaken, do.broken, do.ingest]
    by_name = {reaction.__name__: reaction for reaction in named} | {f"quick-{n}": do.quick for n in range(6)}
    worker = Worker(Engine(ledger, ttl), only_ledger(ledger), by_name, do.gave_up)
    worker.retry_after = (0.1, 0.2)
    return worker


if __name__ == "__main__":
    make_worker(open_ledger(sys.argv[1]), Journal(Path(sys.argv[2])), float(sys.argv[3])).work()
