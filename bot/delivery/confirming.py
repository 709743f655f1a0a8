"""Confirming: plan again as the identity that applies, and go on only with what people were shown."""

from dataclasses import replace

from bot.delivery.keeping import move
from bot.delivery.scene import Reach, Scene, reach, rendered, rendering_of
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.errors import UserMistake
from bot.domain.plans import Plan, TargetPlan, TargetState, Verb
from bot.domain.subjects import commit_key, pull_key, say_commit_job
from bot.objects.canonical import digest
from bot.planning.applied import applied_objects
from bot.planning.make import plan_digest
from bot.planning.target_plan import Question, plan_target, upcoming_of
from bot.ports.clusters import ClusterUnreachable
from bot.ports.ledger import is_posted

POSTED_AGAIN = 1.0


def confirm(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """The row applying, or waiting for a confirmation, or failed; and seconds to pause.

    Raises UserMistake and ClusterUnreachable.
    """
    _still_ours(scene, row)
    reached = reach(scene)
    plan = _plan_again(scene, row, reached)
    if plan.state is TargetState.UNCHECKED:
        raise ClusterUnreachable(plan.error.plain if plan.error else "the cluster did not answer")
    if plan.state is TargetState.ERROR:
        place = f"{plan.error_file}:{plan.error_line}: " if plan.error_file else ""
        return move(row, DeploymentState.FAILED, place + (plan.error.plain if plan.error else "")), 0.0
    replaced = [str(write.object) for write in plan.writes if write.verb is Verb.REPLACE]
    if replaced:
        reason = f"{', '.join(replaced)} cannot be changed in place, and is not replaced by itself"
        return move(row, DeploymentState.FAILED, reason), 0.0
    shown, posted = _shown(scene, row, plan)
    if not posted:
        return row, POSTED_AGAIN
    return _confirmed(scene, row, plan, shown), 0.0


def _still_ours(scene: Scene, row: Deployment) -> None:
    """Only a commit on the default branch is ever written (G1); the branch is read from the forge, not from a row."""
    workspace, repository = scene.ports.workspace, scene.repository
    workspace.fetch(repository, row.commit, branch=scene.known.branch)
    tip = workspace.tip(repository, scene.known.branch)
    if row.commit != tip and not workspace.is_ancestor(repository, row.commit, tip):
        raise UserMistake(f"{row.commit[:7]} is no longer on {scene.known.branch}", "nothing was written")


def _plan_again(scene: Scene, row: Deployment, reached: Reach) -> TargetPlan:
    side, ready = rendered(scene, row.commit, reached)
    applied = applied_objects(rendering_of(scene.ports), scene.repository, scene.target, reached.inventory.rows, ready)
    question = Question(
        scene.target,
        side,
        side,
        applied,
        scene.redactor(),
        reached.inventory.applyset,
        reached.api,
        upcoming_of([side]),
    )
    return plan_target(question)


def _shown(scene: Scene, row: Deployment, plan: TargetPlan) -> tuple[list[TargetPlan], bool]:
    """The plans of this target that people could see, and whether one is really posted.

    A commit that no pull brought (or whose pull never planned this target) gets its plan on the commit itself, before
    the first write.
    """
    shown = []
    with scene.ports.ledger.begin() as tx:
        for number in row.pulls:
            pull = tx.plans.get(row.repository, number)
            made = tx.plans.at(row.repository, number, pull.head) if pull else None
            if made and is_posted(tx, pull_key(row.repository, number), made):
                shown += [each for each in made.targets if each.target == row.target]
        if shown:
            return shown, True
        known = tx.plans.of_commit(row.repository, row.commit)
        others = [each for each in known.targets if each.target != row.target] if known else []
        if known is None or len(others) == len(known.targets):
            targets = tuple(sorted([*others, plan], key=lambda each: each.target))
            tx.plans.keep_commit(row.repository, row.commit, Plan(row.commit, row.base, plan_digest(targets), targets))
            tx.jobs.put(say_commit_job(row.repository, row.commit))
            return [], False
        if not is_posted(tx, commit_key(row.repository, row.commit), known):
            tx.jobs.put(say_commit_job(row.repository, row.commit))
            return [], False
    return [], True


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
    progress = replace(row.progress, wave=0, not_as_planned=extra)
    return replace(move(row, DeploymentState.APPLYING), progress=progress, started=scene.ports.clock.now())
