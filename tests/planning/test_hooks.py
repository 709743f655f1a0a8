"""Hooks in a plan: when they have their turn, what the pull changes about them, and nothing else about them."""

from bot.domain.config import App
from bot.domain.plans import TargetPlan, Verb
from bot.domain.subjects import Target
from bot.objects.kinds import is_namespaced
from bot.objects.read import read_stream
from bot.objects.redact import Redactor
from bot.planning.sides import EMPTY, Ready, Side, make_side
from bot.planning.target_plan import Question, plan_target

READY = Ready(App("web", "web", ("prod",), namespace="shop"), None, "applyset-x-v1", is_namespaced)
HOOK = """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {plumbline.dev/hook: before}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "registry.example/IMAGE"}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: "IMAGE"}
"""


def side(image: str) -> Side:
    return make_side(tuple(read_stream(HOOK.replace("IMAGE", image), "a.yaml")), READY)


def planned(base: Side, head: Side) -> TargetPlan:
    redactor = Redactor(b"sixteen bytes or more", "github:12", "prod")
    return plan_target(Question(Target("prod", "web"), base, head, {}, redactor, "applyset-x-v1", None))


def hooks(row: TargetPlan) -> list[tuple[str, str]]:
    return [(str(each.object), each.message.plain) for each in row.findings if each.rule == "hook"]


def test_a_hook_is_shown_with_its_turn_and_only_where_a_plan_is_made_anyway() -> None:
    row = planned(side("1"), side("1"))
    assert (row.changes, row.writes, row.dangers) == ((), (), ())
    assert hooks(row) == [("Job shop/migrate", "runs once per commit, before anything that runs is applied")]


def test_a_hook_that_the_pull_changes_is_a_change_under_its_name_in_git() -> None:
    row = planned(side("1"), side("2"))
    found = {str(change.object): change for change in row.changes}
    assert found.keys() == {"ConfigMap shop/a", "Job shop/migrate"}
    assert found["Job shop/migrate"].verb is Verb.UPDATE
    assert [field.path for field in found["Job shop/migrate"].fields] == ["spec.template.spec.containers[name=c].image"]
    assert planned(EMPTY, side("1")).changes[1].verb is Verb.CREATE


def test_a_hook_that_leaves_git_is_no_change_since_what_ran_has_ended() -> None:
    assert [str(change.object) for change in planned(side("1"), EMPTY).changes] == ["ConfigMap shop/a"]
