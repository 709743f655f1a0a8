"""Hooks in a plan: shown as what they are. One never is drift nor pending, since each commit runs its own."""

from collections.abc import Iterator

from bot.domain.plans import Finding, Level
from bot.objects.canonical import digest
from bot.objects.hooks import Phase, has_its_turn, phase_of, run_of
from bot.objects.identity import Object, ObjectKey
from bot.objects.redact import Redactor, inert
from bot.planning.compare import Comparing, Sides, Verdict, rendered_change
from bot.planning.fields import Telling
from bot.planning.findings import Compared
from bot.planning.predict import Predictions
from bot.planning.refusing import Refusing, refused_verdict
from bot.planning.sides import Sent, Side

_NO_COMMIT = "0" * 40
"""Stands in a dry-run for the commit that merging will make."""
_WHEN = {
    Phase.BEFORE: "runs once per commit, before anything that runs is applied",
    Phase.AFTER: "runs once per commit, after everything is healthy",
}


def hooks_compared(base: Side, head: Side, redactor: Redactor, refusing: Refusing | None) -> list[Compared]:
    """What the pull changes about hooks; one that it changes is tried on the server, when there is one to ask.

    Raises ClusterUnreachable.
    """
    keys = sorted({*base.hooks, *head.hooks})
    sides = [(key, Sides(base.hooks.get(key), head.hooks.get(key), None, None)) for key in keys]
    return [_compared(key, each, Telling(key, redactor), refusing) for key, each in sides]


def hook_notes(head: Side) -> Iterator[Finding]:
    """When each hook of the head has its turn."""
    for key, sent in sorted(head.hooks.items()):
        phase = phase_of(sent.body)
        if phase is not None:
            said = inert(_WHEN[phase] + _only(sent.body))
            yield Finding(Level.NOTE, "hook", said, key, file=sent.file, line=sent.line)


def _only(body: Object) -> str:
    """For a hook of Helm's, whether it waits for a first deployment, or for those after it."""
    if not has_its_turn(body, installs=False):
        return ", only when nothing of the target is there yet"
    return "" if has_its_turn(body, installs=True) else ", only when the target was there before"


def _compared(key: ObjectKey, sides: Sides, telling: Telling, refusing: Refusing | None) -> Compared:
    base, head = sides.base, sides.head
    if head is None or (base is not None and base.digest == head.digest and not (refusing and refusing.final)):
        return Compared(key, sides, Verdict())
    change = rendered_change(base, head, telling, checked=refusing is not None)
    plain = Compared(key, sides, Verdict(change=change, write=change))
    if refusing is None:
        return plain
    predictions = Predictions(refusing.cluster)
    refused = predictions.of(_tried(head)).problem
    if refused is None:
        return plain
    verdict, problem = refused_verdict(sides, Comparing(telling, predictions, ours=False), refused, refusing)
    return Compared(key, sides, verdict, problem)


def _tried(sent: Sent) -> Sent:
    body = run_of(sent.body, _NO_COMMIT, 1)
    return Sent(body, digest(body), sent.file, sent.line)
