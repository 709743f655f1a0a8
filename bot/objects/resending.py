"""Whether applying a body would leave a live object as it is, told without asking, from who owns which of its fields.

The server keeps, per applier, exactly the fields that were sent last (`metadata.managedFields`, KEP-555). Where those
are the fields of this body and each lives with its value, merging the body again gives what lives. The set's own shape
says how each list is merged, so no schema is needed. Anything that is not plainly so counts as a change: fields that
the server moves or drops, keys of list items that it filled in twice. Only amounts of built-in kinds may be written in
another way than they are kept (`1000m`, `1`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from bot.objects.identity import Object

_ITSELF = "."
_AMOUNTS = ("f:requests", "f:limits", "f:hard")
_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|)")
_POWERS = {"m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
"""Suffixes as powers of 1000; those with an `i` are powers of 1024 (apimachinery's resource.Quantity)."""
_UNTRACKED = ("apiVersion", "kind")
_IDENTITY = ("name", "namespace")


def changes_nothing(body: Object, live: Object, manager: str) -> bool:
    """Whether this manager's server-side apply of the body would change nothing about the live object.

    What admission would make of it, were it asked anew, is left out: who sends nothing does not ask it.
    """
    metadata = live.get("metadata") or {}
    if body.get("apiVersion") != live.get("apiVersion") or "deletionTimestamp" in metadata:
        return False
    entries = [entry for entry in metadata.get("managedFields") or () if _is_of(entry, manager)]
    if len(entries) != 1 or entries[0].get("apiVersion") != body.get("apiVersion"):
        return False
    sent = {name: value for name, value in body.items() if name not in _UNTRACKED}
    kept = {name: value for name, value in (body.get("metadata") or {}).items() if name not in _IDENTITY}
    sent = {**sent, "metadata": kept} if kept else {name: sent[name] for name in sent if name != "metadata"}
    group = str(body["apiVersion"]).rpartition("/")[0]
    merged = _Merged(_AMOUNTS if "." not in group or group.endswith(".k8s.io") else ())
    return merged.same(entries[0].get("fieldsV1"), sent, live)


def _is_of(entry: Object, manager: str) -> bool:
    return (entry.get("manager"), entry.get("operation"), entry.get("subresource") or "") == (manager, "Apply", "")


@dataclass(frozen=True, slots=True)
class _Merged:
    """Compares what was sent with what lives, led by the set of owned fields. `amounts` are fields of quantities."""

    amounts: Sequence[str]

    def same(self, tree: Any, sent: Any, live: Any) -> bool:
        """Whether what was sent owns just these fields, each as it lives."""
        if not isinstance(tree, dict):
            return False
        count = len(tree) - (_ITSELF in tree)
        if not count:
            return _equal(sent, live)
        if isinstance(sent, dict):
            return isinstance(live, dict) and len(sent) == count and self._fields(tree, sent, live)
        if not isinstance(sent, list) or not isinstance(live, list) or len(sent) != count:
            return False
        keys = [key for key in tree if key != _ITSELF]
        if all(key.startswith("k:") for key in keys):
            return self._items({key: _read(key[2:]) for key in keys}, tree, sent, live)
        return all(key.startswith("v:") for key in keys) and _members([_read(key[2:]) for key in keys], sent, live)

    def _fields(self, tree: Mapping[str, Any], sent: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
        """Fields by their names, of which as many are owned as were sent."""
        for name, value in sent.items():
            below = tree.get(owned := f"f:{name}")
            if below is None or name not in live:
                return False
            here = live[name]
            alike = _equal(value, here) if below == {} else self.same(below, value, here)
            if not alike and not (owned in self.amounts and _same_amounts(below, value, here)):
                return False
        return True

    def _items(self, names: Mapping[str, Any], tree: Any, sent: Sequence[Any], live: Sequence[Any]) -> bool:
        """A list of objects by their keys. Keys that were not sent are those that the server filled in."""
        left, places = dict(names), []
        for item in sent:
            fitting = [key for key, name in left.items() if _has(item, name, filled=True)]
            if len(fitting) != 1:
                return False
            name = left.pop(fitting[0])
            here = [place for place, other in enumerate(live) if _has(other, name, filled=False)]
            if len(here) != 1 or not self._item(tree[fitting[0]], item, live[here[0]], name):
                return False
            places += here
        return places == sorted(places)

    def _item(self, tree: Any, sent: Any, live: Any, name: Mapping[str, Any]) -> bool:
        """An item that is owned as such and holds nothing but its keys has a set without fields."""
        fields = [key for key in tree if key != _ITSELF] if isinstance(tree, dict) else []
        return self.same(tree, sent, live) if fields else sent.keys() <= name.keys()


def _members(names: Sequence[Any], sent: Sequence[Any], live: Sequence[Any]) -> bool:
    """A list of scalars that is a set."""
    if any(value not in sent or value not in live for value in names):
        return False
    return _equal([value for value in live if value in sent], sent)


def _has(item: Any, name: Mapping[str, Any], *, filled: bool) -> bool:
    if not isinstance(item, dict):
        return False
    return all(_equal(item[key], value) if key in item else filled for key, value in name.items())


def _same_amounts(tree: Any, sent: Any, live: Any) -> bool:
    """Amounts by name, as the server keeps them."""
    if not all(isinstance(each, dict) for each in (tree, sent, live)) or {f"f:{name}" for name in sent} != tree.keys():
        return False
    return all(name in live and _amount(value) == _amount(live[name]) is not None for name, value in sent.items())


def _amount(written: Any) -> Decimal | None:
    """A quantity's value; None for what is not plainly one."""
    match = _QUANTITY.fullmatch(str(written)) if isinstance(written, str | int) else None
    if match is None:
        return None
    number, suffix = Decimal(match[1]), match[2]
    if suffix.endswith("i"):
        return number * Decimal(1024) ** _POWERS[suffix[0].replace("K", "k")]
    return number * Decimal(1000) ** _POWERS[suffix]


def _equal(sent: Any, live: Any) -> bool:
    """Equal as JSON: `1`, `1.0` and `true` are three values."""
    kind = type(sent)
    if kind is not type(live):
        return False
    if kind is dict:
        return sent.keys() == live.keys() and all(_equal(value, live[key]) for key, value in sent.items())
    if kind is list:
        return len(sent) == len(live) and all(map(_equal, sent, live))
    return bool(sent == live)


@lru_cache(maxsize=2048)
def _read(name: str) -> Any:
    """What names an item of a list: most objects share theirs. Nobody changes it."""
    return json.loads(name)
