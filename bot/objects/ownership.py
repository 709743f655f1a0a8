"""Who set which field, as far as the server records it in `metadata.managedFields` (structured-merge-diff's fieldsV1).

An entry for the status subresource says nothing about desired state and is skipped. A writer's time is that of its last
write to any field; some entries, such as those of `/scale`, have none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.objects.identity import Object
from bot.objects.paths import ABSENT, Index, Item, Member, Path, Step, plain, value_at

MANAGER = "plumbline"
"""The one field manager of every write and dry-run, so that an object can change hands without co-owned fields."""

_ITSELF = "."


@dataclass(frozen=True, slots=True)
class Owner:
    """A field manager as one entry records it. `operation` is Apply or Update, `subresource` is empty for the main one.

    `time` is RFC 3339 as the server wrote it, or None when it wrote none.
    """

    manager: str
    operation: str
    subresource: str
    time: str | None


def owners_of(live: Object, path: Path) -> tuple[Owner, ...]:
    """Who owns the field at a path, something below it, or the atomic field that it is part of; oldest time first.

    List items are found by the keys that the server used, resolved against the live object where they differ from the
    path's. Fields that admission set are owned by nobody.
    """
    found = [owner for owner, tree in _entries(live) if _reaches(tree, path, live)]
    return tuple(sorted(found, key=lambda owner: (owner.time or "", owner.manager, owner.operation)))


def owned_paths(live: Object, manager: str, operation: str = "Apply") -> frozenset[Path]:
    """Every field that a manager owns through this operation: leaves, and list items or maps owned as such."""
    return frozenset(
        path
        for owner, tree in _entries(live)
        if (owner.manager, owner.operation) == (manager, operation)
        for path in _leaves(tree, ())
    )


def applied_by(live: Object, manager: str) -> bool:
    """Whether this manager's server-side apply owns anything in the object itself."""
    return any(
        (owner.manager, owner.operation, owner.subresource) == (manager, "Apply", "") for owner, _ in _entries(live)
    )


def last_writer(live: Object, path: Path) -> Owner | None:
    """The owner of a field that wrote last. One without a time counts as oldest, since nothing else is known."""
    owners = owners_of(live, path)
    return owners[-1] if owners else None


def tracked_lists(body: Object) -> dict[Path, tuple[str, ...]]:
    """The lists whose items the server tells apart, with the names of their keys, none for a set.

    `k:` and `v:` stand there exactly where the kind's schema says `x-kubernetes-list-type: map` or `set`. Paths lead
    through items without saying which (`plain`), since the items of a list are all alike.
    """
    found: dict[Path, tuple[str, ...]] = {}
    for entry in (body.get("metadata") or {}).get("managedFields") or []:
        found.update(_tracked(entry.get("fieldsV1"), ()))
    return found


def _tracked(tree: Any, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for key, below in tree.items() if isinstance(tree, dict) else ():
        step = _step(key)
        if isinstance(step, Item):
            yield path, tuple(name for name, _ in step.keys)
        elif isinstance(step, Member):
            yield path, ()
        if step is not None:
            yield from _tracked(below, plain((*path, step)))


def _entries(live: Object) -> Iterator[tuple[Owner, dict[str, Any]]]:
    for entry in (live.get("metadata") or {}).get("managedFields") or []:
        tree, subresource = entry.get("fieldsV1"), entry.get("subresource") or ""
        if isinstance(tree, dict) and subresource != "status":
            yield Owner(entry.get("manager") or "", entry.get("operation") or "", subresource, entry.get("time")), tree


def _reaches(tree: dict[str, Any], path: Path, live: Object) -> bool:
    for position, step in enumerate(path):
        if not tree:
            return True
        key = f"f:{step}" if isinstance(step, str) else _matching(tree, step, value_at(live, path[: position + 1]))
        if key is None or key not in tree:
            return False
        tree = tree[key]
    return True


def _matching(tree: dict[str, Any], step: Index | Item | Member, value: Any) -> str | None:
    """The key of the subtree that a list item leads to. `value` is what the live object has there."""
    if isinstance(step, Index) and f"i:{step.position}" in tree:
        return f"i:{step.position}"
    wanted: list[Any] = [dict(step.keys)] if isinstance(step, Item) else []
    wanted += [value] if isinstance(value, dict) else []
    scalar = step.value if isinstance(step, Member) else value
    for key in tree:
        if key.startswith("k:") and any(_selects(_parsed(key), item) for item in wanted):
            return key
        if key.startswith("v:") and scalar is not ABSENT and _parsed(key) == scalar:
            return key
    return None


def _selects(keys: Any, item: dict[str, Any]) -> bool:
    """Whether an item has all these key values. A protocol that is not written is TCP."""
    if not isinstance(keys, dict):
        return False
    return all(item.get(name, "TCP" if name == "protocol" else ABSENT) == value for name, value in keys.items())


def _leaves(tree: dict[str, Any], path: Path) -> Iterator[Path]:
    if not tree and path:
        yield path
    for key, below in tree.items():
        if key == _ITSELF:
            yield path
        elif (step := _step(key)) is not None:
            yield from _leaves(below if isinstance(below, dict) else {}, (*path, step))


def _step(key: str) -> Step | None:
    if key.startswith("f:"):
        return key[2:]
    if key.startswith("i:") and key[2:].isdecimal():
        return Index(int(key[2:]))
    value = _parsed(key)
    if key.startswith("k:") and isinstance(value, dict):
        return Item(tuple(sorted(value.items())))
    return Member(value) if key.startswith("v:") and not isinstance(value, dict | list | type(ABSENT)) else None


def _parsed(key: str) -> Any:
    """The JSON after a key's two-letter prefix; ABSENT when it is none."""
    try:
        return json.loads(key[2:])
    except ValueError:
        return ABSENT
