"""Confirming: plan again as the identity that applies, and go on only with what people were shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.delivery.handing import Arrival, arrivals, hand_over, taken_by
from bot.delivery.judging import prune_rules
from bot.delivery.keeping import move
from bot.delivery.namespaces import missing_namespaces
from bot.delivery.pruning import leaving
from bot.delivery.recovering import recovered
from bot.delivery.scene import Reach, Scene, reach, rendered, rendering_of
from bot.domain.config import PruneMode
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.plans import Change, Plan, TargetPlan, TargetState, Verb, confirmation
from bot.domain.removals import PruneRules
from bot.domain.subjects import Target, commit_key, pull_key, say_commit_job
from bot.objects.identity import ObjectKey
from bot.planning.applied import applied_objects, side_at
from bot.planning.make import plan_digest
from bot.planning.removals import Removing
from bot.planning.sides import EMPTY, Ready, Side
from bot.planning.target_plan import Question, plan_target, upcoming_of
from bot.ports.clusters import ClusterUnreachable
from bot.ports.ledger import Transaction, is_posted

TOGETHER = 0.3
"""Seconds in which the plans of a commit's other targets may join this one, so that they are posted as one."""
_TELLING = (TargetState.CHANGES, TargetState.UNCHANGED, TargetState.UNCHECKED)
POSTED_AGAIN = 10.0
"""Seconds until it is looked again whether a plan was posted; posting it wakes the target before that."""


