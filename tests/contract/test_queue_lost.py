"""What the engine loses is found again, and what has ended is cleared away, on every database."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.domain.events import PullChanged
from bot.domain.pulls import Repository
from bot.domain.subjects import Job
from bot.ledger.engine import Engine
from bot.ledger.ledger import SqlLedger
from bot.ledger.tables import began, deliveries, due
from bot.ports.queue import Run
from tests.waiting import until

JOB = Job("apply", "look", "github:12 prod/web")


class Seen:
    """A worker's place: notes runs, and tends the queue as a worker does."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.runs: list[Run] = []

    def tended(self) -> list[Run]:
        self.engine.tend()
        return self.runs


@pytest.fixture
def seen(ledger: SqlLedger) -> Iterator[Seen]:
    engine = Engine(ledger, ttl=0.6)
    seen = Seen(engine)
    engine.launch(seen.runs.append)
    yield seen
    engine.stop(grace=2)


def runs_table(ledger: SqlLedger) -> str:
    return "workflow_status" if ledger.database.is_sqlite else "dbos.workflow_status"


def change(ledger: SqlLedger, statement: str, **values: object) -> None:
    with ledger.database.begin() as connection:
        connection.execute(sa.text(statement.replace("RUNS", runs_table(ledger))), values)


def test_a_run_that_was_taken_for_a_living_worker_and_never_reached_it_is_given_back(
    ledger: SqlLedger, seen: Seen
) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(JOB, after=600)
    change(ledger, "UPDATE RUNS SET status = 'PENDING', executor_id = :worker", worker=seen.engine.worker)
    assert until(seen.tended) == [Run(JOB, resumes=1)]


def test_a_run_of_a_worker_that_nobody_heard_of_is_resumed(ledger: SqlLedger, seen: Seen) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(JOB, after=600)
    change(ledger, "UPDATE RUNS SET status = 'PENDING', executor_id = 'ghost'")
    assert until(seen.tended) == [Run(JOB, resumes=1)]


@pytest.mark.parametrize("loss", ["DELETE FROM RUNS", "UPDATE RUNS SET status = 'ERROR'"])
def test_a_job_whose_run_is_gone_is_put_again(ledger: SqlLedger, seen: Seen, loss: str) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(JOB, after=600)
    change(ledger, loss)
    with ledger.database.begin() as connection:
        connection.execute(sa.update(due).values(due_at=due.c.due_at - 700, tries=2))
    assert until(seen.tended) == [Run(JOB, tries=2)]


def test_a_job_that_only_waits_long_for_a_busy_key_is_not_put_again(ledger: SqlLedger, seen: Seen) -> None:
    with ledger.begin() as tx:
        tx.jobs.put(JOB, after=2)
    with ledger.database.begin() as connection:
        connection.execute(sa.update(due).values(due_at=due.c.due_at - 700))
    assert until(seen.tended) == [Run(JOB)]
    with ledger.begin() as tx:
        tx.jobs.put(Job("apply", "marker", JOB.key))
    assert [run.job.name for run in until(lambda: seen.tended()[1:])] == ["marker"]


def test_one_worker_at_a_time_leads_and_another_takes_over_when_it_is_silent(ledger: SqlLedger, seen: Seen) -> None:
    other = Engine(ledger)
    assert seen.engine.lead("sweep", 60)
    assert not other.lead("sweep", 0.1)
    assert seen.engine.lead("sweep", 0.1)
    until(lambda: other.lead("sweep", 60))
    assert not seen.engine.lead("sweep", 60)


def test_what_ended_long_ago_is_forgotten_and_the_rest_is_kept(ledger: SqlLedger, seen: Seen) -> None:
    with ledger.begin() as tx:
        job = tx.deliveries.accept("guid-1", PullChanged(Repository("github", 12, "acme/shop", 99), 5))
        assert job is not None
        tx.jobs.put(job)
        tx.jobs.put(Job("plan", "plan", "github:12#5"))
        tx.jobs.put(JOB, after=600)
    until(lambda: len(seen.tended()) == 2)

    def counts() -> tuple[int, ...]:
        with ledger.database.begin() as connection:
            ours = [connection.execute(sa.select(sa.func.count()).select_from(t)).scalar() for t in (deliveries, began)]
            runs = connection.execute(sa.text(f"SELECT count(*) FROM {runs_table(ledger)}")).scalar()
        return (*(n or 0 for n in ours), runs or 0)

    until(lambda: len(ledger.client.held()) == 0)
    seen.engine.purge(3600)
    assert counts() == (1, 1, 3)
    seen.engine.purge(-1)
    assert counts() == (0, 0, 1)
