"""A candidate's check always ends, whatever became of the candidate."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.comments.checks import PLAN
from bot.domain.events import CandidateChanged
from bot.domain.subjects import candidate_job, say_candidate_job
from bot.ports.candidates import CandidateRow
from bot.ports.world import Ports
from fixtures.forge.stage import Stage
from handlers import candidate
from handlers.routes import gave_up
from handlers.say import say_candidate
from handlers.schedule import sweep
from tests.comments.samples import CACHE
from tests.handlers.saying import CHANGE, Saying, made

pytest_plugins = ["fixtures.forge.pytest_forge"]


@pytest.fixture
def saying(stage: Stage, tmp_path: Path) -> Iterator[Saying]:
    with made(stage, tmp_path) as it:
        yield it


def told(saying: Saying, *, gone: bool = False) -> str:
    """The queue makes a candidate, or lets go of it; its commit."""
    tip = saying.stage.forge.tip()
    event = CandidateChanged(saying.shop, saying.head, tip, "main", saying.number, gone)
    with saying.ledger.begin() as tx:
        candidate.changed(tx, event)
        row = tx.candidates.get(saying.shop.key, saying.head)
        if row is not None and row.status == "queued":
            tx.candidates.put(saying.shop.key, replace(row, status="planning"))
    return saying.head


def planned(saying: Saying, head: str, *unshown: str) -> None:
    with saying.ledger.begin() as tx:
        found = tx.candidates.get(saying.shop.key, head)
        assert found is not None
        plan = replace(CHANGE, head=head)
        tx.candidates.put(saying.shop.key, replace(found, status="planned", plan=plan, unshown=unshown))


def said(saying: Saying, head: str) -> list[tuple[str, str | None, str | None]]:
    say_candidate(say_candidate_job(saying.shop.key, head), saying.ports)
    return saying.checks(PLAN, head)


def test_a_candidate_that_is_gone_ends_its_running_check(saying: Saying) -> None:
    head = told(saying)
    assert said(saying, head) == [("in_progress", None, "planning what the merge queue will merge")]
    told(saying, gone=True)
    assert said(saying, head) == [("completed", "cancelled", "the merge queue let go of it")]


def test_a_candidate_whose_end_is_told_before_its_beginning_is_not_planned(saying: Saying) -> None:
    head = told(saying, gone=True)
    told(saying)
    assert said(saying, head) == []


def test_a_planned_candidate_keeps_its_answer_when_the_queue_merged_it(saying: Saying) -> None:
    head = told(saying)
    planned(saying, head)
    assert said(saying, head) == [("completed", "success", "web changes in prod")]
    told(saying, gone=True)
    assert said(saying, head) == [("completed", "success", "web changes in prod")]


def test_a_danger_that_no_pull_showed_fails_the_check_and_is_named(saying: Saying) -> None:
    head = told(saying)
    planned(saying, head, f"prod/web delete {CACHE}")
    assert said(saying, head) == [("completed", "failure", "1 danger that no pull showed")]
    (run,) = saying.stage.forge.check_runs(head)
    assert f"prod/web delete {CACHE}" in (run.summary or "")


def test_planning_that_failed_for_good_ends_the_check_with_its_incident(saying: Saying) -> None:
    head = told(saying)
    said(saying, head)
    gave_up(candidate_job(saying.shop.key, head), "4711", saying.ports)
    assert said(saying, head) == [("completed", "failure", "internal error 4711")]


def test_a_candidate_whose_job_was_lost_is_planned_after_all(saying: Saying) -> None:
    job = candidate_job(saying.shop.key, "c" * 40)
    with saying.ledger.begin() as tx:
        tx.candidates.put(saying.shop.key, CandidateRow("c" * 40, "b" * 40, "main", 1, "queued"))
    later = SimpleNamespace(clock=SimpleNamespace(now=lambda: 1_000.0), ledger=saying.ledger)
    sweep(cast(Ports, later))
    with saying.ledger.begin() as tx:
        assert tx.jobs.due(job)
