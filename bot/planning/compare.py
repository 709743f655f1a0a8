"""The four differences of one object: the pull's change, what is pending, drift, and what will be written."""

from dataclasses import dataclass

from bot.domain.plans import Cause, Change, Drifted, DriftedField, Field, Verb
from bot.objects.canonical import unlabelled
from bot.objects.difference import ABSENT, FieldChange, difference
from bot.objects.identity import Object, ObjectKey
from bot.objects.live import strip_live
from bot.objects.ownership import applied_by, last_writer
from bot.objects.paths import Path, str_path, value_at
from bot.objects.redact import Redacted, Redactor
from bot.planning.predict import Prediction, Predictions
from bot.planning.sides import Sent

MANAGER = "plumbline"


@dataclass(frozen=True, slots=True)
class Sides:
    """One object as Git has it at base and head, as we last wrote it, and as it lives. Any may be missing."""

    base: Sent | None
    head: Sent | None
    applied: Sent | None
    live: Object | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about one object."""

    change: Change | None = None
    pending: Change | None = None
    drifted: Drifted | None = None
    write: Change | None = None
    left: bool = False
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Comparing:
    """What comparing an object needs: its key, its dry-runs, and the redactor every value passes."""

    key: ObjectKey
    predictions: Predictions
    redactor: Redactor


def compare(sides: Sides, comparing: Comparing) -> Verdict:
    """All four differences. A dry-run that the server refuses ends up in `prediction.problem`, with nothing else said.

    Raises ClusterUnreachable.
    """
    drifted = _drift(sides, comparing)
    pending = _pending(sides, comparing)
    if sides.head is None:
        return Verdict(drifted=drifted, left=sides.base is not None or sides.applied is not None)
    prediction = comparing.predictions.of(sides.head)
    if prediction.object is None:
        return Verdict(drifted=drifted, prediction=prediction)
    change = _change(sides, prediction, comparing)
    write = _write(sides, prediction, comparing)
    return Verdict(change, pending, drifted, write, prediction=prediction)


def rendered_change(before: Sent | None, after: Sent | None, key: ObjectKey, redactor: Redactor) -> Change | None:
    """The difference of two renders, for when no cluster can be asked. None when they are equal, or after is gone."""
    if after is None or (before is not None and before.digest == after.digest):
        return None
    if before is None:
        return Change(key, Verb.CREATE, _contents(after, key, redactor), checked=False)
    changes = difference(unlabelled(before.body), unlabelled(after.body), key.of)
    return Change(key, Verb.UPDATE, _fields(changes, key, redactor), checked=False)


def created(sent: Sent, comparing: Comparing, checked: bool) -> Change:
    """A new object, shown as Git has it: the server's defaults are no news."""
    return Change(comparing.key, Verb.CREATE, _contents(sent, comparing.key, comparing.redactor), checked)


def _change(sides: Sides, prediction: Prediction, comparing: Comparing) -> Change | None:
    head, base = sides.head, sides.base
    if head is None or (base is not None and base.digest == head.digest):
        return None
    if base is None:
        if sides.live is None:
            return created(head, comparing, checked=True)
        verb = Verb.UPDATE if applied_by(sides.live, MANAGER) else Verb.TAKEOVER
        return _update(verb, sides.live, prediction, comparing)
    before = comparing.predictions.of(base)
    if before.object is None:
        return rendered_change(base, head, comparing.key, comparing.redactor)
    found = _difference(before.object, prediction.object, comparing.key)
    fields = _caused(found, sides, prediction, comparing)
    return Change(comparing.key, Verb.UPDATE, fields) if fields else None


def _caused(
    found: tuple[FieldChange, ...], sides: Sides, prediction: Prediction, comparing: Comparing
) -> tuple[Field, ...]:
    """Fields of dryrun(B) → dryrun(H), with the paths that H drops judged against what lives (api-answers §0.4)."""
    dropped = _dropped(sides, comparing.key)
    fields = [_field(each, comparing, _cause(each.path, prediction)) for each in found if each.path not in dropped]
    live = strip_live(unlabelled(sides.live)) if sides.live else {}
    after = strip_live(unlabelled(prediction.object or {}))
    for path in dropped:
        was, becomes = value_at(live, path), value_at(after, path)
        if was is ABSENT and becomes is ABSENT:
            base = value_at(sides.base.body if sides.base else {}, path)
            fields.append(_field(FieldChange(path, base, ABSENT), comparing, Cause.GIT))
        elif was == becomes:
            owner = last_writer(sides.live or {}, path)
            stays = _field(FieldChange(path, was, becomes), comparing, Cause.STAYS, owner.manager if owner else "")
            fields.append(stays)
        else:
            fields.append(_field(FieldChange(path, was, becomes), comparing, Cause.GIT))
    return tuple(fields)


