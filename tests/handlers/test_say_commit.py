"""What the bot says about a commit, on the test forge: the sum of its targets, per environment, once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.comments.checks import PLAN
from bot.domain.deployments import Condition, DeploymentState, Progress, Wait
from bot.domain.subjects import commit_key
from bot.ports.ledger import Said
from fixtures.forge.stage import Stage
from tests.handlers.saying import CHANGE, Killed, Saying, made

pytest_plugins = ["fixtures.forge.pytest_forge"]


@pytest.fixture
def saying(stage: Stage, tmp_path: Path) -> Iterator[Saying]:
    with made(stage, tmp_path) as it:
        yield it


DEPLOY_PROD = "plumbline/deploy/prod"


def test_commit_gets_a_check_and_a_forge_deployment_per_environment(saying: Saying) -> None:
    merged = saying.stage.forge.merge(saying.number, by="ana")
    first = saying.deploy(merged, "prod/web", DeploymentState.APPLYING, progress=Progress(1, 2))
    saying.deploy(merged, "staging/web", DeploymentState.HEALTHY)
    saying.say_commit(merged)
    assert saying.checks(DEPLOY_PROD, merged) == [("in_progress", None, "Deploying: prod/web")]
    assert saying.checks("plumbline/deploy/staging", merged) == [
        ("completed", "success", "Deployed, healthy: staging/web")
    ]
    saying.move(first, DeploymentState.HEALTHY)
    saying.say_commit(merged)
    saying.say_commit(merged)
    assert saying.checks(DEPLOY_PROD, merged) == [("completed", "success", "Deployed, healthy: prod/web")]
    states = {each.environment: [said.state for said in each.statuses] for each in saying.stage.forge.deployments()}
    assert states == {"prod": ["in_progress", "success"], "staging": ["success"]}


def test_forge_deployment_names_the_address_of_what_runs_when_all_targets_have_one(saying: Saying) -> None:
    saying.trees.config = (
        b"version: 1\napps:\n  web: {path: web, environments: all}\n  api: {path: api, environments: all}\n"
        b"environments:\n  prod: {cluster: x, url: 'https://{app}.acme.io'}\n  test: {cluster: x, url: 'https://t.io'}\n"
    )
    merged = saying.stage.forge.merge(saying.number, by="ana")
    with saying.ledger.begin() as tx:
        tx.repositories.move(saying.shop.key, "main", merged, before="")
    for target in ("prod/web", "test/web", "test/api"):
        saying.deploy(merged, target, DeploymentState.HEALTHY)
    saying.say_commit(merged)

    def shown() -> dict[str, str]:
        made = saying.stage.forge.deployments()
        return {each.environment: each.statuses[-1].environment_url for each in made}

    assert shown() == {"prod": "https://web.acme.io", "test": "https://t.io"}
    saying.deploy(merged, "prod/api", DeploymentState.FAILED)
    saying.say_commit(merged)
    assert shown()["prod"] == ""


@pytest.mark.parametrize(
    ("states", "status", "conclusion"),
    [
        (((DeploymentState.FAILED, {}), (DeploymentState.APPLYING, {})), "completed", "failure"),
        (((DeploymentState.WAITING, {"conditions": (Condition(Wait.WORD),)}),), "completed", "action_required"),
        (((DeploymentState.WAITING, {"conditions": (Condition(Wait.ORDER, "x/y"),)}),), "in_progress", None),
        (
            (
                (DeploymentState.WAITING, {"conditions": (Condition(Wait.WORD),)}),
                (DeploymentState.APPLYING, {}),
            ),
            "in_progress",
            None,
        ),
        (((DeploymentState.SUPERSEDED, {"reason": "c" * 40}), (DeploymentState.HEALTHY, {})), "completed", "neutral"),
        (((DeploymentState.CANCELLED, {}), (DeploymentState.HEALTHY, {})), "completed", "cancelled"),
        (((DeploymentState.APPLYING, {"changed": 200.0 - 25 * 3600}),), "completed", "action_required"),
    ],
)
def test_check_on_the_commit_is_the_sum_of_its_targets(
    saying: Saying, states: tuple[Any, ...], status: str, conclusion: str | None
) -> None:
    tip = saying.stage.forge.tip("main")
    for at, (state, more) in enumerate(states):
        saying.deploy(tip, f"prod/app{at}", state, **more)
    saying.say_commit(tip)
    assert [each[:2] for each in saying.checks(DEPLOY_PROD, tip)] == [(status, conclusion)]


def test_another_attempt_replaces_the_failed_one(saying: Saying) -> None:
    tip = saying.stage.forge.tip("main")
    failed = saying.deploy(tip, "prod/web", DeploymentState.FAILED, reason="no")
    saying.say_commit(tip)
    with saying.ledger.begin() as tx:
        tx.deployments.add(replace(failed, id=0, seq=0, attempt=2, state=DeploymentState.WAITING, reason=""))
    saying.say_commit(tip)
    assert [each[:2] for each in saying.checks(DEPLOY_PROD, tip)] == [("completed", "failure"), ("in_progress", None)]
    assert [said.state for said in saying.stage.forge.deployments()[0].statuses] == ["failure", "queued"]


def test_commit_without_a_pull_gets_its_plan_as_a_check(saying: Saying) -> None:
    tip = saying.stage.forge.tip("main")
    with saying.ledger.begin() as tx:
        tx.plans.keep_commit(saying.shop.key, tip, replace(CHANGE, head=tip))
    saying.say_commit(tip)
    assert saying.checks(PLAN, tip) == [("completed", "success", "web changes in prod")]
    with saying.ledger.begin() as tx:
        said = tx.slots.get(commit_key(saying.shop.key, tip), f"check:{PLAN}")
    assert isinstance(said, Said)
    assert said.id


@pytest.mark.parametrize("moment", range(9))
def test_kill_while_a_commit_is_told_of_leaves_one_of_each(saying: Saying, moment: int) -> None:
    tip = saying.stage.forge.tip("main")
    saying.deploy(tip, "prod/web", DeploymentState.HEALTHY)
    saying.ledger.left = moment
    try:
        saying.say_commit(tip)
    except Killed:
        saying.ledger.left = -1
        saying.say_commit(tip)
    assert len(saying.checks(DEPLOY_PROD, tip)) == 1
    (only,) = saying.stage.forge.deployments()
    assert only.statuses[-1].state == "success"
