"""The issue of a commit that came without a pull: nobody is asked about it before its plan stands there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.comments.checks import PLAN
from bot.domain.approvals import Approval
from bot.domain.deployments import Condition, DeploymentState, Wait
from bot.domain.plans import Finding, Level, TargetPlan, TargetState
from bot.domain.subjects import Target, commit_key, commit_plan_job
from bot.objects.redact import inert
from bot.ports.ledger import ISSUE
from fixtures.forge.stage import Stage
from handlers.routes import gave_up
from tests.comments.samples import WEB, WEB_UPDATE, plan, row
from tests.handlers.saying import Saying, made

pytest_plugins = ["fixtures.forge.pytest_forge"]
WAITS = {"pulls": (), "conditions": (Condition(Wait.APPROVALS, "1a2b3c4", "0 of 1", "ana"),)}
PRIVILEGED = Finding(Level.BLOCK, "privileged", inert("container web runs privileged"), WEB)


@pytest.fixture
def saying(stage: Stage, tmp_path: Path) -> Iterator[Saying]:
    with made(stage, tmp_path) as it:
        yield it


@pytest.fixture
def commit(saying: Saying) -> str:
    """A commit without a pull that waits for approvals in prod, and was said once."""
    merged = saying.stage.forge.merge(saying.number, by="ana")
    saying.deploy(merged, "prod/web", DeploymentState.WAITING, **WAITS)
    saying.say_commit(merged)
    return merged


def issue(saying: Saying, commit: str) -> str:
    """Its text, empty while there is none."""
    with saying.ledger.begin() as tx:
        said = tx.slots.get(commit_key(saying.shop.key, commit), ISSUE)
    return saying.stage.forge.issue(said.id).body or "" if said else ""


def keep(saying: Saying, commit: str, *rows: TargetPlan) -> None:
    """What planning leaves behind, said."""
    with saying.ledger.begin() as tx:
        tx.plans.keep_commit(saying.shop.key, commit, replace(plan(*rows), head=commit))
    saying.say_commit(commit)


def test_it_is_planned_first_and_opened_with_the_plan(saying: Saying, commit: str) -> None:
    assert issue(saying, commit) == ""
    with saying.ledger.begin() as tx:
        assert tx.jobs.due(commit_plan_job(saying.shop.key, commit))
    keep(saying, commit, row("staging/web", WEB_UPDATE))
    assert issue(saying, commit) == "", "that is the plan of another target"
    keep(saying, commit, row("prod/web", WEB_UPDATE))
    assert "### Plan: web changes in prod" in issue(saying, commit)
    assert "waiting for approvals" in issue(saying, commit)


def test_a_plan_that_could_not_be_made_is_said_there_and_keeps_nobody_from_deciding(
    saying: Saying, commit: str
) -> None:
    gave_up(commit_plan_job(saying.shop.key, commit), "4711", saying.ports)
    saying.say_commit(commit)
    assert "could not be planned: internal error 4711" in issue(saying, commit)
    with saying.ledger.begin() as tx:
        kept = tx.plans.of_commit(saying.shop.key, commit)
    assert kept is not None
    assert [(each.target, each.state) for each in kept.targets] == [(Target("prod", "web"), TargetState.ERROR)]


def test_giving_up_on_what_nobody_waits_for_any_more_leaves_its_plan_alone(saying: Saying, commit: str) -> None:
    keep(saying, commit, row("prod/web", WEB_UPDATE))
    with saying.ledger.begin() as tx:
        (waiting,) = tx.deployments.of_commit(saying.shop.key, commit)
        before = tx.plans.of_commit(saying.shop.key, commit)
    saying.move(waiting, DeploymentState.CONFIRMING)
    gave_up(commit_plan_job(saying.shop.key, commit), "4711", saying.ports)
    with saying.ledger.begin() as tx:
        assert tx.plans.of_commit(saying.shop.key, commit) == before


def test_what_a_deployer_accepted_there_is_accepted_by_its_check(saying: Saying, commit: str) -> None:
    keep(saying, commit, row("prod/web", WEB_UPDATE, findings=(PRIVILEGED,)))
    assert [each[1] for each in saying.checks(PLAN, commit)] == ["action_required"]
    with saying.ledger.begin() as tx:
        said = tx.slots.get(commit_key(saying.shop.key, commit), ISSUE)
        kept, known = tx.plans.of_commit(saying.shop.key, commit), tx.repositories.get(saying.shop.key)
        assert said is not None
        assert kept is not None
        assert known is not None
        yes = Approval(said.id, commit, known.branch, "prod", "ana", False, 1, kept.blocks, 1.0)
        tx.approvals.put(saying.shop.key, yes)
    saying.say_commit(commit)
    assert [each[1] for each in saying.checks(PLAN, commit)][-1] == "success"
