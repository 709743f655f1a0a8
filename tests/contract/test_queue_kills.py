"""Several workers as processes, on every database: keys stay exclusive, and a killed worker's runs are run again."""

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.subjects import Job
from bot.ledger import liveness
from bot.ledger.ledger import SqlLedger
from bot.ledger.tables import due, resumes, workers
from tests.contract.worker_process import Journal
from tests.waiting import until

TTL = 2.0

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


@pytest.fixture
def start(ledger: SqlLedger, database_url: str, journal: Journal) -> Iterator[Start]:
    """Starts worker processes on the ledger and ends those that are left."""
    started: list[subprocess.Popen[bytes]] = []
    program = Path(__file__).with_name("worker_process.py")

    def one(ttl: float = TTL) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, str(program), database_url, str(journal.folder), str(ttl)]
        started.append(subprocess.Popen(arguments, env={"PYTHONPATH": str(Path(__file__).parents[2])}))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def put(ledger: SqlLedger, job: Job) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(job)


def test_three_workers_run_everything_once_and_no_key_twice_at_a_time(
    ledger: SqlLedger, journal: Journal, start: Start
) -> None:
    keys = [f"github:12 prod/app{n}" for n in range(4)]
    jobs = [Job("apply", f"quick-{n}", key) for n in range(6) for key in keys]
    for job in jobs:
        put(ledger, job)
    for _ in range(3):
        start(ttl=60.0)  # nobody is to be taken for dead only for being slow
    until(lambda: len(journal.lines("end")) == len(jobs))
    lines = journal.read()
    assert len(lines) == 2 * len(jobs)
    for key in keys:
        mine = [line for line in lines if line[2] == key]
        assert [line[0] for line in mine] == ["begin", "end"] * 6
        assert [line[1] for line in mine[::2]] == [f"quick-{n}" for n in range(6)], "in the order they were put"


def test_a_killed_workers_run_is_run_once_more_by_another_and_its_key_is_free(
    ledger: SqlLedger, journal: Journal, start: Start
) -> None:
    first = start()
    put(ledger, Job("apply", "gated", "k"))
    until(lambda: journal.lines("begin"))
    start()
    put(ledger, Job("apply", "quick", "k"))
    first.kill()
    until(lambda: len(journal.lines("begin", "k")) == 2)
    journal.open_gate("k")
    until(lambda: len(journal.lines("end", "k")) == 2)
    assert [line[:2] for line in journal.read()] == [
        ["begin", "gated"],
        ["begin", "gated"],
        ["end", "gated"],
        ["begin", "quick"],
        ["end", "quick"],
    ]


def test_a_killed_workers_run_is_run_once_more_after_a_restart(
    ledger: SqlLedger, journal: Journal, start: Start
) -> None:
    first = start()
    put(ledger, Job("plan", "gated", "github:12#5"))
    until(lambda: journal.lines("begin"))
    first.kill()
    first.wait()
    put(ledger, Job("plan", "gated", "github:12#5"))
    journal.open_gate("github:12#5")
    start()
    until(lambda: len(journal.lines("end")) == 2)
    assert len(journal.lines("begin")) == 3, "the run that was cut off, the same again, and the one put since"


def test_a_worker_that_slept_and_was_given_up_for_dead_does_no_harm_when_it_wakes(
    ledger: SqlLedger, journal: Journal, start: Start
) -> None:
    sleeper = start()
    put(ledger, Job("apply", "gated", "k"))
    until(lambda: journal.lines("begin"))
    sleeper.send_signal(signal.SIGSTOP)
    start()
    until(lambda: len(journal.lines("begin")) == 2)
    journal.open_gate("k")
    until(lambda: journal.lines("end"))
    sleeper.send_signal(signal.SIGCONT)
    until(lambda: len(journal.lines("end")) == 2)
    put(ledger, Job("apply", "quick", "k"))
    until(lambda: journal.lines("end")[2:])
    assert [line[1] for line in journal.lines("begin")] == ["gated", "gated", "quick"]


def test_a_run_that_kills_its_worker_again_and_again_is_given_up(
    ledger: SqlLedger, journal: Journal, start: Start
) -> None:
    first = start()
    put(ledger, Job("apply", "deadly", "k"))
    assert first.wait(150) == -signal.SIGKILL
    second = start()
    assert second.wait(150) == -signal.SIGKILL
    with ledger.database.begin() as connection:
        assert connection.execute(sa.select(resumes.c.count)).scalars().all() == [1]
        run = connection.execute(sa.select(resumes.c.run)).scalar_one()
        for _ in range(4):
            liveness.count_resume(connection, run, ledger.database.now(connection))
    put(ledger, Job("apply", "quick", "k"))
    start()
    until(lambda: journal.lines("end", "k"))
    assert [line[0] for line in journal.read()] == ["begin", "begin", "gave up 8", "begin", "end"]


def test_a_worker_asked_to_stop_says_goodbye(ledger: SqlLedger, journal: Journal, start: Start) -> None:
    process = start()
    put(ledger, Job("apply", "quick", "k"))
    until(lambda: journal.lines("end"))
    process.terminate()
    assert process.wait(150) == 0
    with ledger.database.begin() as connection:
        assert connection.execute(sa.select(workers)).all() == []


def test_a_worker_killed_at_any_moment_loses_no_job(ledger: SqlLedger, journal: Journal, start: Start) -> None:
    names = itertools.cycle(f"quick-{n}" for n in range(6))
    wanted = set()
    process = start()
    for turn in range(3):
        for number in range(6):
            job = Job("apply", next(names), f"github:12 prod/app{turn}-{number}")
            put(ledger, job)
            wanted.add(job.key)
        enough = 4 * turn + 2
        until(lambda enough=enough: len(journal.lines("begin")) >= enough)  # type: ignore[misc]
        process.kill()
        process = start()
    until(lambda: {line[2] for line in journal.lines("end")} == wanted)

    def nothing_left() -> bool:
        with ledger.database.begin() as connection:
            return connection.execute(sa.select(due)).first() is None and not ledger.client.held()

    until(nothing_left)