def confirm(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """The row applying, or waiting for a confirmation or a namespace, or failed; and seconds to pause.

    Raises UserMistake and ClusterUnreachable.
    """
    reached = recovered(scene, reach(scene))
    side, ready = rendered(scene, row.commit, reached)
    missing = missing_namespaces(side, reached)
    if missing:
        return replace(move(row, DeploymentState.WAITING), conditions=missing), 0.0
    rules = prune_rules(scene, row)
    arriving = arrivals(scene, row.commit, reached, (side, ready))
    gone = [each.object for each in leaving(reached.inventory.rows, side, row)]
    moving = taken_by(scene, row.commit, gone, ready)
    plan = _plan_again(scene, row, reached, _Made(side, ready, rules, arriving, moving))
    if plan.state is TargetState.UNCHECKED:
        raise ClusterUnreachable(plan.error.plain if plan.error else "the cluster did not answer")
    if plan.state is TargetState.ERROR:
        place = f"{plan.error_file}:{plan.error_line}: " if plan.error_file else ""
        return move(row, DeploymentState.FAILED, place + (plan.error.plain if plan.error else "")), 0.0
    replaced = [str(write.object) for write in plan.writes if write.verb is Verb.REPLACE]
    if row.rollback and replaced:
        reason = f"{', '.join(replaced[:5])} would have to be replaced, which a rollback never does"
        return move(row, DeploymentState.FAILED, reason), 0.0
    with scene.ports.ledger.begin() as tx:
        shown = _shown(tx, row)
        by_all = bool(row.pulls) and len(shown) == len(row.pulls) and not row.direct
        posted = by_all or _posted(tx, row, plan)
    if not posted:
        return replace(row, conditions=(), reason=""), POSTED_AGAIN
    agreed = _agreed(row, plan, shown, rules)
    after = _confirmed(scene, row, plan, agreed)
    if after.state is DeploymentState.APPLYING:
        after = replace(after, progress=replace(after.progress, installs=_installs(row, plan, side)))
        hand_over(scene, row, reached, arriving)
    return after, 0.0


@dataclass(frozen=True, slots=True)
class _Made:
    """The target as its commit has it, the rules for deleting, and what other targets hand to it or take from it."""

    side: Side
    ready: Ready
    rules: PruneRules
    arriving: Mapping[ObjectKey, Arrival]
    moving: Mapping[ObjectKey, Target]


def _plan_again(scene: Scene, row: Deployment, reached: Reach, made: _Made) -> TargetPlan:
    side, ready = made.side, made.ready
    rendering, repository, target = rendering_of(scene.ports), scene.repository, scene.target
    base = side_at(rendering, repository, target, row.base, ready) if row.base else None
    applied = applied_objects(rendering, repository, target, reached.inventory.rows, ready)
    question = Question(
        target,
        base or EMPTY,
        side,
        applied,
        scene.redactor(),
        reached.inventory.applyset,
        reached.api,
        upcoming_of([side]),
        final=True,
        removing=_removing(reached, made),
    )
    return plan_target(question)


def _removing(reached: Reach, made: _Made) -> Removing:
    rows = {each.object: each for each in reached.inventory.rows}
    coming = {key: row.came_from for key, row in rows.items() if row.came_from}
    coming |= {key: each.applyset for key, each in made.arriving.items()}
    rows |= {key: each.row for key, each in made.arriving.items()}
    ids = reached.inventory.labels.union(coming.values())
    hooks, empty = frozenset(made.side.hooks), not made.side.objects
    return Removing(rows, ids, made.rules, hooks, coming, made.moving, empty)


def _shown(tx: Transaction, row: Deployment) -> list[TargetPlan]:
    """The plans of this target that people could see on the pulls it contains, each for the head that was merged.

    A row that says why it could not be planned shows nothing. What repeats a healthy deployment was shown with that.
    """
    shown = []
    rows = tx.deployments.of_target(row.repository, row.target) if row.repeats else [row]
    same = [each for each in rows if each.commit == row.commit]
    for number, head in {pair: None for each in same for pair in zip(each.pulls, each.heads, strict=False)}:
        plan = tx.plans.at(row.repository, number, head)
        if plan is not None and is_posted(tx, pull_key(row.repository, number), plan):
            shown += [each for each in plan.targets if each.target == row.target and each.state in _TELLING]
    return shown


def _posted(tx: Transaction, row: Deployment, plan: TargetPlan) -> bool:
    """Whether this plan can be seen on the commit itself, where no pull showed it; else it is made due there."""
    known = tx.plans.of_commit(row.repository, row.commit)
    others = [each for each in known.targets if each.target != row.target] if known else []
    targets = tuple(sorted([*others, plan], key=lambda each: each.target))
    wanted = plan_digest(targets)
    if known is not None and known.digest == wanted and is_posted(tx, commit_key(row.repository, row.commit), known):
        return True
    if known is None or known.digest != wanted:
        tx.plans.keep_commit(row.repository, row.commit, Plan(row.commit, row.base, wanted, targets))
    tx.jobs.put(say_commit_job(row.repository, row.commit), TOGETHER)
    return False


def _installs(row: Deployment, plan: TargetPlan, side: Side) -> bool:
    """Whether nothing of the target is there, or it never was healthy and nothing of it was there before us."""
    made = [write for write in plan.writes if write.verb is Verb.CREATE and write.object in side.objects]
    found = any(write.verb in (Verb.TAKEOVER, Verb.MOVE) for write in plan.writes)
    return (not row.base and not found) or (bool(made) and len(made) == len(side.objects))


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What people agreed to: dangers and writes that they saw, dangers they confirmed; `always` frees deletes."""

    seen: frozenset[str]
    confirmed: frozenset[str]
    free: frozenset[str]
    always: bool
    planned: frozenset[tuple[Verb, ObjectKey]]
    shown: bool

    def to(self, danger: str, *, command: bool) -> bool:
        """Whether a danger may go on; `command` says that seeing it is not enough."""
        return danger in self.confirmed or (not command and danger in self.seen | self.free)


def _agreed(row: Deployment, plan: TargetPlan, shown: Sequence[TargetPlan], rules: PruneRules) -> _Agreed:
    lists = [plan.dangers, row.progress.asked, *(each.dangers for each in shown)]
    confirmed = {danger for each in lists if row.confirmed == confirmation(each) for danger in each}
    always = rules.prune is PruneMode.ALWAYS
    deletes = {write.danger for write in plan.writes if write.verb is Verb.DELETE}
    return _Agreed(
        frozenset(danger for each in shown for danger in each.dangers),
        frozenset(confirmed),
        frozenset(deletes if always else ()),
        always,
        frozenset((write.verb, write.object) for each in shown for write in each.writes),
        bool(shown),
    )


def _confirmed(scene: Scene, row: Deployment, plan: TargetPlan, agreed: _Agreed) -> Deployment:
    """Every danger was shown in a merged pull's plan, or is confirmed by its number and name; else it is asked for."""
    unmet = [danger for danger in plan.dangers if not agreed.to(danger, command=danger in plan.command)]
    if unmet:
        back = replace(move(row, DeploymentState.WAITING), conditions=(Condition(Wait.CONFIRMATION, plan.word),))
        unseen = tuple(danger for danger in unmet if danger not in agreed.seen)
        return replace(back, progress=replace(row.progress, not_as_planned=unseen, asked=plan.dangers))
    news = [write for write in plan.writes if (write.verb, write.object) not in agreed.planned] if agreed.shown else []
    progress = replace(
        row.progress,
        wave=0,
        not_as_planned=tuple(f"{write.verb} {write.object}" for write in news),
        asked=(),
        taken_over=tuple(str(write.object) for write in plan.writes if write.verb is Verb.TAKEOVER),
        removals=tuple(write.object for write in plan.writes if _may_go(write, agreed)),
        replacing=tuple(write.object for write in plan.writes if write.verb is Verb.REPLACE),
    )
    return replace(move(row, DeploymentState.APPLYING), progress=progress, started=scene.ports.clock.now())


def _may_go(write: Change, agreed: _Agreed) -> bool:
    """Whether a delete may be carried out. What is routine has to have been shown all the same (G2)."""
    if write.verb is not Verb.DELETE:
        return False
    return bool(write.danger) or agreed.always or (write.verb, write.object) in agreed.planned