def _dropped(sides: Sides, key: ObjectKey) -> list[Path]:
    if sides.base is None or sides.head is None:
        return []
    return [each.path for each in difference(sides.base.body, sides.head.body, key.of) if each.after is ABSENT]


def _cause(path: Path, prediction: Prediction) -> Cause:
    taken = any(conflict.field.lstrip(".") == str_path(path) for conflict in prediction.conflicts)
    return Cause.TAKEN_OVER if taken else Cause.GIT


def _pending(sides: Sides, comparing: Comparing) -> Change | None:
    base, applied = sides.base, sides.applied
    if base is None or (applied is not None and applied.digest == base.digest):
        return None
    after = comparing.predictions.of(base)
    if applied is None:
        if sides.live is None or after.object is None:
            return created(base, comparing, checked=after.object is not None)
        verb = Verb.UPDATE if applied_by(sides.live, MANAGER) else Verb.TAKEOVER
        return _update(verb, sides.live, after, comparing)
    before = comparing.predictions.of(applied)
    if before.object is None or after.object is None:
        return rendered_change(applied, base, comparing.key, comparing.redactor)
    fields = _fields(_difference(before.object, after.object, comparing.key), comparing.key, comparing.redactor)
    return Change(comparing.key, Verb.UPDATE, fields) if fields else None


def _drift(sides: Sides, comparing: Comparing) -> Drifted | None:
    if sides.applied is None:
        return None
    if sides.live is None:
        return Drifted(comparing.key, (), gone=True)
    ours = comparing.predictions.of(sides.applied)
    if ours.object is None:
        return None
    found = _difference(sides.live, ours.object, comparing.key)
    fields = tuple(_drifted_field(each, sides.live, comparing) for each in found)
    return Drifted(comparing.key, fields) if fields else None


def _drifted_field(each: FieldChange, live: Object, comparing: Comparing) -> DriftedField:
    owner = last_writer(live, each.path)
    return DriftedField(
        str_path(each.path),
        _shown(each.before, each.path, comparing.key, comparing.redactor),
        _shown(each.after, each.path, comparing.key, comparing.redactor),
        owner.manager if owner and owner.manager != MANAGER else "",
        (owner.time or "") if owner and owner.manager != MANAGER else "",
    )


def _write(sides: Sides, prediction: Prediction, comparing: Comparing) -> Change | None:
    if sides.live is None:
        return created(sides.head, comparing, checked=True) if sides.head else None
    verb = Verb.UPDATE if applied_by(sides.live, MANAGER) else Verb.TAKEOVER
    return _update(verb, sides.live, prediction, comparing)


def _update(verb: Verb, before: Object, prediction: Prediction, comparing: Comparing) -> Change | None:
    found = _difference(before, prediction.object, comparing.key)
    fields = tuple(_field(each, comparing, _cause(each.path, prediction)) for each in found)
    return Change(comparing.key, verb, fields) if fields or verb is Verb.TAKEOVER else None


def _difference(before: Object | None, after: Object | None, key: ObjectKey) -> tuple[FieldChange, ...]:
    return difference(strip_live(unlabelled(before or {})), strip_live(unlabelled(after or {})), key.of)


def _contents(sent: Sent, key: ObjectKey, redactor: Redactor) -> tuple[Field, ...]:
    body = unlabelled(sent.body)
    named = {name: body["metadata"][name] for name in ("name", "namespace") if name in body["metadata"]}
    skeleton = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": named}
    return _fields(difference(skeleton, body, key.of), key, redactor)


def _fields(changes: tuple[FieldChange, ...], key: ObjectKey, redactor: Redactor) -> tuple[Field, ...]:
    return tuple(
        Field(str_path(c.path), _shown(c.before, c.path, key, redactor), _shown(c.after, c.path, key, redactor))
        for c in changes
    )


def _field(change: FieldChange, comparing: Comparing, cause: Cause, owner: str = "") -> Field:
    before = _shown(change.before, change.path, comparing.key, comparing.redactor)
    after = _shown(change.after, change.path, comparing.key, comparing.redactor)
    return Field(str_path(change.path), before, after, cause, owner)


def _shown(value: object, path: Path, key: ObjectKey, redactor: Redactor) -> Redacted | None:
    return None if value is ABSENT else redactor.value(key, path, value)
