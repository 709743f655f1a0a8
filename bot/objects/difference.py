"""What changed between two versions of an object, field by field, as the API server would see it."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.objects.identity import Object
from bot.objects.listkeys import Lists
from bot.objects.paths import ABSENT, Index, Item, Member, Path, keyed

__all__ = ["ABSENT", "FieldChange", "Order", "difference", "same"]


_ALIGNED = 250_000
"""Pairs of items that are looked at to align two lists."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `before` is ABSENT when it was added, `after` when it was removed.

    A subtree that only one side has is one change at its top. `Order` on both sides: only the order changed.
    """

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the items that both sides of a keyed list or a set have."""

    items: tuple[Item | Member, ...]


def difference(before: Object | None, after: Object | None, lists: Lists) -> tuple[FieldChange, ...]:
    """The changes that turn one object into the other, maps by sorted key; empty exactly when they are the same.

    Keyed lists and sets are compared by key and by order, finalizers without order, lists of plain values as a whole,
    and other lists item by item after aligning them. None stands for an object that does not exist.
    """
    return tuple(_changes((), ABSENT if before is None else before, ABSENT if after is None else after, lists))


def same(before: Any, after: Any) -> bool:
    """Whether two JSON values are equal. Unlike `==`, true is not 1."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(same(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)


def _changes(path: Path, before: Any, after: Any, lists: Lists) -> Iterator[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _changes((*path, key), before.get(key, ABSENT), after.get(key, ABSENT), lists)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(path, before, after, lists)
    elif not same(before, after):
        yield FieldChange(path, before, after)


def _list_changes(path: Path, before: list[Any], after: list[Any], lists: Lists) -> Iterator[FieldChange]:
    if same(before, after):
        return
    keys = lists.keys(path)
    if keys == ():
        yield from _set_changes(path, before, after)
        return
    olds, news = _by_key(before, keys), _by_key(after, keys)
    if olds is not None and news is not None:
        yield from _keyed_changes(path, olds, news, lists)
    elif before and after and all(isinstance(item, dict) for item in before + after):
        yield from _aligned_changes(path, before, after, lists)
    else:
        yield FieldChange(path, before, after)


def _by_key(items: list[Any], keys: tuple[str, ...] | None) -> dict[Item, Any] | None:
    """The items under their keys; None when the list has no keys, or an item lacks one or repeats one."""
    if keys is None:
        return None
    found = {keyed(item, keys): item for item in items}
    if None in found or len(found) < len(items):
        return None
    return {key: item for key, item in found.items() if key is not None}


def _keyed_changes(path: Path, olds: dict[Item, Any], news: dict[Item, Any], lists: Lists) -> Iterator[FieldChange]:
    for key in [*news, *(key for key in olds if key not in news)]:
        yield from _changes((*path, key), olds.get(key, ABSENT), news.get(key, ABSENT), lists)
    kept_before, kept_after = tuple(k for k in olds if k in news), tuple(k for k in news if k in olds)
    if kept_before != kept_after:
        yield FieldChange(path, Order(kept_before), Order(kept_after))


def _set_changes(path: Path, before: list[Any], after: list[Any]) -> Iterator[FieldChange]:
    if any(isinstance(item, dict | list) for item in before + after):
        yield FieldChange(path, before, after)
        return
    for value in (item for item in after if item not in before):
        yield FieldChange((*path, Member(value)), ABSENT, value)
    for value in (item for item in before if item not in after):
        yield FieldChange((*path, Member(value)), value, ABSENT)
    old, new = ([Member(item) for item in one if item in other] for one, other in ((before, after), (after, before)))
    if old != new and path[0] != "metadata":
        yield FieldChange(path, Order(tuple(old)), Order(tuple(new)))


def _aligned_changes(path: Path, before: list[Any], after: list[Any], lists: Lists) -> Iterator[FieldChange]:
    """Pair the items of a list without keys: equal ones first, then those between them in order.

    Positions are those of the newer list; for an item that only the older one has, those of the older. Lists that
    would take long to align are one change.
    """
    old_texts, new_texts = [_spelled(item) for item in before], [_spelled(item) for item in after]
    if len(before) * len(after) > _ALIGNED:
        yield FieldChange(path, before, after)
        return
    for verb, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old_texts, new_texts, autojunk=False).get_opcodes():
        if verb == "equal":
            continue
        paired = min(i2 - i1, j2 - j1)
        for offset in range(paired):
            yield from _changes((*path, Index(j1 + offset)), before[i1 + offset], after[j1 + offset], lists)
        for j in range(j1 + paired, j2):
            yield FieldChange((*path, Index(j)), ABSENT, after[j])
        for i in range(i1 + paired, i2):
            yield FieldChange((*path, Index(i)), before[i], ABSENT)


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
