"""Field ownership is read as a server records it: per field, with manager, operation, subresource and time."""

from typing import Any

import pytest
from hypothesis import given

from bot.objects.difference import difference
from bot.objects.identity import Kind
from bot.objects.listkeys import Lists
from bot.objects.ownership import Owner, applied_by, last_writer, owned_paths, owners_of
from bot.objects.paths import Index, Item, Member, Path, str_path
from tests.objects.json_values import objects

T1, T2 = "2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"
CONTAINER = Item((("name", "c"),))
IMAGE: Path = ("spec", "template", "spec", "containers", CONTAINER, "image")
REPLICAS: Path = ("spec", "replicas")


def entry(manager: str, operation: str, tree: dict[str, Any], time: str | None = T1, **more: str) -> dict[str, Any]:
    timed = {"time": time} if time else {}
    return {"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": tree, **timed, **more}


def within(*fields: dict[str, Any]) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for field in fields:
        inner |= field
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"c"}': inner}}}}}


LIVE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "finalizers": ["a/b"],
        "managedFields": [
            entry(
                "plumbline",
                "Apply",
                {
                    **within(
                        {".": {}, "f:name": {}, "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}}}
                    )
                },
            ),
            entry(
                "kubectl-edit",
                "Update",
                within({"f:image": {}, "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {"f:name": {}}}}),
                T2,
            ),
            entry("kube-controller-manager", "Update", {"f:spec": {"f:replicas": {}}}, None, subresource="scale"),
            entry("kube-controller-manager", "Update", {"f:status": {"f:replicas": {}}}, T2, subresource="status"),
            entry("ana", "Apply", {"f:spec": {"f:selector": {}}, "f:metadata": {"f:finalizers": {'v:"a/b"': {}}}}, T1),
            entry("bob", "Apply", {"f:spec": {"f:selector": {}}}, T2),
        ],
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "c",
                        "image": "web:2",
                        "env": [{"name": "A", "value": "x"}],
                        "ports": [{"containerPort": 80, "name": "h"}],
                    }
                ]
            }
        },
    },
    "status": {"replicas": 3},
}


def managers(path: Path) -> list[str]:
    return [owner.manager for owner in owners_of(LIVE, path)]


def test_a_leaf_has_the_manager_that_set_it_with_operation_and_time() -> None:
    assert owners_of(LIVE, IMAGE) == (Owner("kubectl-edit", "Update", "", T2),)


def test_a_scaled_field_has_a_subresource_and_no_time() -> None:
    assert last_writer(LIVE, REPLICAS) == Owner("kube-controller-manager", "Update", "scale", None)


def test_status_is_nobodys_desire() -> None:
    assert owners_of(LIVE, ("status", "replicas")) == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((*IMAGE[:-1], "env", Item((("name", "A"),)), "value"), ["plumbline"]),
        ((*IMAGE[:-1], "env", Index(0), "value"), ["plumbline"]),
        ((*IMAGE[:-1], "ports", Item((("containerPort", 80), ("protocol", "TCP"))), "name"), ["kubectl-edit"]),
        ((*IMAGE[:-1], "ports", Index(0), "name"), ["kubectl-edit"]),
        (IMAGE[:-1], ["plumbline", "kubectl-edit"]),
        ((*IMAGE[:-1], "command"), []),
        (("spec", "selector", "matchLabels", "app"), ["ana", "bob"]),
        (("metadata", "finalizers", Member("a/b")), ["ana"]),
        (("metadata", "finalizers", Member("other")), []),
        (("spec", "template", "spec", "containers", Item((("name", "gone"),)), "image"), []),
    ],
)
def test_a_path_is_followed_through_keys_positions_sets_and_atomic_fields(path: Path, expected: list[str]) -> None:
    assert managers(path) == expected


def test_the_last_writer_is_the_one_with_the_newest_time() -> None:
    assert last_writer(LIVE, ("spec", "selector")) == Owner("bob", "Apply", "", T2)
    assert last_writer(LIVE, ("spec", "absent")) is None


def test_what_a_manager_owns_is_told_as_paths() -> None:
    owned = {str_path(path) for path in owned_paths(LIVE, "plumbline")}
    container = "spec.template.spec.containers[name=c]"
    assert owned == {
        container,
        f"{container}.name",
        *(f"{container}.env[name=A]{leaf}" for leaf in ("", ".name", ".value")),
    }
    assert owned_paths(LIVE, "plumbline", "Update") == frozenset()
    assert owned_paths(LIVE, "ana") == {("spec", "selector"), ("metadata", "finalizers", Member("a/b"))}


def test_only_an_apply_of_the_object_itself_makes_it_applied() -> None:
    assert applied_by(LIVE, "plumbline")
    assert not applied_by(LIVE, "kubectl-edit")
    assert not applied_by({"metadata": {"name": "a"}}, "plumbline")


def test_damaged_entries_say_nothing() -> None:
    damaged = {
        "metadata": {"managedFields": [{}, {"fieldsV1": {"k:{": {}, "v:{}": {}, "i:x": {}, "?": {}}, "manager": "m"}]}
    }
    assert owners_of(damaged, ("a",)) == ()
    assert owned_paths(damaged, "m", "") == frozenset()


@given(objects, objects)
def test_any_path_of_a_difference_can_be_asked_for(before: dict[str, Any], after: dict[str, Any]) -> None:
    live = {**after, "metadata": {"managedFields": LIVE["metadata"]["managedFields"]}}
    for change in difference(before, live, Lists(Kind("apps", "Deployment"), live)):
        assert set(owners_of(live, change.path)) <= set(owners_of(live, ()))
