"""What a refusal of the API server means: immutable fields, and conflicts with other field managers.

Texts are those of 1.37; older servers add a time to conflicts.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.objects.answers import without_values
from bot.objects.identity import Object
from bot.objects.paths import Index, Item, Member, Path, Step, keyed, value_at

_UNCHANGEABLE = re.compile(
    r"immutable|may not change once set|may not be changed|may not change fields other than|oldSelf"
    r"|updates to .* are forbidden"
)
_REASONS = ("FieldValueInvalid", "FieldValueForbidden")
_NOISE = "<nil>"
"""The field of a cause that only says that some validation rules of a custom resource were not checked."""

_CONFLICT = re.compile(
    r'conflicts? with (?P<manager>"(?:[^"\\]|\\.)*")(?: with subresource (?P<subresource>"[^"]*"))?'
    r"(?: using (?P<version>[^\s:]+))?(?: at \S+)?"
)
_SELECTOR = re.compile(r'\[(?P<inside>(?:"(?:[^"\\]|\\.)*"|[^"\]])*)\]')
_PAIR = re.compile(r'(?P<name>[A-Za-z]*)=(?P<value>"(?:[^"\\]|\\.)*"|[^,"]+)')


@dataclass(frozen=True, order=True, slots=True)
class Conflict:
    """One field that another manager owns. `field` is the server's text, such as `.spec.containers[name="c"].image`."""

    manager: str
    field: str


def immutable(status: Object) -> bool:
    """Whether a Status refuses a change only because fields cannot change, so that replacing the object would help.

    Strict on purpose, since a replacement deletes: every cause must say so, and no webhook may have said it. A wrong
    `metadata.uid` is answered alike and means that the object was recreated: that is no immutable field.
    """
    if status.get("code") != 422 or status.get("reason") != "Invalid":
        return False
    causes = [cause for cause in _causes(status) if cause.get("field") != _NOISE]
    if not causes or str(status.get("message") or "").startswith("admission webhook"):
        return False
    return all(_is_unchangeable(cause) for cause in causes)


def conflicts(status: Object) -> tuple[Conflict, ...]:
    """The field conflicts of a 409, sorted, as their order differs between identical calls.

    Empty when it is another kind of 409, such as a failed precondition.
    """
    if status.get("code") != 409 or status.get("reason") != "Conflict":
        return ()
    causes = _causes(status)
    if not all(cause.get("reason") == "FieldManagerConflict" for cause in causes):
        return ()
    return tuple(sorted({_conflict(cause) for cause in causes}))


def field_path(field: str, body: Object) -> Path | None:
    """The path that a conflict's text means in this object; None when nothing in it answers to the text.

    Keys with dots are not quoted by the server, so the text is read by walking the object.
    """
    return _walked(field, body, ())


def _causes(status: Object) -> list[dict[str, Any]]:
    return [cause for cause in (status.get("details") or {}).get("causes") or [] if isinstance(cause, dict)]


def _is_unchangeable(cause: dict[str, Any]) -> bool:
    field = cause.get("field")
    if cause.get("reason") not in _REASONS or not field or field == "metadata.uid":
        return False
    return bool(_UNCHANGEABLE.search(without_values(str(cause.get("message") or ""))))


def _conflict(cause: dict[str, Any]) -> Conflict:
    field = str(cause.get("field") or "")
    found = _CONFLICT.match(str(cause.get("message") or ""))
    if found is None:
        return Conflict("", field)
    return Conflict(str(_json(found["manager"])), field)


def _json(text: str) -> Any:
    """A quoted text or number as the server prints it; the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip('"')


def _walked(rest: str, value: Any, path: Path) -> Path | None:
    if not rest:
        return path
    if rest.startswith("[") and isinstance(value, list):
        found = _SELECTOR.match(rest)
        step = _selected(found["inside"], value) if found else None
        if found is None or step is None:
            return None
        return _walked(rest[found.end() :], value_at(value, (step,)), (*path, step))
    if not rest.startswith(".") or not isinstance(value, dict):
        return None
    for key in sorted(value, key=len, reverse=True):
        if rest.startswith(f".{key}") and rest[len(key) + 1 : len(key) + 2] in ("", ".", "["):
            found_path = _walked(rest[len(key) + 1 :], value[key], (*path, key))
            if found_path is not None:
                return found_path
    return None


def _selected(inside: str, items: list[Any]) -> Step | None:
    """The step for the text in brackets: an index, `name="c"`, or `="value"` for a set."""
    if inside.isdecimal():
        return Index(int(inside))
    pairs = tuple((found["name"], _json(found["value"])) for found in _PAIR.finditer(inside))
    if len(pairs) == 1 and not pairs[0][0]:
        return Member(pairs[0][1])
    step = Item(pairs)
    names = tuple(name for name, _ in pairs)
    return step if pairs and any(keyed(item, names) == step for item in items) else None
