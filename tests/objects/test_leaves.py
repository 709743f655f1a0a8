"""Subtrees field by field, and hooks that are never applied."""

from typing import Any

import pytest

from bot.objects.difference import FieldChange, difference
from bot.objects.hooks import never_applied
from bot.objects.identity import Kind
from bot.objects.leaves import leaf_changes, leaves
from bot.objects.listkeys import Lists
from bot.objects.paths import ABSENT, str_path

DEPLOYMENT, ROLE = Lists(Kind("apps", "Deployment")), Lists(Kind("rbac.authorization.k8s.io", "Role"))


def spelled(value: Any, lists: Lists = DEPLOYMENT) -> list[tuple[str, Any]]:
    return [(str_path(path), leaf) for path, leaf in leaves((), value, lists)]


def test_leaves_come_in_the_values_own_order_with_items_by_key() -> None:
    pod = {"containers": [{"name": "b", "image": "b:1", "args": ["x", "y"]}, {"image": "a:1", "name": "a"}], "x": {}}
    assert spelled({"spec": pod}) == [
        ("spec.containers[name=b].image", "b:1"),
        ("spec.containers[name=b].args", ["x", "y"]),
        ("spec.containers[name=a].image", "a:1"),
        ("spec.x", {}),
    ]


def test_an_item_that_is_nothing_but_its_key_is_one_field() -> None:
    assert spelled({"env": [{"name": "A"}]}) == [("env[name=A]", {"name": "A"})]


def test_items_without_keys_or_with_the_same_one_are_told_by_position() -> None:
    assert spelled({"rules": [{"verbs": ["get"]}]}, ROLE) == [("rules[0].verbs", ["get"])]
    twice = {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}
    assert [path for path, _ in spelled(twice)] == ["env[0].name", "env[0].value", "env[1].name", "env[1].value"]


def test_what_is_new_or_gone_is_taken_apart_and_what_changes_is_not() -> None:
    before = {"a": {"b": 1}, "c": [1], "env": [{"name": "X", "value": "x"}]}
    after = {"a": {"b": 2}, "d": {"e": 1, "f": 2}, "c": [2]}
    found = [(str_path(top), change) for top, change in leaf_changes(difference(before, after, DEPLOYMENT), DEPLOYMENT)]
    assert found == [
        ("a.b", FieldChange(("a", "b"), 1, 2)),
        ("c", FieldChange(("c",), [1], [2])),
        ("d", FieldChange(("d", "e"), ABSENT, 1)),
        ("d", FieldChange(("d", "f"), ABSENT, 2)),
        ("env", found[4][1]),
    ]
    assert str_path(found[4][1].path) == "env[name=X].value"


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"helm.sh/hook": "test"}, "helm.sh/hook: test"),
        ({"helm.sh/hook": "test, pre-install"}, ""),
        ({"argocd.argoproj.io/hook": "SyncFail"}, "argocd.argoproj.io/hook: SyncFail"),
        ({"argocd.argoproj.io/hook": "Sync"}, ""),
        ({"helm.sh/hook": ""}, ""),
        ({}, ""),
    ],
)
def test_only_hooks_that_never_run_on_a_deployment_are_left_out(annotations: dict[str, str], said: str) -> None:
    assert never_applied({"metadata": {"annotations": annotations}}) == said
