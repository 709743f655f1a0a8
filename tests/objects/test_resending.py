"""What applying again would leave as it is, told from the set of owned fields; the live tests hold it to the server."""

from typing import Any

import pytest

from bot.objects.identity import Object
from bot.objects.resending import changes_nothing

PORT = 'k:{"port":80,"protocol":"TCP"}'


def live(spec: Any, fields: Any, version: str = "v1", **metadata: Any) -> Object:
    """An object as it lives, of which plumbline applied these fields of the spec."""
    entry = {"manager": "plumbline", "operation": "Apply", "apiVersion": version, "fieldsV1": {"f:spec": fields}}
    return {"apiVersion": version, "kind": "Thing", "metadata": {"managedFields": [entry], **metadata}, "spec": spec}


def body(spec: Any, version: str = "v1") -> Object:
    return {"apiVersion": version, "kind": "Thing", "metadata": {"name": "a", "namespace": "b"}, "spec": spec}


def unchanged(sent: Any, lives: Any, fields: Any, version: str = "v1") -> bool:
    return changes_nothing(body(sent, version), live(lives, fields, version), "plumbline")


@pytest.mark.parametrize(
    ("sent", "lives", "fields"),
    [
        ({"a": 1}, {"a": 1, "default": 2}, {"f:a": {}}),
        ({"a": {}}, {"a": {}}, {"f:a": {}}),
        ({"a": {"b": "x"}}, {"a": {"b": "x", "c": "foreign"}}, {"f:a": {".": {}, "f:b": {}}}),
        (
            {"ports": [{"port": 80}]},
            {"ports": [{"port": 8, "protocol": "TCP"}, {"port": 80, "protocol": "TCP"}]},
            {"f:ports": {PORT: {".": {}, "f:port": {}}}},
        ),
        ({"tags": ["a", "b"]}, {"tags": ["a", "x", "b"]}, {"f:tags": {'v:"a"': {}, 'v:"b"': {}}}),
        ({"limits": {"cpu": "1000m"}}, {"limits": {"cpu": "1", "x": "1"}}, {"f:limits": {"f:cpu": {}}}),
        ({"limits": {"memory": "1024Mi"}}, {"limits": {"memory": "1Gi"}}, {"f:limits": {"f:memory": {}}}),
    ],
)
def test_what_is_owned_and_lives_as_it_is_sent_need_not_be_sent(sent: Any, lives: Any, fields: Any) -> None:
    assert unchanged(sent, lives, fields)


@pytest.mark.parametrize(
    ("sent", "lives", "fields"),
    [
        ({"a": 1}, {"a": 2}, {"f:a": {}}),
        ({"a": 1}, {"a": True}, {"f:a": {}}),
        ({"a": 1}, {"a": 1.0}, {"f:a": {}}),
        ({"a": "1000m"}, {"a": "1"}, {"f:a": {}}),
        ({"a": 1}, {}, {"f:a": {}}),
        ({"a": 1}, {"a": 1, "dropped": 2}, {"f:a": {}, "f:dropped": {}}),
        ({"a": 1, "new": 2}, {"a": 1, "new": 2}, {"f:a": {}}),
        ({"a": 1, "none": None}, {"a": 1}, {"f:a": {}}),
        ({"a": {}}, {"a": {"foreign": 1}}, {"f:a": {}}),
        ({"l": [1, 2]}, {"l": [2, 1]}, {"f:l": {}}),
        ({"tags": ["b", "a"]}, {"tags": ["a", "b"]}, {"f:tags": {'v:"a"': {}, 'v:"b"': {}}}),
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, {"f:tags": {'v:"a"': {}, 'v:"b"': {}}}),
        ({"ports": [{"port": 81}]}, {"ports": [{"port": 80, "protocol": "TCP"}]}, {"f:ports": {PORT: {"f:port": {}}}}),
        ({"ports": []}, {"ports": [{"port": 80, "protocol": "TCP"}]}, {"f:ports": {PORT: {"f:port": {}}}}),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1", "x": "1"}}, {"f:limits": {"f:cpu": {}, "f:x": {}}}),
        ({"limits": {"cpu": "1.5x"}}, {"limits": {"cpu": "1.5y"}}, {"f:limits": {"f:cpu": {}}}),
        ({"a": [1]}, {"a": [1]}, {"f:a": {"i:0": {}}}),
    ],
)
def test_anything_else_is_sent(sent: Any, lives: Any, fields: Any) -> None:
    assert not unchanged(sent, lives, fields)


def test_amounts_of_custom_kinds_are_kept_as_they_are_written_and_so_compared() -> None:
    sides: tuple[Any, Any, Any] = ({"limits": {"cpu": "1000m"}}, {"limits": {"cpu": "1"}}, {"f:limits": {"f:cpu": {}}})
    assert unchanged(*sides, version="apps/v1")
    assert not unchanged(*sides, version="acme.io/v1")


def test_items_in_another_order_are_sent_and_so_are_two_that_cannot_be_told_apart() -> None:
    fields: Any = {"f:l": {'k:{"name":"a"}': {".": {}, "f:name": {}}, 'k:{"name":"b"}': {".": {}, "f:name": {}}}}
    lives = {"l": [{"name": "a"}, {"name": "b"}]}
    assert unchanged({"l": [{"name": "a"}, {"name": "b"}]}, lives, fields)
    assert not unchanged({"l": [{"name": "b"}, {"name": "a"}]}, lives, fields)
    assert not unchanged({"l": [{"name": "a"}, {}]}, lives, fields)


def test_another_owner_version_or_a_goodbye_means_that_it_is_sent() -> None:
    one = live({"a": 1}, {"f:a": {}})
    assert changes_nothing(body({"a": 1}), one, "plumbline")
    assert not changes_nothing(body({"a": 1}), one, "other")
    assert not changes_nothing(body({"a": 1}, "v2"), one, "plumbline")
    assert not changes_nothing(body({"a": 1}), live({"a": 1}, {"f:a": {}}, deletionTimestamp="now"), "plumbline")
    assert not changes_nothing(body({"a": 1}), {**one, "metadata": {}}, "plumbline")
