"""What a person should know besides the differences: risks, conflicts with other writers, warnings, what stays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.domain.plans import Cause, Change, Finding, Level, Verb
from bot.domain.removals import why_kept
from bot.objects.identity import Object, ObjectKey
from bot.objects.optout import holds_data
from bot.objects.paths import str_path
from bot.objects.redact import Redacted, Redactor, inert
from bot.objects.risk import notes
from bot.objects.risk.note import RiskNote
from bot.planning.compare import Sides, Verdict
from bot.planning.fields import LONGEST, comparable
from bot.planning.owners import PERSONS, Context, owners_found
from bot.planning.refusing import Problem

MOST_NAMED = 5
"""Fields named in one sentence."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One object with what was found out about it."""

    key: ObjectKey
    sides: Sides
    verdict: Verdict
    problem: Problem | None = None


def findings_of(compared: Iterable[Compared], context: Context, redactor: Redactor) -> tuple[Finding, ...]:
    """Every finding of a target, object by object; a warning of the server that many objects bring stands once."""
    found: dict[Finding, None] = {}
    for each in compared:
        for finding in (*_of_object(each, context, redactor), *_warnings(each, redactor)):
            found[finding] = None
    return tuple(found)


def problem_text(problem: Problem, redactor: Redactor) -> Redacted:
    """What the server said, redacted, and what helps, which is ours."""
    said = redactor.text(problem.message).plain
    return inert(said + (f" ({problem.hint})" if problem.hint else ""), LONGEST)


def _of_object(each: Compared, context: Context, redactor: Redactor) -> Iterator[Finding]:
    head = each.sides.head
    place = (head.file, head.line) if head else ("", 0)
    if each.problem:
        message = problem_text(each.problem, redactor)
        yield Finding(Level.WARN, each.problem.refused.why, message, each.key, each.problem.refused.field, *place)
    if each.verdict.kept:
        message = inert(f"no longer in Git, but it is left in place: {why_kept(each.verdict.kept)}", LONGEST)
        yield Finding(Level.NOTE, "left-in-place", message, object=each.key)
    yield from _made_up(each)
    for field, said in each.verdict.doubts:
        yield Finding(Level.WARN, "schema", inert(f"will be refused on apply: {said}"), each.key, field, *place)
    yield from owners_found(each.key, each.sides, each.verdict.write, context)
    if each.verdict.write is None:
        return
    if each.verdict.write.successor:
        message = inert(f"goes once nothing uses it; {each.verdict.write.successor} takes its place")
        yield Finding(Level.NOTE, "new-hash", message, object=each.key)
        return
    before, after = _bodies(each)
    for note in _risks(before, after, each.verdict.write):
        yield Finding(_level(note, each.verdict.write), note.rule, inert(note.message), each.key, note.field, *place)
    yield from _replaced(each, redactor)
    yield from _conflicts(each)


def _made_up(each: Compared) -> Iterator[Finding]:
    """Fields that each render makes up anew: what to pin, and what is done until then."""
    head = each.sides.head
    if head is None or not head.unstable:
        return
    fields = ", ".join(str_path(path) for path in head.unstable[:MOST_NAMED])
    done = "what lives is kept" if each.sides.live else "the first value that is applied is kept"
    message = inert(f"{fields}: made up anew by each render, so {done}. Pin it in the app's values", LONGEST)
    yield Finding(Level.WARN, "unstable", message, each.key, str_path(head.unstable[0]), head.file, head.line)


def _risks(before: Object | None, after: Object | None, write: Change) -> list[RiskNote]:
    """The risks of a write. That an object is deleted is said by the danger itself, and a move takes nothing away."""
    return [] if write.verb is Verb.MOVE else [note for note in notes(before, after) if note.rule != "deletion"]


def _level(note: RiskNote, write: Change) -> Level:
    """A deletion is a danger by itself, which the kinds that take others along ask to be confirmed: said once."""
    return Level.WARN if write.verb is Verb.DELETE and note.level.value == Level.BLOCK else Level(note.level.value)


def _bodies(each: Compared) -> tuple[Object | None, Object | None]:
    """What lives and what will be, as the server has them; as Git has them where it was not asked."""
    sides, prediction = each.sides, each.verdict.prediction
    if prediction is None or prediction.object is None:
        known = sides.base.body if sides.base else None
        if sides.head is None:
            return known or (comparable(sides.live) if sides.live else None), None
        return known, sides.head.body
    return (comparable(sides.live) if sides.live else None), comparable(prediction.object)


def _replaced(each: Compared, redactor: Redactor) -> Iterator[Finding]:
    """Why an object cannot be changed in place."""
    prediction, head = each.verdict.prediction, each.sides.head
    if prediction is None or prediction.problem is None or head is None:
        return
    said = redactor.text(prediction.problem.message).plain
    lost = holds_data(each.key.of, head.body)
    how = (
        "only deleted, with the data or objects in it, and then made again"
        if lost
        else "only deleted and then made again"
    )
    message = inert(f"cannot be changed in place, {how}: {said}", LONGEST)
    yield Finding(Level.WARN, "immutable", message, each.key, prediction.problem.field, head.file, head.line)


def _conflicts(each: Compared) -> Iterator[Finding]:
    """Fields taken from a program that will write them again. A person's edit is no fight."""
    write = each.verdict.write
    if write is None or write.verb is Verb.TAKEOVER:
        return
    for field in write.fields:
        fighters = [name for name in field.owner.split(", ") if not name.startswith(PERSONS)]
        if field.cause is Cause.TAKEN_OVER and fighters:
            message = inert(
                f"is taken from {', '.join(fighters)}, which may write it again: "
                "leave it out of Git, or name it under `ignore`"
            )
            yield Finding(Level.BLOCK, "conflict", message, each.key, field.path)


def _warnings(each: Compared, redactor: Redactor) -> Iterator[Finding]:
    texts = each.verdict.prediction.warnings if each.verdict.prediction else ()
    for text in sorted(set(texts)):
        yield Finding(Level.NOTE, "api-warning", redactor.text(text))
