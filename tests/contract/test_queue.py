"""Jobs on one worker in this process, on every database: how often they run, in which order, and how they end."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.domain.events import PullChanged
from bot.domain.pulls import Repository
from bot.domain.subjects import Job
from bot.ledger.ledger import SqlLedger
from bot.worker import Worker
from tests.contract.worker_process import Journal, make_worker
from tests.waiting import until

EVENT = PullChanged(Repository("github", 12, "acme/shop", 99), 5)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


@pytest.fixture
def worker(ledger: SqlLedger, journal: Journal) -> Iterator[Worker]:
    working = make_worker(ledger, journal, ttl=3.0)
    working.start()
    yield working
    working.stop(grace=5)


def put(ledger: SqlLedger, job: Job, after: float = 0.0) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(job, after)


def is_due(ledger: SqlLedger, job: Job) -> bool:
    with ledger.begin() as tx:
        return tx.jobs.due(job)


def test_a_job_runs_once_and_is_no_longer_due(ledger: SqlLedger, worker: Worker, journal: Journal) -> None:
    job = Job("apply", "quick", "github:12 prod/web")
    put(ledger, job)
    until(lambda: journal.lines("end"))
    assert not is_due(ledger, job)
    put(ledger, job)
    until(lambda: len(journal.lines("end")) == 2)


def test_ten_puts_in_a_moment_are_one_run_and_one_more(ledger: SqlLedger, worker: Worker, journal: Journal) -> None:
    job = Job("plan", "gated", "github:12#5")
    put(ledger, job)
    until(lambda: journal.lines("begin"))
    for _ in range(10):
        put(ledger, job)
    assert is_due(ledger, job), "what came while it ran is not lost"
    journal.open_gate(job.key)
    until(lambda: len(journal.lines("end")) == 2)
    put(ledger, Job("plan", "quick", "github:12#5"))
    until(lambda: journal.lines("end")[2:])
    assert [line[1] for line in journal.lines("begin")] == ["gated", "gated", "quick"]


def test_a_second_run_of_a_plan_keeps_its_distance(ledger: SqlLedger, worker: Worker, journal: Journal) -> None:
    job = Job("plan", "quick", "github:12#5")
    put(ledger, job)
    until(lambda: journal.lines("end"))
    put(ledger, job)
    until(lambda: len(journal.lines("end")) == 2)
    first, second = (float(line[4]) for line in journal.lines("begin"))
    assert second - first >= 1.8


def test_runs_of_one_key_never_overlap_and_other_keys_do_not_wait(
    ledger: SqlLedger, worker: Worker, journal: Journal
) -> None:
    put(ledger, Job("apply", "gated", "github:12 prod/web"))
    until(lambda: journal.lines("begin"))
    put(ledger, Job("apply", "quick", "github:12 prod/web"))
    put(ledger, Job("apply", "quick", "github:12 prod/api"))
    until(lambda: journal.lines("end", "github:12 prod/api"))
    assert not journal.lines("end", "github:12 prod/web")
    journal.open_gate("github:12 prod/web")
    until(lambda: len(journal.lines("end", "github:12 prod/web")) == 2)
    assert [line[:2] for line in journal.read() if line[2] == "github:12 prod/web"] == [
        ["begin", "gated"],
        ["end", "gated"],
        ["begin", "quick"],
        ["end", "quick"],
    ]


def test_a_delayed_job_waits_and_an_earlier_put_brings_it_forward(
    ledger: SqlLedger, worker: Worker, journal: Journal
) -> None:
    late = Job("apply", "quick", "late")
    put(ledger, late, after=600)
    put(ledger, late, after=1000)
    assert is_due(ledger, late)
    put(ledger, late, after=2)
    put(ledger, late, after=0)
    until(lambda: journal.lines("end", "late"))
    assert not is_due(ledger, late)
    # The two later runs that the engine still holds find that they were replaced.
    put(ledger, Job("apply", "quick", "marker"), after=3.5)
    until(lambda: journal.lines("end", "marker"))
    assert len(journal.lines("begin", "late")) == 1


def test_try_later_runs_the_same_job_again_after_its_time(ledger: SqlLedger, worker: Worker, journal: Journal) -> None:
    put(ledger, Job("apply", "patient", "github:12 prod/web"))
    until(lambda: journal.lines("end"))
    assert len(journal.lines("begin")) == 3


def test_a_persons_mistake_is_not_tried_again(ledger: SqlLedger, worker: Worker, journal: Journal) -> None:
    job = Job("apply", "mistaken", "github:12 prod/web")
    put(ledger, job)
    put(ledger, Job("apply", "quick", "github:12 prod/web"))
    until(lambda: journal.lines("end"))
    assert not is_due(ledger, job)
    assert not [line for line in journal.read() if line[0].startswith("gave up")]


def test_our_own_bug_is_tried_again_then_given_up_with_the_id_that_was_logged(
    ledger: SqlLedger, worker: Worker, journal: Journal
) -> None:
    with structlog.testing.capture_logs() as logs:
        put(ledger, Job("apply", "broken", "github:12 prod/web"))
        until(lambda: journal.lines("gave up 8"))
    assert len(journal.lines("begin")) == 3
    assert [log["type"] for log in logs] == ["KeyError"] * 3
    assert all("worker_process.py" in " ".join(log["at"]) for log in logs)
    assert "hunter2" not in repr(logs)


def test_a_job_that_nobody_knows_is_a_bug_and_not_the_end_of_the_worker(
    ledger: SqlLedger, worker: Worker, journal: Journal
) -> None:
    put(ledger, Job("apply", "unheard-of", "k"))
    until(lambda: journal.lines("gave up 8"))
    put(ledger, Job("apply", "quick", "k"))
    until(lambda: journal.lines("end", "k"))


def test_a_failed_delivery_is_taken_again_and_a_done_one_is_not(
    ledger: SqlLedger, worker: Worker, journal: Journal
) -> None:
    def deliver() -> bool:
        with ledger.begin() as tx:
            job = tx.deliveries.accept("guid-1", EVENT)
            if job is not None:
                tx.jobs.put(job)
        return job is not None

    journal.open_gate("fail ingest")
    assert deliver()
    until(lambda: journal.lines("gave up 8", "guid-1:1"))
    journal.close_gate("fail ingest")
    assert deliver()
    until(lambda: journal.lines("heard PullChanged", "guid-1:2"))

    def done() -> bool:
        with ledger.begin() as tx:
            return tx.deliveries.accept("guid-1", None) is None and not tx.jobs.due(Job("ingest", "ingest", "guid-1:2"))

    until(done)
    until(lambda: not deliver())


def test_jobs_put_by_many_threads_in_any_order_neither_block_nor_get_lost(
    ledger: SqlLedger, worker: Worker, journal: Journal
) -> None:
    keys = [f"github:12 prod/app{n}" for n in range(6)]

    def put_all(order: list[str]) -> None:
        for _ in range(5):
            with ledger.begin() as tx:
                for key in order:
                    tx.jobs.put(Job("apply", "quick", key))

    threads = [threading.Thread(target=put_all, args=(order,)) for order in (keys, keys[::-1], keys, keys[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: not any(is_due(ledger, Job("apply", "quick", key)) for key in keys))
    until(lambda: {line[2] for line in journal.lines("end")} == set(keys))
    until(lambda: len(journal.lines("end")) == len(journal.lines("begin")))


def test_a_stopping_worker_lets_runs_end(ledger: SqlLedger, journal: Journal) -> None:
    worker = make_worker(ledger, journal, ttl=3.0)
    worker.start()
    put(ledger, Job("apply", "gated", "k"))
    until(lambda: journal.lines("begin"))
    threading.Timer(0.3, journal.open_gate, ["k"]).start()
    assert worker.stop(grace=30)
    assert journal.lines("end")
