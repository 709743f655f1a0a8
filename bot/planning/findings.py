"""What a person should know besides the differences: risks, conflicts with other writers, warnings, what stays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.domain.plans import Cause, Finding, Level, Verb
from bot.objects.canonical import PART_OF
from bot.objects.identity import Object, ObjectKey
from bot.objects.paths import value_at
from bot.objects.redact import Redacted, Redactor, inert
from bot.objects.risk import notes
from bot.planning.compare import Sides, Verdict
from bot.planning.fields import comparable
from bot.planning.refusing import Problem

_PERSONS = ("before-first-apply", "headlamp", "k9s", "kubectl", "lens", "Mozilla", "node-fetch", "OpenLens", "rancher")
"""How field managers begin whose writes are a person's: they do not write again by themselves."""


LONGEST = 800
"""Characters of a problem and its remedy."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One object with what was found out about it."""

    key: ObjectKey
    sides: Sides
    verdict: Verdict
    problem: Problem | None = None


def findings_of(compared: Iterable[Compared], applyset: str, redactor: Redactor) -> tuple[Finding, ...]:
    """Every finding of a target, object by object; a warning of the server that many objects bring stands once."""
    found: dict[Finding, None] = {}
    for each in compared:
        for finding in (*_of_object(each, applyset, redactor), *_warnings(each, redactor)):
            found[finding] = None
    return tuple(found)


def problem_text(problem: Problem, redactor: Redactor) -> Redacted:
    """What the server said, redacted, and what helps, which is ours."""
    said = redactor.text(problem.message).plain
    return inert(said + (f" ({problem.hint})" if problem.hint else ""), LONGEST)


def _of_object(each: Compared, applyset: str, redactor: Redactor) -> Iterator[Finding]:
    head = each.sides.head
    place = (head.file, head.line) if head else ("", 0)
    if each.problem:
        message = problem_text(each.problem, redactor)
        yield Finding(Level.WARN, each.problem.refused.why, message, each.key, each.problem.refused.field, *place)
    if each.verdict.left:
        message = inert("no longer in Git; it is left in place and stays in the inventory")
        yield Finding(Level.NOTE, "left-in-place", message, object=each.key)
    if each.verdict.write is None:
        return
    before, after = _bodies(each)
    for note in notes(before, after):
        yield Finding(Level(note.level.value), note.rule, inert(note.message), each.key, note.field, *place)
    yield from _owned_elsewhere(each, applyset)
    yield from _conflicts(each)


def _bodies(each: Compared) -> tuple[Object | None, Object | None]:
    """What lives and what will be, as the server has them; as Git has them where it was not asked."""
    sides, prediction = each.sides, each.verdict.prediction
    if prediction is None or prediction.object is None:
        return (sides.base.body if sides.base else None), (sides.head.body if sides.head else None)
    return (comparable(sides.live) if sides.live else None), comparable(prediction.object)


def _owned_elsewhere(each: Compared, applyset: str) -> Iterator[Finding]:
    """Another app's inventory holds the object: both would apply and delete it."""
    label = value_at(each.sides.live or {}, ("metadata", "labels", PART_OF))
    if isinstance(label, str) and label != applyset:
        message = inert("is in another inventory (ApplySet): take it out there first, or both would write it")
        yield Finding(Level.BLOCK, "owned-elsewhere", message, object=each.key)


def _conflicts(each: Compared) -> Iterator[Finding]:
    """Fields taken from a program that will write them again. A person's edit is no fight."""
    write = each.verdict.write
    if write is None or write.verb is Verb.TAKEOVER:
        return
    for field in write.fields:
        fighters = [name for name in field.owner.split(", ") if not name.startswith(_PERSONS)]
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
