"""Objects in comments: one fenced difference per changed object, one list entry per drifted one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.comments.markdown import code, counted, diff, label, named
from bot.comments.parts import Item
from bot.comments.phrases import VERBS, cause
from bot.domain.plans import Change, Drifted, DriftedField, Field, TargetPlan, TargetState, Verb
from bot.objects.redact import Redacted, inert

LINES = 120
"""Lines of one object's difference that a comment shows."""

_MARKS = {Verb.CREATE: "+", Verb.DELETE: "-"}
_LEFT_OUT = "  …"
_RISKY = (Verb.DELETE, Verb.REPLACE, Verb.TAKEOVER)


def riskiest(changes: Iterable[Change]) -> list[Change]:
    """Dangerous ones first, then the smallest."""
    return sorted(changes, key=lambda each: (each.verb not in _RISKY, len(each.fields), each.object))


def shown_changes(row: TargetPlan) -> tuple[Change, ...]:
    """A row's own changes. Where the whole row was not checked, its objects do not say so one by one."""
    if row.state is not TargetState.UNCHECKED:
        return row.changes
    return tuple(replace(change, checked=True) for change in row.changes)


def change_item(change: Change) -> Item:
    """One object's change."""
    lines = list(diff_lines(change))
    heading = f"{named(change.object)} · {VERBS[change.verb]}"
    if change.successor is not None:
        heading += f", once nothing uses it; {named(change.successor)} takes its place"
    if not change.checked:
        heading += " · _checked on apply_"
    short = ", ".join([heading, *([counted(len(change.fields), "field")] if change.fields else [])])
    if not lines:
        return Item(heading, short)
    left = len(lines) - LINES
    if left > 0:
        lines = [*lines[:LINES], f"@@ {left:,} more lines @@"]
    return Item(f"{heading}\n{diff(lines)}", short)


def diff_lines(change: Change) -> Iterable[str]:
    """The lines of a difference. Each begins with `+`, `-`, `@@` or a blank, whatever the values hold."""
    mark = _MARKS.get(change.verb)
    for field in change.fields:
        if mark and (field.before is None or field.after is None):
            yield from _single(mark, field)
        else:
            yield from _pair(field)


def _single(mark: str, field: Field) -> Iterable[str]:
    value = field.after if mark == "+" else field.before
    path = inert(field.path).plain
    if field.lines:
        yield f"{mark} {path}:"
        yield from (f"{mark}   {line.text.plain}" for line in field.lines)
        return
    yield f"{mark} {path}: {value.plain if value else ''}" if path else f"{mark} {value.plain if value else ''}"


def _pair(field: Field) -> Iterable[str]:
    why = cause(field.cause, inert(field.owner).plain)
    yield f"@@ {inert(field.path).plain or 'the whole object'} @@{f' {why}' if why else ''}"
    if field.before == field.after and field.before is not None:
        yield f"  {field.before.plain}"
        return
    if field.lines:
        yield from (_LEFT_OUT if line.mark == "@" else f"{line.mark} {line.text.plain}" for line in field.lines)
        return
    if field.before is not None:
        yield f"- {field.before.plain}"
    if field.after is not None:
        yield f"+ {field.after.plain}"


def drifted_item(drifted: Drifted) -> Item:
    """One drifted object: field, live value, ours, and who changed it when."""
    if drifted.gone:
        entry = f"- {named(drifted.object)} was deleted"
        return Item(entry, entry.removeprefix("- "))
    entries = [f"- {named(drifted.object)}", *(f"  - {_drifted_field(each)}" for each in drifted.fields[:LINES])]
    if len(drifted.fields) > LINES:
        entries.append(f"  - and {len(drifted.fields) - LINES:,} more fields")
    return Item("\n".join(entries), f"{named(drifted.object)}, {counted(len(drifted.fields), 'field')}")


def _drifted_field(each: DriftedField) -> str:
    said = f"{named(each.path)}: live {_value(each.live)}, ours {_value(each.ours)}"
    if each.foreign:
        said = f"{named(each.path)}{f': {_value(each.live)}' if each.live else ''}, not in Git and left alone"
    by = f" – by {named(each.manager)}" if each.manager else ""
    return f"{said}{by}{f' at {label(_time(each.time))}' if each.time else ''}"


def _time(stamp: str) -> str:
    """`2026-11-22T10:04:31Z` as people write it."""
    return stamp[:16].replace("T", " ") + " UTC" if stamp.endswith("Z") and len(stamp) == 20 else stamp


def _value(value: Redacted | None) -> str:
    return code(value) if value is not None else "nothing"


def lines_of(items: Sequence[Item]) -> int:
    """How many lines people would scroll over."""
    return sum(item.full.count("\n") + 1 for item in items)
