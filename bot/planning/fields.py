"""Differences as the fields that people read: leaf by leaf, redacted, with why each changes and who else holds it."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from bot.domain.plans import Cause, Field, Line
from bot.objects.canonical import unlabelled
from bot.objects.difference import FieldChange, difference
from bot.objects.identity import Object, ObjectKey
from bot.objects.leaves import leaf_changes, leaves
from bot.objects.listkeys import Lists
from bot.objects.live import strip_live
from bot.objects.ownership import MANAGER, owners_of
from bot.objects.paths import ABSENT, Index, Member, Path, value_at
from bot.objects.redact import Redacted, Redactor

_PICKED = ("healthCheckNodePort", "nodePort")
"""Ports that the server picks: a dry-run picks others than the real write will."""

MOST = 500
"""Fields told of one object. Nobody reads more, and a hostile manifest has any number of them."""

LONGEST = 800
"""Characters of a finding that names commands, or a problem and its remedy."""

CONTEXT = 2
"""Unchanged lines shown around changed ones."""


@dataclass(frozen=True)
class Telling:
    """Whose fields are told, the redactor that every value passes, and the server's answers, which tell its lists."""

    key: ObjectKey
    redactor: Redactor
    answers: tuple[Object, ...] = ()

    @cached_property
    def lists(self) -> Lists:
        """By what the items of the object's lists are told apart."""
        return Lists(self.key.of, *self.answers)

    def knowing(self, *answers: Object | None) -> "Telling":
        """The same, with what the server answered about the object. Cheap: answers are read when first needed."""
        return replace(self, answers=tuple(each for each in answers if each))


@dataclass(frozen=True, slots=True)
class Written:
    """What Git says before and after, for telling a person's fields from the server's. `taken` names who loses one."""

    before: Object
    after: Object
    taken: Mapping[Path, str]


def comparable(body: Object | None) -> Object:
    """A server's answer without what only servers and controllers write, and without our label."""
    return strip_live(unlabelled(body or {}))


def changed(before: Object, after: Object, lists: Lists) -> list[tuple[Path, FieldChange]]:
    """Leaf by leaf, what turns one comparable body into the other; each with where its subtree begins."""
    if before == after and json.dumps(before) == json.dumps(after):
        return []  # Most objects are as they should be, and these two tell in a fraction of the time.
    return list(leaf_changes(difference(before, after, lists), lists))


class Mentions:
    """Every field of an object as Git has it, and everything that holds one."""

    def __init__(self, body: Object, lists: Lists) -> None:
        self._body = body
        self._paths = {path[:length] for path, _ in leaves((), body, lists) for length in range(len(path) + 1)}

    def __contains__(self, path: Path) -> bool:
        if path and isinstance(path[-1], Member | Index):
            return value_at(self._body, path) is not ABSENT
        return path in self._paths


def told(found: list[tuple[Path, FieldChange]], written: Written, live: Object | None, telling: Telling) -> list[Field]:
    """The changes that are news, with their causes; of very many the first.

    Defaults that the server fills into something Git adds, or takes away with something Git removes, are none.
    """
    if not found:
        return []
    explaining = _Explaining(written, live, telling.lists)
    fields: list[Field] = []
    for top, changes in groupby(found, key=itemgetter(0)):
        for change, why in explaining.news(top, [change for _, change in changes]):
            if len(fields) == MOST:
                return [*fields, Field("and more fields", None, None)]
            fields.append(shown(change, telling, *why))
    return fields


class _Explaining:
    """Why fields change."""

    def __init__(self, written: Written, live: Object | None, lists: Lists) -> None:
        self._taken, self._live = written.taken, live
        self._above = {path[:length]: who for path, who in written.taken.items() for length in range(1, len(path))}
        self._before, self._after = Mentions(written.before, lists), Mentions(written.after, lists)
        self._written = written

    def news(self, top: Path, changes: list[FieldChange]) -> list[tuple[FieldChange, tuple[Cause, str]]]:
        """The changes of one subtree that are news, with why. One that holds nothing else is told as Git has it."""
        found = [(each, self._gone(top, each) if each.after is ABSENT else self._there(top, each)) for each in changes]
        news = [(each, why) for each, why in found if why is not None]
        added = changes[0].before is ABSENT
        value = ABSENT if news else value_at(self._written.after if added else self._written.before, top)
        if value is not ABSENT:
            news = [(FieldChange(top, ABSENT, value) if added else FieldChange(top, value, ABSENT), (Cause.GIT, ""))]
        return news

    def _there(self, top: Path, change: FieldChange) -> tuple[Cause, str] | None:
        """A field that will be there: Git's, taken from somebody, or the server's; None for no news."""
        around = (self._taken.get(change.path[:length], "") for length in range(1, len(change.path) + 1))
        taken = next(filter(None, around), self._above.get(change.path, ""))
        if taken:
            return Cause.TAKEN_OVER, taken
        if change.path in self._after:
            return Cause.GIT, ""
        if change.before is ABSENT and (top in self._after or change.path[-1] in _PICKED):
            return None
        return Cause.DEFAULT, ""

    def _gone(self, top: Path, change: FieldChange) -> tuple[Cause, str] | None:
        """A field that goes: Git drops it, it is somebody's inside what Git drops, or the server takes it."""
        if change.path in self._before:
            return Cause.GIT, ""
        others = others_of(self._live, change.path)
        if others:
            return Cause.GIT, ", ".join(others)
        if self._live is not None and owners_of(self._live, change.path):
            return Cause.GIT, ""
        return None if top in self._before else (Cause.DEFAULT, "")


def others_of(live: Object | None, path: Path) -> list[str]:
    """Names of the managers besides us that own a field."""
    owners = owners_of(live, path) if live is not None else ()
    return sorted({owner.manager for owner in owners if (owner.manager, owner.operation) != (MANAGER, "Apply")})


def shown(change: FieldChange, telling: Telling, cause: Cause = Cause.GIT, owner: str = "") -> Field:
    """A change as it may be shown."""
    before, after = (value_shown(change.path, value, telling) for value in (change.before, change.after))
    path = telling.redactor.path(telling.key, change.path)
    return Field(path, before, after, cause, owner, _lines(change, telling))


def value_shown(path: Path, value: Any, telling: Telling) -> Redacted | None:
    """A value as it may be shown; None when there is none."""
    return None if value is ABSENT else telling.redactor.value(telling.key, path, value)


def contents(body: Object, telling: Telling, *, gone: bool = False) -> tuple[Field, ...]:
    """Every field of a new object (or one that goes) as Git has it and in Git's order, without what names it."""
    body = unlabelled(body)
    named = {("metadata", "name"), ("metadata", "namespace"), ("apiVersion",), ("kind",)}
    pairs = [(path, value) for path, value in leaves((), body, telling.lists) if path not in named]
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
