"""The plan of one target: its objects observed and compared, problems explained, the row put together."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from bot.domain.plans import Finding, Level, TargetPlan, TargetState
from bot.domain.subjects import Target
from bot.objects.identity import Kind, Object, ObjectKey, kind_of
from bot.objects.ownership import MANAGER, applied_by
from bot.objects.paths import str_path
from bot.objects.ranges import cut_down
from bot.objects.redact import Redacted, Redactor, inert
from bot.planning.compare import Comparing, Sides, Verdict, compare, rendered_change
from bot.planning.fields import LONGEST, Telling
from bot.planning.findings import Compared, findings_of, problem_text
from bot.planning.hooks import hook_notes, hooks_compared
from bot.planning.ignoring import heeded
from bot.planning.moves import arrived
from bot.planning.observe import WORKERS, Observed, Wanted, observe
from bot.planning.owners import Context
from bot.planning.predict import Predictions
from bot.planning.refusing import NEEDED, Problem, Refusing, Upcoming, newly_doubted, refused_verdict
from bot.planning.removals import Asking, Removing, command_dangers, with_removals
from bot.planning.renames import renamed
from bot.planning.sides import Sent, Side, declared
from bot.planning.verifying import Verifying
from bot.ports.clusters import ClusterUnreachable, PlanCluster, Refusal, Refused


@dataclass(frozen=True, slots=True)
class Question:
    """One target as Git has it on both sides and as we last wrote it, and whom to ask.

    `final` says that the identity asked is the one that will apply, so that its no is the last word. What is in
    `verifying` is not asked about again; whoever decides about writing asks without it. `whose` tells which target of
    the config has an ApplySet id, if any.
    """

    target: Target
    base: Side
    head: Side
    applied: Mapping[ObjectKey, Sent]
    redactor: Redactor
    applyset: str
    cluster: PlanCluster | None
    upcoming: Upcoming = field(default_factory=Upcoming)
    why_unchecked: str = ""
    final: bool = False
    verifying: Verifying | None = None
    removing: Removing = field(default_factory=Removing)
    whose: Callable[[str], str] = lambda _: ""


def plan_target(question: Question) -> TargetPlan:
    """The row of a target. Without a cluster, or with one that does not answer: the rendered difference, unchecked."""
    if question.cluster is not None:
        try:
            return _asked(question, question.cluster)
        except ClusterUnreachable as unreachable:
            return _rendered(question, str(unreachable))
    return _rendered(question, question.why_unchecked)


def _rendered(question: Question, why: str) -> TargetPlan:
    compared = [_rendered_one(key, question) for key in sorted({*question.base.objects, *question.head.objects})]
    compared = with_removals(compared, question.removing, Asking(None, question.redactor))
    compared += hooks_compared(question.base, question.head, question.redactor, None)
    row = _row(question, compared)
    if not (row.changes or why):
        return row
    return replace(row, state=TargetState.UNCHECKED, error=question.redactor.text(why) if why else None)


def _rendered_one(key: ObjectKey, question: Question) -> Compared:
    base, head = question.base.objects.get(key), question.head.objects.get(key)
    change = rendered_change(base, head, Telling(key, question.redactor))
    return Compared(key, Sides(base, head, None, None), Verdict(change=change, write=change))


def _asked(question: Question, cluster: PlanCluster) -> TargetPlan:
    keys = sorted({each.key for each in _wanted(question)})
    observed = observe(cluster, _wanted(question), question.applyset)
    posed = [_posed(key, question, observed, cluster) for key in keys]
    with ThreadPoolExecutor(WORKERS) as pool:
        # What needs no call is compared right here: threads would only stand in each other's way.
        pending = [None if each.verified else pool.submit(_compare_one, each, question, observed) for each in posed]
        answers = zip(posed, pending, strict=True)
        compared = [each.result() if each else _compare_one(one, question, observed) for one, each in answers]
    asking = Asking(cluster, question.redactor, observed.hidden, question.final)
    removing = question.removing
    compared = arrived(with_removals(compared, removing, asking), removing.coming, renamed=removing.renamed)
    refusing = Refusing(cluster, question.upcoming, question.final)
    compared += hooks_compared(question.base, question.head, question.redactor, refusing)
    return _row(question, compared)


def _wanted(question: Question) -> list[Wanted]:
    """Every object of any side once, in the version of the newest side that has it."""
    rows = question.removing.rows or {}
    versions = {key: row.api_version.rpartition("/")[2] for key, row in rows.items()}
    for objects in (question.applied, question.base.objects, question.head.objects):
        versions |= {key: sent.body["apiVersion"].rpartition("/")[2] for key, sent in objects.items()}
    return [Wanted(key, version) for key, version in versions.items()]


@dataclass(frozen=True, slots=True)
class _Posed:
    """One object's sides, and whether it is known without a call what the server makes of them."""

    key: ObjectKey
    sides: Sides
    predictions: Predictions
    cluster: PlanCluster

    @property
    def verified(self) -> bool:
        sides = self.sides
        return all(self.predictions.known(each) for each in (sides.applied, sides.base, sides.head) if each)


