"""The plan of one target: its objects observed and compared, problems explained, the row put together."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bot.domain.plans import Change, Finding, Level, TargetPlan, TargetState, Verb
from bot.domain.subjects import Target
from bot.objects.identity import Kind, ObjectKey
from bot.objects.redact import Redactor
from bot.planning.compare import Comparing, Sides, Verdict, compare, created, rendered_change
from bot.planning.observe import WORKERS, Observed, Wanted, observe
from bot.planning.predict import Predictions
from bot.planning.sides import Sent, Side
from bot.ports.clusters import ClusterUnreachable, PlanCluster, Refusal, Refused


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What does not exist yet but will, through the same plan: namespaces, and kinds by their CRDs."""

    namespaces: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """One target as Git has it on both sides and as we last wrote it, and whom to ask."""

    target: Target
    base: Side
    head: Side
    applied: Mapping[ObjectKey, Sent]
    redactor: Redactor
    applyset: str
    cluster: PlanCluster | None
    upcoming: Upcoming = field(default_factory=Upcoming)
    why_unchecked: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one object cannot be planned."""

    object: ObjectKey
    refused: Refused
    file: str
    line: int


def plan_target(question: Question) -> TargetPlan:
    """The row of a target. Without a cluster, or with one that does not answer: the rendered difference, unchecked."""
    if question.cluster is not None:
        try:
            return _asked(question, question.cluster)
        except ClusterUnreachable as unreachable:
            return _rendered(question, str(unreachable))
    return _rendered(question, question.why_unchecked)


def _rendered(question: Question, why: str) -> TargetPlan:
    changes = tuple(
        change
        for key in sorted({*question.base.objects, *question.head.objects})
        if (change := _rendered_one(key, question))
    )
    return TargetPlan(
        question.target,
        TargetState.UNCHECKED if changes or why else TargetState.UNCHANGED,
        error=question.redactor.text(why) if why else None,
        changes=changes,
        writes=changes,
        findings=_left_findings(question, question.base.objects.keys() - question.head.objects.keys()),
        identity=question.head.identity,
    )


def _rendered_one(key: ObjectKey, question: Question) -> Change | None:
    base, head = question.base.objects.get(key), question.head.objects.get(key)
    return rendered_change(base, head, key, question.redactor)


def _asked(question: Question, cluster: PlanCluster) -> TargetPlan:
    keys = sorted({*question.base.objects, *question.head.objects, *question.applied})
    observed = observe(cluster, _wanted(question), question.applyset)
    with ThreadPoolExecutor(WORKERS) as pool:
        verdicts = list(pool.map(lambda key: _compare_one(key, question, observed, cluster), keys))
    problems = [problem for _, problem in verdicts if problem]
    said = [verdict for verdict, _ in verdicts]
    left = [key for key, (verdict, _) in zip(keys, verdicts, strict=True) if verdict.left]
    return _row(question, said, problems, left)


def _wanted(question: Question) -> list[Wanted]:
    """Every object of any side once, in the version of the newest side that has it."""
    versions: dict[ObjectKey, str] = {}
    for objects in (question.applied, question.base.objects, question.head.objects):
        versions |= {key: sent.body["apiVersion"].rpartition("/")[2] for key, sent in objects.items()}
    return [Wanted(key, version) for key, version in versions.items()]


def _compare_one(
    key: ObjectKey, question: Question, observed: Observed, cluster: PlanCluster
) -> tuple[Verdict, Problem | None]:
    comparing = Comparing(key, Predictions(cluster), question.redactor)
    head = question.head.objects.get(key)
    sides = Sides(question.base.objects.get(key), head, question.applied.get(key), observed.live.get(key))
    unserved, hidden = key.of in observed.unserved, observed.hidden.get(key)
    if unserved or hidden:
        refused = hidden or Refused(Refusal.NO_KIND, 404, f"the cluster does not serve the kind {key.of}")
        return _refused(comparing, sides, refused, question)
    verdict = compare(sides, comparing)
    if verdict.prediction and verdict.prediction.problem:
        return _refused(comparing, sides, verdict.prediction.problem, question)
    return verdict, None


def _refused(
    comparing: Comparing, sides: Sides, refused: Refused, question: Question
) -> tuple[Verdict, Problem | None]:
    """What a refusal means: checked only on apply, a replacement, or a problem of this object."""
    key, head = comparing.key, sides.head
    if head is None:
        return Verdict(left=True), None
    awaited = (refused.why == Refusal.NO_NAMESPACE and key.namespace in question.upcoming.namespaces) or (
        refused.why in (Refusal.NO_KIND, Refusal.FORBIDDEN) and key.of in question.upcoming.kinds
    )
    if awaited or (refused.why == Refusal.FORBIDDEN and key.namespace in question.upcoming.namespaces):
        later = created(head, comparing, checked=False)
        return Verdict(change=None if sides.base and sides.base.digest == head.digest else later, write=later), None
    if refused.why == Refusal.IMMUTABLE:
        change = rendered_change(sides.base, head, key, question.redactor)
        replace = Change(key, Verb.REPLACE, change.fields if change else (), checked=True)
        return Verdict(change=replace, write=replace), None
    return Verdict(), Problem(key, refused, head.file, head.line)


def _row(question: Question, said: list[Verdict], problems: list[Problem], left: list[ObjectKey]) -> TargetPlan:
    changes = tuple(verdict.change for verdict in said if verdict.change)
    writes = tuple(verdict.write for verdict in said if verdict.write)
    first = problems[0] if problems else None
    state = TargetState.ERROR if first else TargetState.CHANGES if changes else TargetState.UNCHANGED
    text = question.redactor.text
    return TargetPlan(
        question.target,
        state,
        error=text(f"{first.object}: {first.refused.message}") if first else None,
        error_file=first.file if first else "",
        error_line=first.line if first else 0,
        changes=changes,
        pending=tuple(verdict.pending for verdict in said if verdict.pending),
        drifted=tuple(verdict.drifted for verdict in said if verdict.drifted),
        writes=writes,
        findings=_left_findings(question, left) + _problem_findings(question, problems) + _warnings(question, said),
        identity=question.head.identity,
    )


def _left_findings(question: Question, left: object) -> tuple[Finding, ...]:
    keys: list[ObjectKey] = sorted(left)  # type: ignore[call-overload]
    message = question.redactor.text("no longer in Git; it is left in place and stays in the inventory")
    return tuple(Finding(Level.NOTE, "left-in-place", message, object=key) for key in keys)


def _problem_findings(question: Question, problems: list[Problem]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            Level.WARN,
            p.refused.why,
            question.redactor.text(p.refused.message),
            p.object,
            p.refused.field,
            p.file,
            p.line,
        )
        for p in problems
    )


def _warnings(question: Question, said: list[Verdict]) -> tuple[Finding, ...]:
    texts = sorted({text for verdict in said if verdict.prediction for text in verdict.prediction.warnings})
    return tuple(Finding(Level.NOTE, "api-warning", question.redactor.text(text)) for text in texts)


def upcoming_of(sides: list[Side]) -> Upcoming:
    """The namespaces and kinds that these heads bring along."""
    namespaces, kinds = set(), set()
    for side in sides:
        for key, sent in side.objects.items():
            if key.of == Kind("", "Namespace"):
                namespaces.add(key.name)
            if key.of == Kind("apiextensions.k8s.io", "CustomResourceDefinition"):
                spec = sent.body.get("spec", {})
                kinds.add(Kind(str(spec.get("group", "")), str(spec.get("names", {}).get("kind", ""))))
    return Upcoming(frozenset(namespaces), frozenset(kinds))


def unplanned(
    target: Target, state: TargetState, message: str, place: tuple[str, int], redactor: Redactor
) -> TargetPlan:
    """A row that could not be planned, with why, file and line."""
    return TargetPlan(target, state, error=redactor.text(message), error_file=place[0], error_line=place[1])
