"""What the bot says about pulls and commits, on the test forge: once each, newest only, also after a crash."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.comments.checks import PLAN
from bot.domain.deployments import Condition, Deployment, DeploymentState, Progress, Wait
from bot.domain.errors import TryLater
from bot.domain.plans import Finding, Level, Plan, TargetState
from bot.domain.pulls import Repository
from bot.domain.subjects import Target, commit_key, pull_key, say_commit_job, say_pull_job
from bot.forges.github.app import App
from bot.forges.github.github import GitHub
from bot.ledger.ledger import SqlLedger, open_ledger
from bot.objects.redact import inert
from bot.ports.ledger import PullRow, Said, Transaction
from bot.ports.world import Ports
from fixtures.forge.stage import Stage
from handlers.say import check_asked_again, reply, say_commit, say_pull
from tests.comments.samples import CACHE, SETTINGS_UPDATE, WEB_UPDATE, row
from tests.comments.samples import plan as sample

pytest_plugins = ["fixtures.forge.pytest_forge"]


class Killed(BaseException):
    """The process is gone."""


@dataclass
class CrashingLedger:
    """A ledger that dies instead of beginning one of its transactions, as kill -9 would have it."""

    ledger: SqlLedger
    left: int = -1
    begun: int = field(default=0, init=False)

    def begin(self) -> AbstractContextManager[Transaction]:
        """The next transaction, or the end."""
        self.begun += 1
        if self.left == 0:
            raise Killed
        self.left -= 1
        return self.ledger.begin()


@dataclass
class Saying:
    """acme/shop with an open pull, a ledger, and the two reactions under test."""

    stage: Stage
    ledger: CrashingLedger
    ports: Ports
    shop: Repository
    number: int

    @property
    def head(self) -> str:
        return self.stage.forge.pull(self.number).head_sha

    def put(self, status: str, plan: Plan | None = None, **more: Any) -> None:
        """What the planning reaction leaves behind."""
        found = replace(plan, head=self.head) if plan else None
        with self.ledger.ledger.begin() as tx:
            before = tx.plans.get(self.shop.key, self.number)
            kept = found or (before.plan if before else None)
            tx.plans.put(self.shop.key, PullRow(self.number, self.head, "b" * 40, status, kept, **more))

    def say(self) -> None:
        """The reaction, as the queue would run it."""
        say_pull(say_pull_job(self.shop.key, self.number), self.ports)

    def say_commit(self, commit: str) -> None:
        """The other one."""
        say_commit(say_commit_job(self.shop.key, commit), self.ports)

    def deploy(self, commit: str, name: str, state: DeploymentState, **more: Any) -> Deployment:
        """A deployment as delivery would have brought it that far."""
        new = Deployment(
            0,
            self.shop.key,
            Target.parse(name),
            commit,
            1,
            0,
            DeploymentState.WAITING,
            pulls=(self.number,),
            changed=100.0,
        )
        with self.ledger.ledger.begin() as tx:
            added = tx.deployments.add(new)
        assert added is not None
        return self.move(added, state, **more)

    def move(self, added: Deployment, state: DeploymentState, **more: Any) -> Deployment:
        """The same deployment in another state, by the steps that lead there."""
        stages = DeploymentState
        path = [stages.WAITING, stages.CONFIRMING, stages.APPLYING, stages.SETTLING, stages.HEALTHY]
        steps = path[path.index(added.state) + 1 : path.index(state) + 1] if state in path else [state]
        steps = steps or [state]
        for step in steps:
            added = replace(added, state=step, **(more if step is state else {}))
            with self.ledger.ledger.begin() as tx:
                tx.deployments.save(added)
        return added

    def bodies(self) -> list[str]:
        """The texts of our comments, without their markers."""
        return [each.body.partition("\n")[2] for each in self.stage.forge.comments(self.number) if each.by_app]

    def checks(self, name: str = PLAN, commit: str = "") -> list[tuple[str, str | None, str | None]]:
        """Status, conclusion and title of our checks, oldest first."""
        runs = self.stage.forge.check_runs(commit or self.head)
        return [
            (run.status, run.conclusion, run.title) for run in sorted(runs, key=lambda run: run.id) if run.name == name
        ]

    def writes(self) -> int:
        """REST calls so far that change something."""
        return sum(
            1
            for each in self.stage.forge.requests
            if each.method in ("POST", "PATCH", "DELETE") and "/access_tokens" not in each.path
        )


@pytest.fixture
def saying(stage: Stage, tmp_path: Path) -> Iterator[Saying]:
    with made(stage, f"sqlite:///{tmp_path}/plumbline.db") as it:
        yield it


@contextmanager
def made(stage: Stage, url: str) -> Iterator[Saying]:
    found = stage.forge.repository("acme/shop")
    shop = Repository("github", found.id, found.full_name, stage.installation.id)
    github = GitHub(App(stage.forge.app.id, stage.forge.app.private_key, stage.forge.url))
    ledger = CrashingLedger(open_ledger(url))
    ports = SimpleNamespace(
        clock=SimpleNamespace(now=lambda: 200.0), ledger=ledger, forges=github, fingerprint_key=b"k" * 32
    )
    with ledger.ledger.begin() as tx:
        tx.repositories.see(shop)
    yield Saying(stage, ledger, cast(Ports, ports), shop, stage.open_pull())
    github.close()
    ledger.ledger.close()


CHANGE = sample(row("prod/web", WEB_UPDATE))
LATER = sample(row("prod/web", SETTINGS_UPDATE))


def test_plan_becomes_one_comment_and_one_check(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    (body,) = saying.bodies()
    assert body.startswith("### Plan: web changes in prod")
    assert saying.checks() == [("completed", "success", "web changes in prod")]
    assert f"/acme/shop/runs/{saying.stage.forge.check_runs(saying.head)[0].id}" in body


def test_saying_it_again_writes_nothing(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    before = saying.writes()
    saying.say()
    assert saying.writes() == before


def test_check_runs_while_planning_and_the_comment_waits_for_the_plan(saying: Saying) -> None:
    saying.put("planning")
    saying.say()
    assert saying.checks() == [("in_progress", None, "planning")]
    assert saying.bodies() == []
    saying.put("planned", CHANGE)
    saying.say()
    assert saying.checks() == [("completed", "success", "web changes in prod")]
    assert len(saying.bodies()) == 1


def test_push_rewrites_the_same_comment_and_ends_the_old_heads_check(saying: Saying) -> None:
    saying.put("planning")
    saying.say()
    old = saying.head
    saying.put("planned", CHANGE)
    saying.say()
    saying.stage.forge.push_branch("feature", {"apps/web/deployment.yaml": "kind: Deployment\nreplicas: 9\n"}, by="ana")
    saying.put("planning")
    saying.say()
    (body,) = saying.bodies()
    assert body.startswith("> [!NOTE]\n> Planning <code>")
    saying.put("planned", LATER)
    saying.say()
    (body,) = saying.bodies()
    assert "ConfigMap shop/web-settings" in body
    assert saying.checks(commit=old) == [("completed", "success", "web changes in prod")]
    assert saying.checks() == [("completed", "success", "web changes in prod")]


def test_check_of_a_head_that_was_overtaken_while_planning_ends(saying: Saying) -> None:
    saying.put("planning")
    saying.say()
    old = saying.head
    saying.stage.forge.push_branch("feature", {"apps/web/deployment.yaml": "kind: Deployment\nreplicas: 9\n"}, by="ana")
    saying.put("planned", CHANGE)
    saying.say()
    assert saying.checks(commit=old) == [("completed", "cancelled", "a newer head took its place")]


@pytest.mark.parametrize(
    ("rows", "conclusion"),
    [
        ((row("prod/web"),), "success"),
        ((row("prod/web", WEB_UPDATE, findings=(Finding(Level.BLOCK, "x", inert("too much")),)),), "action_required"),
        ((row("prod/web", state=TargetState.ERROR, error=inert("broken")), row("prod/api", WEB_UPDATE)), "failure"),
        ((row("prod/web", WEB_UPDATE, state=TargetState.UNCHECKED, error=inert("away")),), "success"),
    ],
)
def test_check_ends_as_the_plan_deserves(saying: Saying, rows: tuple[Any, ...], conclusion: str) -> None:
    saying.put("planned", sample(*rows))
    saying.say()
    assert [each[:2] for each in saying.checks()] == [("completed", conclusion)]


def test_findings_become_annotations_once_and_a_changed_set_a_new_check(saying: Saying) -> None:
    def planned(line: int) -> Plan:
        finding = Finding(Level.WARN, "tag", inert("can change"), file="apps/web/deployment.yaml", line=line)
        return sample(row("prod/web", WEB_UPDATE, findings=(finding,)))

    for line in (2, 2, 3):
        saying.put("planned", planned(line))
        saying.say()
    runs = sorted(saying.stage.forge.check_runs(saying.head), key=lambda run: run.id)
    assert [[note["start_line"] for note in run.annotations] for run in runs] == [[2], [3]]


def test_failed_plan_is_said_with_its_reason_and_mended_by_the_next(saying: Saying) -> None:
    saying.put("failed", error="apps/web/kustomization.yaml:3: no such field `basse`")
    saying.say()
    (body,) = saying.bodies()
    assert "it could not be made" in body
    assert "kustomization.yaml:3: no such field" in body
    assert [each[:2] for each in saying.checks()] == [("completed", "failure")]
    saying.put("planned", CHANGE)
    saying.say()
    assert saying.checks() == [("completed", "success", "web changes in prod")]
    assert len(saying.bodies()) == 1


def test_repository_without_config_hears_nothing(saying: Saying) -> None:
    saying.put("silent")
    saying.say()
    assert saying.writes() == 0


def test_pull_that_no_longer_touches_anything_is_brought_to_nothing_here_any_more(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    saying.put("silent")
    saying.say()
    (body,) = saying.bodies()
    assert body.startswith("### Plan: nothing here any more")
    assert saying.checks() == [("completed", "success", "nothing here is deployed")]


def test_pull_into_another_branch_gets_a_good_check_and_no_comment(saying: Saying) -> None:
    saying.put("elsewhere")
    saying.say()
    assert saying.checks() == [("completed", "success", "not deployed from here")]
    assert saying.bodies() == []


def test_pull_from_a_fork_waits_for_a_person(saying: Saying) -> None:
    saying.put("fork")
    saying.say()
    assert [each[:2] for each in saying.checks()] == [("completed", "action_required")]


def test_comment_that_somebody_deleted_comes_back_with_the_next_news(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    saying.stage.forge.delete_comment(saying.stage.forge.comments(saying.number)[0].id, by="ana")
    saying.put("planned", LATER)
    saying.say()
    assert len(saying.bodies()) == 1


def test_comment_is_found_again_by_a_bot_that_lost_its_ledger(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    found = saying.stage.forge.comments(saying.number)[0].id
    with saying.ledger.ledger.begin() as tx:
        for slot in tx.slots.under(pull_key(saying.shop.key, saying.number)):
            tx.slots.drop(pull_key(saying.shop.key, saying.number), slot)
    saying.put("planned", LATER)
    saying.say()
    assert [each.id for each in saying.stage.forge.comments(saying.number)] == [found]
    assert len(saying.checks()) == 1


def test_marker_that_a_person_copied_is_not_taken_for_ours(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    ours = saying.stage.forge.comments(saying.number)[0]
    saying.stage.forge.delete_comment(ours.id, by="ana")
    copied = saying.stage.forge.comment(saying.number, ours.body, by="ana")
    saying.put("planned", LATER)
    saying.say()
    assert [each.id == copied for each in saying.stage.forge.comments(saying.number)] == [True, False]
    assert saying.stage.forge.comments(saying.number)[0].body == ours.body


def long_plan(count: int) -> Plan:
    changes = tuple(replace(WEB_UPDATE, object=replace(CACHE, name=f"x-{at}" + "y" * 200)) for at in range(count))
    return sample(row("prod/web", *changes))


def test_parts_that_are_no_longer_needed_are_removed(saying: Saying) -> None:
    saying.put("planned", long_plan(300))
    saying.say()
    assert len(saying.bodies()) > 1
    saying.put("planned", CHANGE)
    saying.say()
    assert len(saying.bodies()) == 1
    assert saying.bodies()[0].startswith("### Plan: web changes in prod")


@pytest.mark.parametrize("moment", range(12))
def test_kill_at_any_moment_leaves_one_comment_and_one_check(saying: Saying, moment: int) -> None:
    saying.put("planned", CHANGE)
    saying.ledger.left = moment
    try:
        saying.say()
    except Killed:
        saying.ledger.left = -1
        saying.say()
    assert len(saying.bodies()) == 1
    assert saying.checks() == [("completed", "success", "web changes in prod")]


@pytest.mark.parametrize("moment", range(0, 40, 3))
def test_kill_between_parts_leaves_no_part_too_many(saying: Saying, moment: int) -> None:
    saying.put("planned", long_plan(300))
    saying.ledger.left = moment
    with suppress(Killed):
        saying.say()
    saying.ledger.left = -1
    saying.put("planned", CHANGE)
    saying.say()
    assert len(saying.bodies()) == 1


@pytest.mark.parametrize("match", ["POST .*comments", "POST .*check-runs"])
def test_answer_that_was_lost_makes_nothing_twice(saying: Saying, match: str) -> None:
    saying.put("planned", CHANGE)
    saying.stage.forge.faults.fail_after_effect(match)
    with pytest.raises(TryLater):
        saying.say()
    saying.say()
    assert len(saying.bodies()) == 1
    assert len(saying.checks()) == 1


def test_check_that_was_asked_for_again_is_said_again(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    (run,) = saying.stage.forge.check_runs(saying.head)
    saying.stage.forge.rerequest_check(run.id, by="ana")
    before = saying.writes()
    with saying.ledger.begin() as tx:
        check_asked_again(tx, saying.shop, saying.head, [saying.number])
        assert tx.jobs.due(say_pull_job(saying.shop.key, saying.number))
        assert tx.jobs.due(say_commit_job(saying.shop.key, saying.head))
    saying.say()
    assert saying.writes() == before + 1
    assert saying.checks() == [("completed", "success", "web changes in prod")]


def test_reply_is_written_once(saying: Saying) -> None:
    for _ in range(2):
        reply(saying.ports, (saying.shop, saying.number), "reply-7-0", "There is no command `plam`.")
    assert saying.bodies() == ["There is no command `plam`."]


def test_deployment_comment_follows_the_targets(saying: Saying) -> None:
    saying.put("planned", CHANGE)
    saying.say()
    merged = saying.stage.forge.merge(saying.number, by="ana")
    saying.put("planned", CHANGE, merged_as=merged)
    waiting = saying.deploy(
        merged, "prod/web", DeploymentState.WAITING, conditions=(Condition(Wait.ORDER, "staging/web"),)
    )
    saying.say()
    assert "waiting for staging/web" in saying.bodies()[1]
    saying.move(waiting, DeploymentState.HEALTHY, conditions=(), progress=Progress(2, 2))
    saying.say()
    plan, deployed = saying.bodies()
    assert plan.startswith("### Plan")
    assert deployed.startswith("### Deployed, healthy: prod/web")


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
