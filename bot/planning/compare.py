"""The four differences of one object: the pull's change, what is pending, drift, and what will be written."""

from dataclasses import dataclass, replace

from bot.domain.plans import Cause, Change, Drifted, DriftedField, Field, Verb
from bot.domain.removals import Kept
from bot.objects.canonical import PART_OF, unlabelled
from bot.objects.difference import FieldChange, difference
from bot.objects.hooks import goes_by_itself
from bot.objects.identity import Object
from bot.objects.leaves import leaf_changes, leaves_of
from bot.objects.matching import field_path
from bot.objects.ownership import MANAGER, applied_by, last_writer
from bot.objects.paths import ABSENT, Index, Path, str_path, value_at
from bot.objects.replacing import without_fields
from bot.objects.schema import Doubt
from bot.planning.fields import (
    MOST,
    Mentions,
    Telling,
    Written,
    changed,
    comparable,
    contents,
    others_of,
    shown,
    told,
    value_shown,
)
from bot.planning.foreign import foreign_fields
from bot.planning.predict import Prediction, Predictions
from bot.planning.sides import Sent


@dataclass(frozen=True, slots=True)
class Sides:
    """One object as Git has it at base and head, as we last wrote it, and as it lives. Any may be missing."""

    base: Sent | None
    head: Sent | None
    applied: Sent | None
    live: Object | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about one object. `doubts` are what a definition in Git has against it; `kept` says why one
    that Git no longer has stays. What becomes of those is told by bot/planning/removals.py."""

    change: Change | None = None
    pending: Change | None = None
    drifted: Drifted | None = None
    write: Change | None = None
    kept: Kept | None = None
    doubts: tuple[Doubt, ...] = ()
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Comparing:
    """What comparing an object needs. `ours` is false for a live object that somebody else made."""

    telling: Telling
    predictions: Predictions
    ours: bool


def compare(sides: Sides, comparing: Comparing) -> Verdict:
    """All four differences. A dry-run that the server refuses ends up in `prediction.problem`, with nothing else said.

    Raises ClusterUnreachable.
    """
    drifted = _drift(sides, comparing) if sides.applied else None
    if sides.head is None:
        return Verdict(drifted=drifted)
    prediction = comparing.predictions.of(sides.head)
    if prediction.object is None:
        return Verdict(drifted=drifted, prediction=prediction)
    change = _step(sides.base, sides.head, sides.live, comparing)
    pending = _step(sides.applied, sides.base, sides.live, comparing) if sides.base else None
    write = _onto_live(sides.head, sides.live, comparing, _last(sides))
    return Verdict(
        _without_made_up(change, sides.head),
        _without_made_up(pending, sides.base),
        drifted,
        _without_made_up(write, sides.head),
        prediction=prediction,
    )


def _without_made_up(change: Change | None, after: Sent | None) -> Change | None:
    """A change without values that the next render would make up anew: a finding names them."""
    if change is None or after is None or not after.unstable:
        return change
    names = tuple(map(str_path, after.unstable))
    inside = tuple(f"{name}{sign}" for name in names for sign in ".[")
    fields = (each for each in change.fields if each.path not in names and not each.path.startswith(inside))
    return replace(change, fields=tuple(fields))


def rendered_change(
    before: Sent | None, after: Sent | None, telling: Telling, *, checked: bool = False
) -> Change | None:
    """The difference of two renders, for when no cluster can be asked. None when they are equal, or after is gone."""
    if after is None or (before is not None and before.digest == after.digest):
        return None
    if before is None:
        return _without_made_up(created(after, telling, checked=checked), after)
    old = unlabelled(without_fields(without_fields(before.body, before.unstable), after.unstable))
    new = unlabelled(without_fields(after.body, after.unstable))
    found = leaf_changes(difference(old, new, telling.lists), telling.lists)
    fields = tuple(shown(each, telling) for _, each in found)
    return Change(telling.key, Verb.UPDATE, fields, checked) if fields or not after.unstable else None


def created(sent: Sent, telling: Telling, *, checked: bool) -> Change:
    """A new object, shown as Git has it: the server's defaults are no news."""
    return Change(telling.key, Verb.CREATE, contents(sent.body, telling), checked)


def _last(sides: Sides) -> Object:
    """What Git said when this object was last sent, as far as anybody knows."""
    return (sides.applied or sides.base or Sent({}, "", "", 0)).body


def _step(before: Sent | None, after: Sent, live: Object | None, comparing: Comparing) -> Change | None:
    """From one commit's object to another's, both as the server would have them."""
    telling = comparing.telling
    if before is not None and before.digest == after.digest:
        return None
    if before is None:
        return _onto_live(after, live, comparing, {})
    first, then = comparing.predictions.of(before), comparing.predictions.of(after)
    if first.object is None or then.object is None or (live is not None and _hidden(comparing)):
        return rendered_change(before, after, telling, checked=then.object is not None)
    fields = _between(before, after, live, comparing)
    return Change(telling.key, Verb.UPDATE, fields) if fields else None


