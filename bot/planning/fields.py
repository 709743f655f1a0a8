"""Differences as the fields that people read: leaf by leaf, redacted, with why each changes and who else holds it."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.plans import Cause, Field, Line
from bot.objects.canonical import unlabelled
from bot.objects.difference import FieldChange, difference
from bot.objects.identity import Object, ObjectKey
from bot.objects.leaves import leaf_changes, leaves
from bot.objects.live import strip_live
from bot.objects.ownership import owners_of
from bot.objects.paths import ABSENT, Path, str_path, value_at
from bot.objects.redact import Redacted, Redactor

MANAGER = "plumbline"
_PICKED = ("healthCheckNodePort", "nodePort")
"""Ports that the server picks: a dry-run picks others than the real write will."""

CONTEXT = 2
"""Unchanged lines shown around changed ones."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Whose fields are told, and the redactor that every value passes."""

    key: ObjectKey
    redactor: Redactor


@dataclass(frozen=True, slots=True)
class Written:
    """What Git says before and after, for telling a person's fields from the server's. `taken` names who loses one."""

    before: Object
    after: Object
    taken: Mapping[Path, str]


def comparable(body: Object | None) -> Object:
    """A server's answer without what only servers and controllers write, and without our label."""
    return strip_live(unlabelled(body or {}))


def changed(before: Object, after: Object, key: ObjectKey) -> list[tuple[Path, FieldChange]]:
    """Leaf by leaf, what turns one comparable body into the other; each with where its subtree begins."""
    return list(leaf_changes(difference(before, after, key.of), key.of))


def told(found: list[tuple[Path, FieldChange]], written: Written, live: Object | None, telling: Telling) -> list[Field]:
    """The changes that are news, with their causes.

    Defaults that the server fills into something Git adds, or takes away with something Git removes, are none.
    """
    fields = []
    for top, change in found:
        explained = _explained(top, change, written, live)
        if explained is not None:
            fields.append(shown(change, telling, *explained))
    return fields


def _explained(top: Path, change: FieldChange, written: Written, live: Object | None) -> tuple[Cause, str] | None:
    if change.after is ABSENT:
        return _gone(top, change, written, live)
    taken = next((who for path, who in written.taken.items() if related(path, change.path)), "")
    if taken:
        return Cause.TAKEN_OVER, taken
    if value_at(written.after, change.path) is not ABSENT:
        return Cause.GIT, ""
    if change.before is ABSENT and (value_at(written.after, top) is not ABSENT or change.path[-1] in _PICKED):
        return None
    return Cause.DEFAULT, ""


def _gone(top: Path, change: FieldChange, written: Written, live: Object | None) -> tuple[Cause, str] | None:
    """A field that goes: because Git drops it, because it is somebody's inside what Git drops, or by the server."""
    if value_at(written.before, change.path) is not ABSENT:
        return Cause.GIT, ""
    others = others_of(live, change.path)
    if others:
        return Cause.GIT, ", ".join(others)
    if live is not None and owners_of(live, change.path):
        return Cause.GIT, ""
    return None if value_at(written.before, top) is not ABSENT else (Cause.DEFAULT, "")


def others_of(live: Object | None, path: Path) -> list[str]:
    """Names of the managers besides us that own a field."""
    owners = owners_of(live, path) if live is not None else ()
    return sorted({owner.manager for owner in owners if (owner.manager, owner.operation) != (MANAGER, "Apply")})


def related(one: Path, other: Path) -> bool:
    """Whether one of two fields is, or lies in, the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def shown(change: FieldChange, telling: Telling, cause: Cause = Cause.GIT, owner: str = "") -> Field:
    """A change as it may be shown."""
    before, after = (value_shown(change.path, value, telling) for value in (change.before, change.after))
    return Field(str_path(change.path), before, after, cause, owner, _lines(change, telling))


def value_shown(path: Path, value: Any, telling: Telling) -> Redacted | None:
    """A value as it may be shown; None when there is none."""
    return None if value is ABSENT else telling.redactor.value(telling.key, path, value)


def contents(body: Object, telling: Telling, *, gone: bool = False) -> tuple[Field, ...]:
    """Every field of a new object (or one that goes) as Git has it and in Git's order, without what names it."""
    body = unlabelled(body)
    named = {("metadata", "name"), ("metadata", "namespace"), ("apiVersion",), ("kind",)}
    pairs = [(path, value) for path, value in leaves((), body, telling.key.of) if path not in named]
    changes = [FieldChange(path, value, ABSENT) if gone else FieldChange(path, ABSENT, value) for path, value in pairs]
    return tuple(shown(change, telling) for change in changes if change.path != ("metadata",))


def _lines(change: FieldChange, telling: Telling) -> tuple[Line, ...]:
    texts = [value for value in (change.before, change.after) if value is not ABSENT]
    if not all(isinstance(text, str) for text in texts) or not any("\n" in text for text in texts):
        return ()
    before, after = (
        [] if text is ABSENT else list(telling.redactor.lines(telling.key, change.path, text))
        for text in (change.before, change.after)
    )
    if len(before) < 2 and len(after) < 2:
        return ()
    return tuple(_between(before, after))


def _between(before: list[Redacted], after: list[Redacted]) -> Iterator[Line]:
    """The lines of a unified difference. Lines are compared as they are shown."""
    nothing = Redacted.stored("")
    groups = difflib.SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT)
    for position, group in enumerate(groups):
        if position or group[0][1]:
            yield Line("@", nothing)
        for verb, i1, i2, j1, j2 in group:
            if verb == "equal":
                yield from (Line(" ", line) for line in before[i1:i2])
            else:
                yield from (Line("-", line) for line in before[i1:i2])
                yield from (Line("+", line) for line in after[j1:j2])
