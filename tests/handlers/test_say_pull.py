"""What the bot says about a pull, on the test forge: once each, newest only, also after a crash."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.deployments import Condition, DeploymentState, Progress, Wait
from bot.domain.errors import TryLater
from bot.domain.plans import Finding, Level, Plan, TargetState
from bot.domain.subjects import pull_key, say_commit_job, say_pull_job
from bot.objects.redact import inert
from bot.ports.ledger import Mistake
from fixtures.forge.stage import Stage
from handlers.say import check_asked_again, reply
from tests.comments.samples import CACHE, SETTINGS_UPDATE, WEB_UPDATE, row
from tests.comments.samples import plan as sample
from tests.handlers.saying import CHANGE, Killed, Saying, made

pytest_plugins = ["fixtures.forge.pytest_forge"]


@pytest.fixture
def saying(stage: Stage, tmp_path: Path) -> Iterator[Saying]:
    with made(stage, tmp_path) as it:
        yield it


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


def test_mistakes_in_the_config_are_marked_at_their_lines(saying: Saying) -> None:
    mistakes = (Mistake(".plumbline.yaml", 3, "unknown key `pth`"), Mistake("apps/web/a.yaml", 0, "not YAML"))
    saying.put("failed", error="two mistakes", mistakes=mistakes)
    saying.say()
    (run,) = saying.stage.forge.check_runs(saying.head)
    marks = [(each["path"], each["start_line"], each["annotation_level"]) for each in run.annotations]
    assert marks == [(".plumbline.yaml", 3, "failure"), ("apps/web/a.yaml", 1, "failure")]


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
