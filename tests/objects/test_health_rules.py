"""A repository's own rules decide for their kinds; the wrong ones are mistakes of the config, with their line."""

from typing import Any

import pytest

from bot.domain.config import HealthRule
from bot.domain.config_reader import read_config
from bot.domain.errors import UserMistakes
from bot.objects.health import Health, HealthState, gone, judge
from bot.objects.identity import Kind
from fixtures.health.rows import NOW, made, off, on, pod, waits

WIDGET = Kind("acme.io", "Widget")
UP = HealthRule(WIDGET, "object.status.phase == 'Up'")


def widget(status: Any, **metadata: Any) -> dict[str, Any]:
    return made("acme.io/v1", "Widget", status, {}, **metadata)


def by(body: dict[str, Any], *rules: HealthRule, written: int | None = None) -> Health:
    return judge(body, (), written, NOW, rules)


def test_a_rule_says_when_objects_of_its_kind_are_healthy() -> None:
    assert by(widget({"phase": "Up"}), UP).state is HealthState.CURRENT
    assert by(widget({"phase": "Down"}), UP).state is HealthState.IN_PROGRESS
    assert by(made("acme.io/v1", "Gadget", {"phase": "Down"}), UP).state is HealthState.CURRENT


def test_a_field_that_is_not_there_yet_is_waited_for_by_name() -> None:
    found = by(widget({}), UP)
    assert found.state is HealthState.IN_PROGRESS
    assert found.message == "its rule object.status.phase == 'Up' is not true yet: there is no field phase"


def test_every_rule_of_a_kind_must_be_true() -> None:
    second = HealthRule(WIDGET, "object.status.ready > 1")
    assert by(widget({"phase": "Up", "ready": 2}), UP, second).state is HealthState.CURRENT
    assert by(widget({"phase": "Up", "ready": 1}), UP, second).state is HealthState.IN_PROGRESS


def test_a_rule_never_judges_an_old_copy_or_status_or_what_is_going() -> None:
    assert by(widget({"phase": "Up"}), UP, written=3).reason == "OldCopy"
    assert by(widget({"phase": "Up", "observedGeneration": 1}), UP).reason == "NotObserved"
    assert by(widget({"phase": "Up"}, deletionTimestamp="x"), UP).state is HealthState.TERMINATING


def test_a_rule_stands_above_conditions() -> None:
    stalled = {"phase": "Up", "conditions": [on("Stalled"), off("Ready")]}
    assert by(widget(stalled), UP).state is HealthState.CURRENT


def test_what_a_kinds_own_rule_calls_failed_fails_while_the_rule_is_not_true() -> None:
    body = made("v1", "Pod", pod("", state=waits("ImagePullBackOff"))["status"])
    assert by(body, HealthRule(Kind("", "Pod"), "has(object.status.podIP)")).state is HealthState.FAILED


def test_a_load_balancer_need_not_be_waited_for() -> None:
    service = made("v1", "Service", {"loadBalancer": {}}, {"type": "LoadBalancer"})
    assert by(service).state is HealthState.IN_PROGRESS
    assert by(service, HealthRule(Kind("", "Service"), "true")).state is HealthState.CURRENT


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("object.status.phase", "RuleNotBoolean"),
        ("object.list.all(x, object.list.all(y, true))", "RuleTooCostly"),
        ("object.status.phase ==", "RuleUnreadable"),
    ],
)
def test_a_rule_that_cannot_decide_leaves_it_unknown_and_says_so(expression: str, reason: str) -> None:
    body = widget({"phase": "Up"}) | {"list": list(range(2000))}
    found = by(body, HealthRule(WIDGET, expression))
    assert (found.state, found.reason) == (HealthState.UNKNOWN, reason)
    assert found.message


CONFIG = """\
version: 1
apps:
  web:
    path: web
    environments: all
    health:
      rules:
      - {kind: Widget.acme.io, healthy: "%s"}
environments: {prod: {cluster: prod}}
"""


def test_a_misspelt_expression_is_a_mistake_of_the_config() -> None:
    with pytest.raises(UserMistakes) as caught:
        read_config((CONFIG % "objekt.status.phase == 'Up'").encode())
    (mistake,) = caught.value.mistakes
    assert mistake.line == 8
    assert mistake.message.endswith("there is no 'objekt' here; the live object is `object` (at character 1)")


def test_an_expression_that_can_be_read_is_kept_as_written() -> None:
    config = read_config((CONFIG % UP.healthy).encode())
    assert config.apps["web"].health_rules == (UP,)


def job(**spec: Any) -> dict[str, Any]:
    return made("batch/v1", "Job", None, spec)


def test_a_job_that_lived_its_time_out_ended_well() -> None:
    assert gone(job(ttlSecondsAfterFinished=30), NOW - 31, NOW).state is HealthState.CURRENT


def test_a_job_that_vanished_too_soon_is_missing() -> None:
    assert gone(job(ttlSecondsAfterFinished=30), NOW - 29, NOW).state is HealthState.NOT_FOUND
    assert gone(job(), NOW - 999, NOW).state is HealthState.NOT_FOUND
    assert gone(made("v1", "ConfigMap", None), NOW - 999, NOW).state is HealthState.NOT_FOUND
