"""What a plan makes of the config itself: rules that a pull changes, and a base whose config cannot be read."""

from pathlib import Path

import pytest

from bot.comments.checks import plan_check
from bot.comments.plan import About, plan_comment
from bot.domain.plans import Level, Plan, TargetState
from bot.planning.make import PlanRequest, make_plan
from bot.ports.checks import Conclusion
from bot.wiring import local
from tests.live.planned import Scratch

CONFIG = """version: 1
apps:
  web: {path: web, environments: [prod], namespace: shop}
environments:
  prod: {cluster: a, approvals: 2, drift: heal}
"""
BROKEN = CONFIG.replace("approvals: 2", "approvels: 2")
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n"


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch.make(tmp_path / "shop")


def planned(scratch: Scratch, base: str, head: str) -> Plan:
    with local(scratch.folder, "local:0") as here:
        here.planner.rendering.workspace.fetch(here.repository, base, head)
        plan = make_plan(PlanRequest(here.repository, base, head, head), here.planner)
    assert plan is not None
    return plan


def test_a_pull_that_loosens_a_rule_waits_for_a_deployer_and_profits_in_nothing(scratch: Scratch) -> None:
    base = scratch.commit({".plumbline.yaml": CONFIG, "web/a.yaml": MAP})
    head = scratch.commit({".plumbline.yaml": CONFIG.replace("approvals: 2", "approvals: 0"), "web/a.yaml": MAP * 1})
    plan = planned(scratch, base, head)
    (finding,) = plan.findings
    assert (finding.level, finding.field) == (Level.BLOCK, "prod.approvals")
    assert finding.message.plain.startswith("2 → 0 once merged")
    assert not plan.failed
    assert plan.blocks == ("prod: looser-rule prod.approvals",)
    assert plan_check(plan, head).conclusion is Conclusion.ACTION_REQUIRED
    assert plan_check(plan, head, accepted=plan.blocks).conclusion is Conclusion.SUCCESS
    (text,) = plan_comment(plan, About(head))
    assert text.count("2 → 0 once merged") == 2


def test_a_stricter_rule_and_one_without_effect_are_only_told(scratch: Scratch) -> None:
    base = scratch.commit({".plumbline.yaml": CONFIG.replace(", drift: heal", ""), "web/a.yaml": MAP})
    head = scratch.commit({".plumbline.yaml": CONFIG.replace("approvals: 2", "approvals: 3")})
    plan = planned(scratch, base, head)
    found = {(each.level, each.rule, each.field) for each in plan.findings}
    assert found == {
        (Level.NOTE, "rule-change", "prod.approvals"),
        (Level.NOTE, "rule-change", "prod.drift"),
        (Level.NOTE, "without-effect", "prod"),
    }
    assert plan_check(plan, head).conclusion is Conclusion.SUCCESS


def test_a_config_that_cannot_be_read_leaves_the_newest_older_one_in_force(scratch: Scratch) -> None:
    scratch.commit({".plumbline.yaml": CONFIG, "web/a.yaml": MAP})
    base = scratch.commit({".plumbline.yaml": BROKEN, "web/a.yaml": MAP.replace("a: b", "a: c")})
    repaired = CONFIG.replace("approvals: 2", "approvals: 1")
    head = scratch.commit({".plumbline.yaml": repaired, "web/a.yaml": MAP.replace("a: b", "a: d")})
    plan = planned(scratch, base, head)
    assert [(each.level, each.rule) for each in plan.findings] == [(Level.WARN, "config"), (Level.BLOCK, "looser-rule")]
    (row,) = plan.targets
    assert row.state is not TargetState.ERROR
    ((change,),) = [each.fields for each in row.changes]
    assert (change.before, change.after) != (None, None)
    assert change.path == "data.a"
