"""A difference names the fields that the API server would change, and is empty exactly when nothing changes."""

import copy
from typing import Any

import pytest
from hypothesis import given

from bot.objects.difference import ABSENT, FieldChange, Order, difference, same
from bot.objects.identity import Kind
from bot.objects.listkeys import Lists
from bot.objects.paths import Index, Item, Member, str_path, value_at
from tests.objects.json_values import objects, values

DEPLOYMENT = Lists(Kind("apps", "Deployment"))


def shown(before: Any, after: Any, lists: Lists = DEPLOYMENT) -> list[tuple[str, Any, Any]]:
    return [(str_path(change.path), change.before, change.after) for change in difference(before, after, lists)]


def pod(**spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def test_a_changed_leaf_is_one_change_at_its_path() -> None:
    before = pod(containers=[{"name": "c", "image": "web:1"}, {"name": "d"}])
    after = pod(containers=[{"name": "c", "image": "web:2"}, {"name": "d"}])
    assert shown(before, after) == [("spec.template.spec.containers[name=c].image", "web:1", "web:2")]


def test_an_added_or_removed_subtree_is_one_change_at_its_top() -> None:
    before, after = {"spec": {"a": {"b": 1}}}, {"spec": {"c": {"d": [1]}}}
    assert shown(before, after) == [("spec.a", {"b": 1}, ABSENT), ("spec.c", ABSENT, {"d": [1]})]
    assert shown(None, after) == [("", ABSENT, after)]
    assert shown(before, None) == [("", before, ABSENT)]


def test_items_are_told_apart_by_the_keys_of_the_api() -> None:
    service = Lists(Kind("", "Service"))
    before = {"spec": {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "name": "u"}]}}
    after = {"spec": {"ports": [{"port": 53, "protocol": "UDP", "name": "v"}, {"port": 53}]}}
    assert ("spec.ports[port=53,protocol=UDP].name", "u", "v") in shown(before, after, service)
    ports = pod(containers=[{"name": "c", "ports": [{"containerPort": 80}]}])
    more = pod(containers=[{"name": "c", "ports": [{"containerPort": 80, "name": "http"}]}])
    path = "spec.template.spec.containers[name=c].ports[containerPort=80,protocol=TCP].name"
    assert shown(ports, more) == [(path, ABSENT, "http")]


def test_the_same_field_name_has_other_keys_in_other_kinds() -> None:
    account = Lists(Kind("", "ServiceAccount"))
    before, after = {"imagePullSecrets": [{"name": "a"}]}, {"imagePullSecrets": [{"name": "b"}]}
    assert shown(before, after, account) == [("imagePullSecrets[0].name", "a", "b")]
    assert [path for path, *_ in shown(before, after)] == ["imagePullSecrets[name=b]", "imagePullSecrets[name=a]"]


@pytest.mark.parametrize("field", ["env", "initContainers", "containers"])
def test_a_reorder_alone_is_reported(field: str) -> None:
    a, b, c = ({"name": name} for name in "abc")
    changes = difference(pod(**{field: [a, b]}), pod(**{field: [b, c, a]}), DEPLOYMENT)
    first, second = Item((("name", "a"),)), Item((("name", "b"),))
    assert FieldChange(("spec", "template", "spec", field), Order((first, second)), Order((second, first))) in changes
    assert len(changes) == 2


def test_an_item_in_the_middle_is_no_reorder() -> None:
    a, b, c = ({"name": name} for name in "abc")
    assert len(difference(pod(env=[a, b]), pod(env=[a, c, b]), DEPLOYMENT)) == 1


def test_sets_have_no_order() -> None:
    before, after = {"metadata": {"finalizers": ["a", "b"]}}, {"metadata": {"finalizers": ["c", "b"]}}
    changes = difference(before, after, DEPLOYMENT)
    assert [(change.path[-1], change.before, change.after) for change in changes] == [
        (Member("c"), ABSENT, "c"),
        (Member("a"), "a", ABSENT),
    ]
    assert difference(before, {"metadata": {"finalizers": ["b", "a"]}}, DEPLOYMENT) == ()


def test_a_list_of_plain_values_changes_as_a_whole() -> None:
    before, after = pod(containers=[{"name": "c", "args": ["a"]}]), pod(containers=[{"name": "c", "args": ["a", "b"]}])
    assert shown(before, after) == [("spec.template.spec.containers[name=c].args", ["a"], ["a", "b"])]


def test_lists_without_keys_are_aligned_so_that_an_insertion_is_one_change() -> None:
    role = Lists(Kind("rbac.authorization.k8s.io", "Role"))
    rules = [{"verbs": ["get"], "resources": [name]} for name in "abc"]
    after = [rules[0], {"verbs": ["list"], "resources": ["x"]}, rules[1], rules[2]]
    assert shown({"rules": rules}, {"rules": after}, role) == [("rules[1]", ABSENT, after[1])]
    changed = [rules[0], {"verbs": ["get", "list"], "resources": ["b"]}, rules[2]]
    assert shown({"rules": rules}, {"rules": changed}, role) == [("rules[1].verbs", ["get"], ["get", "list"])]


def test_names_that_stand_twice_are_compared_by_position() -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    changed = [{"name": "A", "value": "1"}, {"name": "A", "value": "3"}]
    changes = difference(pod(env=twice), pod(env=changed), DEPLOYMENT)
    assert [change.path[-2:] for change in changes] == [(Index(1), "value")]


def test_true_is_not_one_and_null_is_not_absent() -> None:
    assert shown({"a": 1, "b": None}, {"a": True}) == [("a", 1, True), ("b", None, ABSENT)]
    assert same({"a": [1, 1.0]}, {"a": [1.0, 1]})


@given(objects)
def test_an_object_does_not_differ_from_its_copy(body: dict[str, Any]) -> None:
    assert difference(body, copy.deepcopy(body), DEPLOYMENT) == ()


@given(objects, objects)
def test_objects_differ_exactly_when_a_difference_is_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert (difference(before, after, DEPLOYMENT) == ()) == same(before, after)


@given(objects, objects)
def test_each_side_of_a_change_is_what_stands_there(before: dict[str, Any], after: dict[str, Any]) -> None:
    for change in difference(before, after, DEPLOYMENT):
        if not isinstance(change.before, Order) and not any(isinstance(step, Index) for step in change.path):
            assert same(value_at(before, change.path), change.before) or change.before is value_at(before, change.path)
            assert same(value_at(after, change.path), change.after) or change.after is value_at(after, change.path)


@given(values, values)
def test_sameness_goes_both_ways(one: Any, other: Any) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", Item((("name", "c"),)), "image"), "spec[name=c].image"),
        (("metadata", "annotations", "a.b/c"), 'metadata.annotations["a.b/c"]'),
        (("p", Item((("port", 80), ("protocol", "TCP")))), "p[port=80,protocol=TCP]"),
        (("p", Item((("name", "a]b"),))), 'p[name="a]b"]'),
        (("f", Member("x y")), 'f[="x y"]'),
        (("a", Index(3), "b"), "a[3].b"),
        ((), ""),
    ],
)
def test_a_path_is_written_for_people(path: Any, text: str) -> None:
    assert str_path(path) == text
