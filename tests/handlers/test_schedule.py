"""The sweeps on a real ledger: what is due stays as it is, what is lost is found, the forge is asked with measure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, look_job
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.ledger.tables import due
from bot.ports.delivery_log import FailedDelivery
from bot.ports.ledger import PullRow
from bot.ports.world import Ports
from handlers.schedule import MOST_ASKED, listen, sweep

SHOP = Repository("github", 12, "acme/shop", 7)
WEB = Target("prod", "web")
NOW = 1_700_000_000.0


@dataclass
class Log:
    """A forge's delivery log with that many failed deliveries; it may stop answering."""

    many: int
    answers: int = 1_000_000
    answered: int = 0
    asked: list[int] = field(default_factory=list)

    def failed(self, since: float) -> Sequence[FailedDelivery]:
        """As many as there are, oldest first."""
        return [FailedDelivery(number, f"d{number}", self.answered) for number in range(self.many)]

    def ask_again(self, attempt: int) -> None:
        """Note it, as long as it answers."""
        if len(self.asked) >= self.answers:
            raise TryLater("the forge asked us to slow down")
        self.asked.append(attempt)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    """An empty ledger that knows the repository."""
    opened = open_ledger(f"sqlite:///{tmp_path}/plumbline.db")
    with opened.begin() as tx:
        tx.repositories.see(SHOP)
    yield opened
    opened.close()


def ports(ledger: SqlLedger | None, *logs: Log) -> Ports:
    """What these sweeps ask for."""
    clock = SimpleNamespace(now=lambda: NOW)
    return cast(Ports, SimpleNamespace(ledger=ledger, clock=clock, delivery_logs=logs))


def jobs(ledger: SqlLedger) -> dict[str, tuple[float, int]]:
    """What is due: when, and after how many failures, by the job's name."""
    with ledger.database.begin() as connection:
        return {row.name: (row.due_at, row.tries) for row in connection.execute(sa.select(due))}


def waiting() -> Deployment:
    """A deployment that waits."""
    return Deployment(0, SHOP.key, WEB, "c" * 40, 1, 0, DeploymentState.WAITING)


def test_whatever_is_unfinished_and_has_no_job_gets_one(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.deployments.add(waiting())
        tx.plans.put(SHOP.key, PullRow(5, "h" * 40, "b" * 40, "planning"))
    sweep(ports(ledger))
    assert sorted(jobs(ledger)) == ["look", "plan", "say-commit", "say-pull"]


def test_a_job_that_failed_and_waits_keeps_its_time_and_its_count(ledger: SqlLedger) -> None:
    with ledger.begin() as tx:
        tx.deployments.add(waiting())
        tx.jobs.put_again(look_job(SHOP.key, WEB), 180.0, 3)
    before = jobs(ledger)["look"]
    sweep(ports(ledger))
    assert jobs(ledger)["look"] == before
    assert before[1] == 3


def test_after_a_long_silence_deliveries_are_asked_for_a_few_at_a_time() -> None:
    log = Log(many=MOST_ASKED * 5)
    listen(ports(None, log))
    assert log.asked == list(range(MOST_ASKED))


def test_a_forge_that_does_not_answer_ends_the_asking_until_the_next_time() -> None:
    first, second = Log(many=10, answers=3), Log(many=2)
    listen(ports(None, first, second))
    assert (first.asked, second.asked) == ([0, 1, 2], [0, 1])


@pytest.mark.parametrize(("answered", "again"), [(0, True), (502, True), (401, True), (400, False), (413, False)])
def test_what_the_door_can_make_nothing_of_is_not_asked_for_again(answered: int, again: bool) -> None:
    log = Log(many=1, answered=answered)
    listen(ports(None, log))
    assert bool(log.asked) is again