def _posed(key: ObjectKey, question: Question, observed: Observed, cluster: PlanCluster) -> _Posed:
    live = observed.live.get(key)
    objects = (question.base.objects, question.head.objects, question.applied)
    sides = (side.get(key) for side in objects)
    base, head, applied = (heeded(sent, live, question.head.ignore) if sent else None for sent in sides)
    predictions = Predictions(cluster, live, question.verifying, question.final)
    return _Posed(key, Sides(base, head, applied, live), predictions, cluster)


def _compare_one(posed: _Posed, question: Question, observed: Observed) -> Compared:
    key, sides, cluster = posed.key, posed.sides, posed.cluster
    ours = sides.applied is not None and sides.live is not None and applied_by(sides.live, MANAGER)
    comparing = Comparing(Telling(key, question.redactor), posed.predictions, ours)
    refused = observed.hidden.get(key)
    if key.of in observed.unserved:
        refused = _unserved(sides, cluster) or refused
    verdict = Verdict()
    if refused is None:
        verdict = compare(sides, comparing)
        refused = verdict.prediction.problem if verdict.prediction else None
        refused = refused or _cut_down(sides.head, verdict)
    refusing = Refusing(cluster, question.upcoming, question.final)
    if refused is None:
        return Compared(key, sides, replace(verdict, doubts=newly_doubted(sides.head, refusing)))
    said, problem = refused_verdict(sides, comparing, refused, refusing)
    return Compared(key, sides, replace(said, drifted=verdict.drifted), problem)


def _cut_down(head: Sent | None, verdict: Verdict) -> Refused | None:
    """A refusal of our own, for a number that the server would take and store as another one."""
    stored = verdict.prediction.object if verdict.prediction else None
    found = cut_down(head.body, stored) if head and stored else ()
    if not found:
        return None
    field = str_path(found[0])
    said = f"{field} is too large a number for its field: the server would store another"
    return Refused(Refusal.INVALID, said, field)


def _unserved(sides: Sides, cluster: PlanCluster) -> Refused | None:
    """Why nobody can be asked about an object: its kind is not served, or not in the version that it is written in."""
    sent = sides.head or sides.base or sides.applied
    if sent is None:
        return None
    kind, version = kind_of(sent.body), sent.body["apiVersion"]
    if cluster.resource(kind, version.rpartition("/")[2]):
        return None
    other = cluster.resource(kind)
    said = f"the kind {kind}" if other is None else f"{kind.kind} in {version}, only in {other.api_version}"
    return Refused(Refusal.NO_KIND, f"the cluster does not serve {said}")


def _row(question: Question, compared: list[Compared]) -> TargetPlan:
    compared = renamed(compared, question.redactor)
    verdicts = [each.verdict for each in compared]
    changes = tuple(verdict.change for verdict in verdicts if verdict.change)
    context = Context(question.applyset, question.head.takeover_from, question.whose)
    problem = next((each.problem for each in compared if each.problem), None)
    state = TargetState.ERROR if problem else TargetState.CHANGES if changes else TargetState.UNCHANGED
    return TargetPlan(
        question.target,
        state,
        error=_error(problem, question.redactor) if problem else None,
        error_file=problem.file if problem else "",
        error_line=problem.line if problem else 0,
        changes=changes,
        pending=tuple(verdict.pending for verdict in verdicts if verdict.pending),
        drifted=tuple(verdict.drifted for verdict in verdicts if verdict.drifted),
        writes=tuple(verdict.write for verdict in verdicts if verdict.write),
        findings=_skipped(question)
        + tuple(hook_notes(question.head))
        + findings_of(compared, context, question.redactor),
        identity=question.head.identity,
        command=command_dangers(compared, question.removing),
    )


def _error(problem: Problem, redactor: Redactor) -> Redacted:
    return inert(f"{problem.object}: {problem_text(problem, redactor).plain}", LONGEST)


def _skipped(question: Question) -> tuple[Finding, ...]:
    """Hooks of other tools that are never applied, told where the head has them."""
    return tuple(
        Finding(Level.NOTE, "hook", inert(why), key, file=sent.file, line=sent.line)
        for key, (sent, why) in question.head.skipped.items()
    )


def upcoming_of(sides: list[Side]) -> Upcoming:
    """What these heads bring along that others of them wait for."""
    namespaces: set[str] = set()
    kinds: dict[Kind, Object] = {}
    for side in sides:
        for key, sent in side.objects.items():
            if key.of == Kind("", "Namespace"):
                namespaces.add(key.name)
            kind = declared(sent.body)
            if kind is not None:
                kinds[kind] = sent.body
    needed = frozenset(key for side in sides for key in side.objects if key.of in NEEDED)
    return Upcoming(frozenset(namespaces), kinds, needed)


def unplanned(target: Target, state: TargetState, message: str, place: tuple[str, int] = ("", 0)) -> TargetPlan:
    """A row that could not be planned, with why (our own words, or a renderer's), file and line."""
    return TargetPlan(target, state, error=inert(message, LONGEST), error_file=place[0], error_line=place[1])
