"""Where a field is inside an object: steps through maps and lists, and how they are written for people."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a keyed list, found by the values of its keys: `[name=web]`, `[port=80,protocol=TCP]`."""

    keys: tuple[tuple[str, Scalar], ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"{name}={_shown(value)}" for name, value in self.keys) + "]"


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list without keys, by its position from 0."""

    position: int

    def __str__(self) -> str:
        return f"[{self.position}]"


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of a list that is a set, by its value."""

    value: Scalar

    def __str__(self) -> str:
        return f"[={_shown(self.value)}]"


Step = str | Item | Index | Member
Path = tuple[Step, ...]
"""Steps from the root of an object. The empty path is the object itself."""


class Absent:
    """The type of `ABSENT`: there is no value, which is not the same as null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:-]+")


def str_path(path: Path) -> str:
    """A path for people: `spec.containers[name=c].image`, `metadata.annotations["a.b/c"]`. The empty path is empty."""
    text = ""
    for step in path:
        if not isinstance(step, str):
            text += str(step)
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def plain(path: Path) -> Path:
    """A path that leads through some item of each list on the way: all of them are its first one."""
    return tuple(step if isinstance(step, str) else Index(0) for step in path)


def value_at(body: Any, path: Path) -> Any:
    """The value at a path, or `ABSENT`. Missing keys, items that nothing matches and wrong types are all absent."""
    for step in path:
        body = _child(body, step)
        if body is ABSENT:
            return ABSENT
    return body


def keyed(item: Any, names: tuple[str, ...]) -> Item | None:
    """The step that selects a list item by these keys, or None when it is no map or has none of them.

    A `protocol` that is not written is TCP, as the API server fills it in before it looks at list keys.
    """
    if not isinstance(item, Mapping) or not any(name in item for name in names):
        return None
    keys = tuple((name, item.get(name, "TCP" if name == "protocol" else None)) for name in names)
    if any(isinstance(value, (dict, list)) for _, value in keys):
        return None
    return Item(keys)


def _child(parent: Any, step: Step) -> Any:
    if isinstance(step, str):
        return parent.get(step, ABSENT) if isinstance(parent, Mapping) else ABSENT
    if not isinstance(parent, list):
        return ABSENT
    if isinstance(step, Index):
        return parent[step.position] if 0 <= step.position < len(parent) else ABSENT
    if isinstance(step, Member):
        return step.value if step.value in parent else ABSENT
    names = tuple(name for name, _ in step.keys)
    return next((item for item in parent if keyed(item, names) == step), ABSENT)


def _shown(value: Scalar) -> str:
    if isinstance(value, str) and _PLAIN_VALUE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)
