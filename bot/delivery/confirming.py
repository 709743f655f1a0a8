"""Confirming: plan again as the identity that applies, and go on only with what people were shown."""

from dataclasses import replace

from bot.delivery.keeping import move
from bot.delivery.namespaces import missing_namespaces
from bot.delivery.scene import Reach, Scene, reach, rendered, rendering_of
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.plans import Plan, TargetPlan, TargetState, Verb
from bot.domain.subjects import commit_key, pull_key, say_commit_job
from bot.objects.canonical import digest
from bot.planning.applied import applied_objects, side_at
from bot.planning.make import plan_digest
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
    reached = reach(scene)
    side, ready = rendered(scene, row.commit, reached)
    missing = missing_namespaces(side, reached)
    if missing:
        return replace(move(row, DeploymentState.WAITING), conditions=missing), 0.0
    plan = _plan_again(scene, row, reached, (side, ready))
    if plan.state is TargetState.UNCHECKED:
        raise ClusterUnreachable(plan.error.plain if plan.error else "the cluster did not answer")
    if plan.state is TargetState.ERROR:
        place = f"{plan.error_file}:{plan.error_line}: " if plan.error_file else ""
        return move(row, DeploymentState.FAILED, place + (plan.error.plain if plan.error else "")), 0.0
    replaced = [str(write.object) for write in plan.writes if write.verb is Verb.REPLACE]
    if replaced:
        reason = f"{', '.join(replaced)} cannot be changed in place, and is not replaced by itself"
        return move(row, DeploymentState.FAILED, reason), 0.0
    with scene.ports.ledger.begin() as tx:
        shown = _shown(tx, row)
        by_all = bool(row.pulls) and len(shown) == len(row.pulls) and not row.direct
        posted = by_all or _posted(tx, row, plan)
    if not posted:
        return replace(row, conditions=(), reason=""), POSTED_AGAIN
    return _confirmed(scene, row, plan, shown), 0.0


def _plan_again(scene: Scene, row: Deployment, reached: Reach, made: tuple[Side, Ready]) -> TargetPlan:
    side, ready = made
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
    )
    return plan_target(question)


def _shown(tx: Transaction, row: Deployment) -> list[TargetPlan]:
    """The plans of this target that people could see on the pulls it contains, each for the head that was merged.

    A row that says why it could not be planned shows nothing.
    """
    shown = []
    for number, head in zip(row.pulls, row.heads, strict=False):
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


def _confirmed(scene: Scene, row: Deployment, plan: TargetPlan, shown: list[TargetPlan]) -> Deployment:
    """Every danger was shown in a merged pull's plan, or is confirmed now by its number and name."""
    seen = {danger for each in shown for danger in each.dangers}
    unseen = [danger for danger in plan.dangers if danger not in seen]
    word = f"{len(unseen)}@{digest({'dangers': unseen})[:8]}"
    if unseen and row.confirmed != word:
        asks = Condition(Wait.CONFIRMATION, word)
        back = replace(move(row, DeploymentState.WAITING), conditions=(asks,))
        return replace(back, progress=replace(row.progress, not_as_planned=tuple(unseen)))
    planned = {(write.verb, write.object) for each in shown for write in each.writes}
    extra = tuple(
        f"{write.verb} {write.object}" for write in plan.writes if shown and (write.verb, write.object) not in planned
    )
    taken = tuple(str(write.object) for write in plan.writes if write.verb is Verb.TAKEOVER)
    progress = replace(row.progress, wave=0, not_as_planned=extra, taken_over=taken)
    return replace(move(row, DeploymentState.APPLYING), progress=progress, started=scene.ports.clock.now())
