"""Lists of custom resources are taken apart as the server tracks them, which its managedFields tell."""

from typing import Any

from bot.objects.difference import ABSENT, Order, difference
from bot.objects.identity import Kind, Object, ObjectKey
from bot.objects.listkeys import Lists
from bot.objects.paths import Item, Member, str_path
from bot.objects.redact import Redactor

WIDGET = Kind("acme.io", "Widget")
REDACTOR = Redactor(b"sixteen bytes or more", "github:12", "prod")


def answered(**spec: Any) -> Object:
    """A live widget whose floors have rooms, both told apart by key, and whose tags are a set."""
    floors = {
        'k:{"number":1}': {".": {}, "f:number": {}, "f:rooms": {'k:{"name":"a","side":"left"}': {"f:name": {}}}},
        'k:{"number":2}': {".": {}, "f:number": {}},
    }
    tree = {"f:spec": {"f:floors": floors, "f:tags": {'v:"x"': {}}, "f:steps": {}, "f:env": {}}}
    entries = [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}, {"manager": "plumbline", "fieldsV1": tree}]
    return {"metadata": {"managedFields": entries}, "spec": spec}


LISTS = Lists(WIDGET, None, answered())


def told(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    changes = difference({"spec": before}, {"spec": after}, LISTS)
    return [(str_path(change.path), change.before, change.after) for change in changes]


def test_an_item_put_in_front_is_one_added_item_also_beside_an_edit() -> None:
    before = {"floors": [{"number": 1, "paint": "red"}, {"number": 2, "paint": "red"}]}
    after = {"floors": [{"number": 0}, {"number": 1, "paint": "blue"}, {"number": 2, "paint": "red"}]}
    assert told(before, after) == [
        ("spec.floors[number=0]", ABSENT, {"number": 0}),
        ("spec.floors[number=1].paint", "red", "blue"),
    ]


def test_what_is_tracked_in_one_item_holds_in_all_of_them() -> None:
    rooms = [{"side": "left", "name": "a", "door": 1}, {"side": "right", "name": "a", "door": 1}]
    changed = [rooms[1], {**rooms[0], "door": 2}]
    found = told({"floors": [{"number": 9, "rooms": rooms}]}, {"floors": [{"number": 9, "rooms": changed}]})
    assert found[0] == ("spec.floors[number=9].rooms[name=a,side=left].door", 1, 2)
    assert isinstance(found[1][1], Order)


def test_a_set_is_told_by_entry_and_its_order_too() -> None:
    assert told({"tags": ["a", "b"]}, {"tags": ["c", "a", "b"]}) == [("spec.tags[=c]", ABSENT, "c")]
    turned = told({"tags": ["a", "b"]}, {"tags": ["b", "a"]})
    assert turned == [("spec.tags", Order((Member("a"), Member("b"))), Order((Member("b"), Member("a"))))]


def test_atomic_lists_are_compared_as_before() -> None:
    assert told({"steps": [{"do": "b"}]}, {"steps": [{"do": "a"}, {"do": "b"}]}) == [
        ("spec.steps[0]", ABSENT, {"do": "a"})
    ]
    assert LISTS.keys(("spec", "env")) == ("name",)


def test_a_secret_that_tells_an_item_apart_is_in_no_path() -> None:
    key = ObjectKey("acme.io", "Widget", "shop", "w")
    member = REDACTOR.path(key, ("spec", "tokens", Member("hunter2")))
    item = REDACTOR.path(key, ("spec", "rooms", Item((("password", "hunter2"),)), "door"))
    order = REDACTOR.value(key, ("spec", "tokens"), Order((Member("hunter2"),))).plain
    assert [text.split("changed")[0] for text in (member, item)] == ['spec.tokens[="', 'spec.rooms[password="']
    assert not any("hunter2" in text for text in (member, item, order))
    assert REDACTOR.path(key, ("spec", "rooms", Item((("name", "a"),)), "x")) == "spec.rooms[name=a].x"
