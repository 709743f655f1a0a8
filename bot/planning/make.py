"""Makes the plan of a pull, or of any two commits: every touched target rendered, observed, compared, in one Plan."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache

from bot.domain.config import Config
from bot.domain.errors import UserMistake
from bot.domain.grants import Grant
from bot.domain.plans import Finding, Level, Plan, TargetPlan, TargetState
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.objects.canonical import digest
from bot.objects.kinds import is_namespaced
from bot.objects.redact import Redactor, inert
from bot.planning.access import Access, Accesses
from bot.planning.applied import applied_objects
from bot.planning.configs import Configs, configs_of
from bot.planning.fields import LONGEST
from bot.planning.moves import Holding, Moves, former, moves_among, renamed
from bot.planning.previews import config_findings
from bot.planning.refusing import Upcoming
from bot.planning.removals import removing_of, retiring
from bot.planning.rendering import Rendering, Tree, tree_at
from bot.planning.sides import EMPTY, NotTaken, Ready, Scope, Side, make_side
from bot.planning.target_plan import Question, plan_target, unplanned, upcoming_of
from bot.planning.touched import touched
from bot.ports.clusters import ClusterUnreachable, PlanCluster
from bot.ports.renderer import Setting

AT_ONCE = 4
"""Targets worked on side by side: most of the time they wait for a renderer's process or the API server."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan: base is the tip merged into, merged is base⊕head, head the commit people see.

    `only` narrows to some targets; `everything` plans untouched targets too.
    """

    repository: Repository
    base: str
    merged: str
    head: str
    only: tuple[Target, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Planner:
    """What planning needs besides the request. `key` is the installation's fingerprint key."""

    rendering: Rendering
    accesses: Accesses
    key: bytes


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A target whose sides are rendered, waiting for its neighbours' so that new namespaces are known."""

    target: Target
    access: Access
    ready: Ready
    base: Side
    head: Side
    notes: tuple[Finding, ...] = ()
    renamed: Access | None = None

    def holding(self, cluster: str) -> Holding:
        """What it owns and what it will have, for telling moves."""
        owned = self.base.objects if self.access.rows is None else [row.object for row in self.access.rows]
        return Holding(cluster, self.access.applyset, frozenset(owned), frozenset(self.head.objects))


def make_plan(request: PlanRequest, planner: Planner) -> Plan | None:
    """The plan; None when neither side has a config. Raises UserMistake when the head's config cannot be read."""
    configs = configs_of(planner.rendering.workspace, request.repository, request.base, request.merged)
    if configs is None:
        return None
    with ExitStack() as stack:
        base = stack.enter_context(tree_at(planner.rendering, request.repository, request.base))
        head = stack.enter_context(tree_at(planner.rendering, request.repository, request.merged))
        planning = _Planning(request, planner, configs, base, head)
        targets = planning.run()
    return Plan(request.head, request.base, plan_digest(targets), targets, findings=config_findings(configs))


def plan_digest(targets: tuple[TargetPlan, ...]) -> str:
    """SHA-256 over what the heads render to, and the dangers (DESIGN §6.9)."""
    return digest({str(row.target): [row.identity, list(row.dangers)] for row in targets})


def _note(rule: str, message: str, mistake: UserMistake) -> Finding:
    return Finding(Level.NOTE, rule, inert(message, LONGEST), file=mistake.file, line=mistake.line)


