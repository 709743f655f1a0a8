"""Values field by field: what a person reads when a whole subtree is new or gone."""

from collections.abc import Iterator
from typing import Any

from bot.objects.difference import FieldChange
from bot.objects.listkeys import Lists
from bot.objects.paths import ABSENT, Index, Path, keyed


def leaves(path: Path, value: Any, lists: Lists) -> Iterator[tuple[Path, Any]]:
    """Single fields below a path, in the value's own order: scalars, lists of scalars, and what is empty.

    The keys of a list's item stand in its path, so they are not repeated; an item that is nothing else is one field.
    """
    if isinstance(value, dict) and value:
        for name, entry in value.items():
            yield from leaves((*path, name), entry, lists)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield from _items(path, value, lists)
    else:
        yield path, value


def leaf_changes(changes: tuple[FieldChange, ...], lists: Lists) -> Iterator[tuple[Path, FieldChange]]:
    """Changes with new and gone subtrees taken apart, each with the path at which its subtree begins."""
    for change in changes:
        if change.before is ABSENT:
            for path, value in leaves_of(change.path, change.after, lists):
                yield change.path, FieldChange(path, ABSENT, value)
        elif change.after is ABSENT:
            for path, value in leaves_of(change.path, change.before, lists):
                yield change.path, FieldChange(path, value, ABSENT)
        else:
            yield change.path, change


def leaves_of(path: Path, value: Any, lists: Lists) -> Iterator[tuple[Path, Any]]:
    """`leaves`, for a path that may itself be an item of a keyed list."""
    step = path[-1] if path else None
    if isinstance(value, dict) and not isinstance(step, str | Index | None):
        yield from _item(path, value, lists)
    else:
        yield from leaves(path, value, lists)


def _items(path: Path, items: list[Any], lists: Lists) -> Iterator[tuple[Path, Any]]:
    names = lists.keys(path)
    steps = [keyed(item, names) if names else None for item in items]
    if None in steps or len(set(steps)) < len(steps):
        for position, item in enumerate(items):
            yield from leaves((*path, Index(position)), item, lists)
        return
    for step, item in zip(steps, items, strict=True):
        if step is not None:
            yield from _item((*path, step), item, lists)


def _item(path: Path, item: dict[str, Any], lists: Lists) -> Iterator[tuple[Path, Any]]:
    names = {name for name, _ in getattr(path[-1], "keys", ())}
    rest = {name: value for name, value in item.items() if name not in names}
    if rest:
        yield from leaves(path, rest, lists)
    else:
        yield path, item