def _between(before: Sent, after: Sent, live: Object | None, comparing: Comparing) -> tuple[Field, ...]:
    """dryrun(before) → dryrun(after), and live → dryrun(after) for what Git drops (api-answers §0.4).

    Git may drop what it no longer owns, so only the live object says what then happens.
    """
    first, then = comparing.predictions.of(before), comparing.predictions.of(after)
    telling = comparing.telling.knowing(first.object, then.object, live)
    comparing = replace(comparing, telling=telling)
    old, new = comparable(first.object), comparable(then.object)
    lives = comparable(live) if live is not None else old
    dropped = _dropped(before, after, comparing)
    found = [each for each in changed(old, new, telling.lists) if not _under(each[1].path, dropped)]
    found += [each for each in changed(lives, new, telling.lists) if _under(each[1].path, dropped)]
    written = Written(before.body, after.body, _taken(then, after.body))
    fields = told(found, written, live, telling)
    fields += _staying(before, dropped, then.object, lives, comparing)
    return tuple(sorted(fields, key=lambda field: field.path))


def _dropped(before: Sent, after: Sent, comparing: Comparing) -> set[Path]:
    """The fields that Git no longer has; a list without keys counts as one field."""
    gone = [each.path for each in difference(before.body, after.body, comparing.telling.lists) if each.after is ABSENT]
    return {path[: next((n for n, step in enumerate(path) if isinstance(step, Index)), len(path))] for path in gone}


def _under(path: Path, tops: set[Path]) -> bool:
    return any(path[:length] in tops for length in range(len(path) + 1))


def _staying(before: Sent, dropped: set[Path], then: Object | None, lives: Object, comparing: Comparing) -> list[Field]:
    """Fields that Git drops and that stay as they are, because others hold them too."""
    fields, new = [], comparable(then)
    for top in sorted(dropped, key=str_path)[:MOST]:
        for path, _ in leaves_of(top, value_at(before.body, top), comparing.telling.lists):
            value, others = value_at(new, path), others_of(then, path)
            if value is not ABSENT and others and value == value_at(lives, path):
                stays = FieldChange(path, value, value)
                fields.append(shown(stays, comparing.telling, Cause.STAYS, ", ".join(others)))
    return fields


def _taken(prediction: Prediction, body: Object) -> dict[Path, str]:
    """Who loses which field when we apply with force."""
    found: dict[Path, list[str]] = {}
    for conflict in prediction.conflicts:
        path = field_path(conflict.field, prediction.object or body) or field_path(conflict.field, body)
        if path is not None:
            found.setdefault(path, []).append(conflict.manager)
    return {path: ", ".join(sorted(set(managers))) for path, managers in found.items()}


def _onto_live(after: Sent, live: Object | None, comparing: Comparing, last: Object) -> Change | None:
    """What sending an object does to what lives. A Secret that somebody else made is never compared with live."""
    prediction = comparing.predictions.of(after)
    telling = comparing.telling.knowing(prediction.object, live)
    if live is None or prediction.object is None:
        return created(after, telling, checked=prediction.object is not None)
    verb = Verb.UPDATE if applied_by(live, MANAGER) else Verb.TAKEOVER
    if _hidden(comparing):
        return Change(telling.key, verb, contents(after.body, telling))
    same = prediction.object is live
    found = [] if same else changed(comparable(live), comparable(prediction.object), telling.lists)
    fields = told(found, Written(last, after.body, _taken(prediction, after.body)), live, telling)
    if verb is Verb.UPDATE:
        return Change(telling.key, verb, tuple(fields)) if fields else None
    theirs = foreign_fields(live, after.written or after.body, telling)
    fields += (Field(each.path, each.live, each.live, Cause.STAYS, each.manager) for each in theirs)
    return Change(telling.key, verb, tuple(fields))


def _hidden(comparing: Comparing) -> bool:
    return comparing.telling.key.kind == "Secret" and not comparing.telling.key.group and not comparing.ours


def _drift(sides: Sides, comparing: Comparing) -> Drifted | None:
    telling, live, applied = comparing.telling, sides.live, sides.applied
    if applied is None or _hidden(comparing):
        return None
    if live is None:
        return None if goes_by_itself(applied.body) else Drifted(telling.key, (), gone=True)
    ours = comparing.predictions.of(applied)
    if ours.object is None:
        return None
    telling = telling.knowing(ours.object, live)
    fields = [_drifted_field(each, live, telling) for each in _put_back(live, ours.object, applied, telling)]
    if applied_by(live, MANAGER):
        fields += _lost_label(applied.body, live, telling)
        fields += foreign_fields(live, applied.written or applied.body, telling)
    return Drifted(telling.key, tuple(fields)) if fields else None


def _put_back(live: Object, ours: Object, applied: Sent, telling: Telling) -> list[FieldChange]:
    """What writing the same again would change, without defaults that the server fills into what we add."""
    found = [] if ours is live else changed(comparable(live), comparable(ours), telling.lists)
    if not found:
        return []
    said = Mentions(applied.body, telling.lists)
    news = [each for top, each in found if each.before is not ABSENT or each.path in said or top not in said]
    return news[:MOST]


def _drifted_field(each: FieldChange, live: Object, telling: Telling) -> DriftedField:
    owner = last_writer(live, each.path)
    theirs = owner if owner and owner.manager != MANAGER else None
    return DriftedField(
        telling.redactor.path(telling.key, each.path),
        value_shown(each.path, each.before, telling),
        value_shown(each.path, each.after, telling),
        theirs.manager if theirs else "",
        (theirs.time or "") if theirs else "",
    )


def _lost_label(body: Object, live: Object, telling: Telling) -> list[DriftedField]:
    """Our label binds the object to its inventory, so losing it is drift although no difference shows it."""
    path: Path = ("metadata", "labels", PART_OF)
    ours, theirs = value_at(body, path), value_at(live, path)
    return [] if ours == theirs else [_drifted_field(FieldChange(path, theirs, ours), live, telling)]