class _Planning:
    """One run. Split from `make_plan` only to keep its inputs in one hand."""

    def __init__(self, request: PlanRequest, planner: Planner, configs: Configs, base: Tree, head: Tree) -> None:
        self._request, self._planner, self._configs = request, planner, configs
        self._base, self._head = base, head
        self._renamed = renamed(configs.head)

    def run(self) -> tuple[TargetPlan, ...]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(self._prepared_or_failed, self._wanted()))
            prepared = [each for each in found if isinstance(each, _Prepared)]
            upcoming = upcoming_of([each.head for each in prepared])
            head = self._configs.head
            moves = moves_among({each.target: each.holding(head.environment(each.target).cluster) for each in prepared})
            planned = pool.map(lambda each: self._plan(each, upcoming, moves[each.target]), prepared)
            rows = [*planned, *(each for each in found if isinstance(each, TargetPlan))]
        return tuple(sorted(rows, key=lambda row: row.target))

    def _prepared_or_failed(self, target: Target) -> _Prepared | TargetPlan | None:
        try:
            return self._prepare(target)
        except UserMistake as mistake:
            return self._failed(target, mistake)

    def _wanted(self) -> list[Target]:
        request, configs = self._request, self._configs
        workspace = self._planner.rendering.workspace
        every = {*configs.head.targets(), *(configs.base.targets() if configs.base else ()), *retiring(configs)}
        if request.only:
            unknown = [target for target in request.only if target not in every]
            if unknown:
                known = ", ".join(str(target) for target in sorted(every)) or "none"
                raise UserMistake(f"there is no target {unknown[0]}", f"targets are: {known}")
            return sorted(request.only)
        if request.everything:
            return sorted(every)
        paths = workspace.changed(request.repository, request.base, request.merged)
        return [target for target in sorted(every) if touched(target, configs, paths, (self._base, self._head))]

    def _prepare(self, target: Target) -> _Prepared | TargetPlan | None:
        if target in self._renamed:
            return None
        if not self._configs.head.has(target):
            message = "no longer in the config: nothing is deleted, its objects are left behind"
            return unplanned(target, TargetState.LEFT_BEHIND, message)
        app = self._configs.head.app(target)
        access = self._planner.accesses.open(target, self._configs.head.environment(target))
        ready = Ready(
            app, access.grant, access.applyset, scope_of(access.cluster), setting_of(access.grant, access.cluster)
        )
        was = former(self._configs.head, target)
        renamed = self._planner.accesses.open(was, self._configs.head.environment(target)) if was else None
        base, broken = self._base_side(target, ready)
        try:
            head = self._side(self._head, self._configs.head, target, ready)
        except UserMistake as mistake:
            if broken is None or not self._fails_alike(target, mistake, broken):
                raise
            note = _note("broken-already", f"is broken on the base branch as well: {mistake.message}", mistake)
            return TargetPlan(target, TargetState.UNCHANGED, findings=(note,))
        alike = base.identity == head.identity and not self._configs.head.retires(target) and not self._renames(target)
        nothing = self._configs.head.retires(target) and not (base.objects or access.rows)
        if nothing or (alike and not (broken or self._request.only or self._request.everything)):
            return None
        said = "could not be rendered on the base branch, so it is compared with what lives"
        notes = (_note("base-broken", f"{said}: {broken.message}", broken),) if broken else ()
        return _Prepared(target, access, ready, base, head, notes, renamed)

    def _base_side(self, target: Target, ready: Ready) -> tuple[Side, UserMistake | None]:
        """The base's objects, under the name that the app has there. A base that is broken has none, so that the pull
        can repair it."""
        was = former(self._configs.head, target)
        target = was if was and self._renames(target) else target
        try:
            return self._side(self._base, self._configs.base, target, ready), None
        except UserMistake as mistake:
            return EMPTY, mistake

    def _renames(self, target: Target) -> bool:
        """Whether the pull gives the target's app its name."""
        base = self._configs.base
        return former(self._configs.head, target) is not None and base is not None and not base.names(target)

    def _side(self, tree: Tree, config: Config | None, target: Target, ready: Ready) -> Side:
        if config is None or not config.names(target):
            return EMPTY
        app = config.app(target)
        return make_side(tree.render(app, ready.setting).objects, replace(ready, app=app))

    def _fails_alike(self, target: Target, head: UserMistake, base: UserMistake) -> bool:
        """Whether a target fails as it does without the pull, which did not touch it. Whoever asks for it is told."""
        known = self._configs.base is not None and self._configs.base.names(target)
        if self._request.only or self._request.everything or self._configs.base is None or not known:
            return False
        before, after = self._configs.base.app(target), self._configs.head.app(target)
        alike = (head.message, head.file) == (base.message, base.file)
        return alike and before == after and self._base.id_of(after.path) == self._head.id_of(after.path)

    def _plan(self, each: _Prepared, upcoming: Upcoming, moves: Moves) -> TargetPlan:
        access, repository = each.access, self._request.repository
        if access.rows is None:
            applied = each.base.objects
        else:
            rendering = self._planner.rendering
            applied = dict(applied_objects(rendering, repository, each.target, access.rows, each.ready))
            was = former(self._configs.head, each.target)
            if was and each.renamed:
                then = replace(each.ready, applyset=each.renamed.applyset)
                applied |= applied_objects(rendering, repository, was, each.renamed.rows or (), then)
        environment = self._configs.head.environment(each.target)
        removing = removing_of(access, environment, each.head, each.renamed)
        removing = replace(removing, coming={**moves.coming, **removing.coming}, moving=moves.going)
        removing = replace(removing, renamed=self._renames(each.target))
        question = Question(
            each.target,
            each.base,
            each.head,
            applied,
            self._redactor(each.target),
            access.applyset,
            access.cluster,
            upcoming,
            access.why,
            verifying=access.verifying,
            removing=removing,
            whose=self._whose,
        )
        row = plan_target(question)
        self._planner.accesses.close(each.target, access)
        return replace(row, findings=each.notes + row.findings)

    def _whose(self, applyset: str) -> str:
        head, accesses = self._configs.head, self._planner.accesses
        ids = ((target, accesses.applyset(target, head.environment(target))) for target in head.targets())
        return next((str(target) for target, found in ids if found == applyset), "")

    def _failed(self, target: Target, mistake: UserMistake) -> TargetPlan:
        text = mistake.message + (f" ({mistake.remedy})" if mistake.remedy else "")
        refused = isinstance(mistake, NotTaken) or not mistake.file
        state = TargetState.REFUSED if refused else TargetState.ERROR
        return unplanned(target, state, text, (mistake.file, mistake.line))

    def _redactor(self, target: Target) -> Redactor:
        return Redactor(self._planner.key, self._request.repository.key, target.environment)


def scope_of(cluster: PlanCluster | None) -> Scope:
    """Whether kinds live in namespaces: as the server says, else as the built-in kinds are known to."""
    return is_namespaced if cluster is None else lambda kind: _served_scope(cluster, kind)


def setting_of(grant: Grant | None, cluster: PlanCluster | None, *, certain: bool = False) -> Callable[[], Setting]:
    """What charts may know and have in a target. A cluster that is away tells them nothing, unless what they render to
    has to be `certain`, because it is written and the rest is deleted: then asking raises ClusterUnreachable."""

    def ask() -> Setting:
        hosts = grant.chart_hosts if grant else ()
        try:
            version, served = cluster.capabilities() if cluster else ("", ())
        except ClusterUnreachable:
            if certain:
                raise
            return Setting(hosts)
        return Setting(hosts, version, tuple(served))

    return cache(ask)


def _served_scope(cluster: PlanCluster, kind: object) -> bool | None:
    try:
        resource = cluster.resource(kind)  # type: ignore[arg-type]
    except ClusterUnreachable:
        resource = None
    return resource.namespaced if resource else is_namespaced(kind)  # type: ignore[arg-type]
