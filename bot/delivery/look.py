"""One look at a target: conditions judged, the right deployment chosen, and its state worked until it has to wait."""

from collections.abc import Sequence
from dataclasses import replace

from bot.delivery.applying import apply_wave
from bot.delivery.confirming import confirm
from bot.delivery.keeping import Overtaken, keep, move
from bot.delivery.scene import Scene, scene_of
from bot.delivery.settling import settle
from bot.delivery.waiting import newest_eligible, unmet
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.errors import UserMistake
from bot.domain.subjects import Target, look_job
from bot.ports.clusters import ClusterUnreachable
from bot.ports.world import Ports

AGAIN = 30.0
"""Seconds until a waiting target is looked at again without being woken."""
UNREACHABLE_AGAIN = 10.0
WORKING = 15.0
"""Seconds until a target is looked at again whose look still goes on: it only counts should this one never end."""

_STEPS = {
    DeploymentState.CONFIRMING: confirm,
    DeploymentState.APPLYING: apply_wave,
    DeploymentState.SETTLING: settle,
}
_WRITES = (DeploymentState.CONFIRMING, DeploymentState.APPLYING)


def look(ports: Ports, repository: str, target: Target) -> None:
    """Do all that can be done for a target now. Safe at any time, and again after any crash. Raises TryLater."""
    try:
        scene = scene_of(ports, repository, target)
        if scene is None:
            return
        if scene.vanished:
            _end(scene, scene.rows, DeploymentState.SUPERSEDED, scene.known.tip)
        elif (chosen := _choose(scene)) is not None:
            _work(scene, chosen)
    except Overtaken:
        with ports.ledger.begin() as tx:
            tx.jobs.put(look_job(repository, target))


def end_all(ports: Ports, repository: str, target: Target, reason: str) -> None:
    """Fail whatever is unfinished of a target, because it cannot be looked at."""
    with ports.ledger.begin() as tx:
        rows = tx.deployments.of_target(repository, target)
    for row in rows:
        if not row.state.ended:
            keep(ports, row, move(row, DeploymentState.FAILED, reason))


def _end(scene: Scene, rows: Sequence[Deployment], state: DeploymentState, reason: str) -> None:
    for row in rows:
        if not row.state.ended:
            keep(scene.ports, row, move(row, state, reason))


def _choose(scene: Scene) -> Deployment | None:
    """The row to work on: the running one, unless a newer eligible one may take over at this point."""
    active = [row for row in scene.rows if not row.state.ended and row.state is not DeploymentState.WAITING]
    running = active[-1] if active else None
    eligible = newest_eligible(_judged(scene))
    if eligible is None or (running and (running.seq > eligible.seq or not _may_be_left(scene, running))):
        return running
    return keep(scene.ports, eligible, move(eligible, DeploymentState.CONFIRMING), look_after=WORKING)


def _judged(scene: Scene) -> list[tuple[Deployment, tuple[Condition, ...]]]:
    """The waiting rows with what each waits for, as saved. One whose commit is gone fails, the others stand."""
    judged = []
    for row in scene.rows:
        if row.state is not DeploymentState.WAITING:
            continue
        try:
            conditions = unmet(scene, row)
        except UserMistake as mistake:
            _end(scene, [row], DeploymentState.FAILED, scene.redactor().text(str(mistake)).plain)
            continue
        after = replace(row, conditions=conditions)
        judged.append((keep(scene.ports, row, after, look_after=AGAIN) if conditions else row, conditions))
    return judged


def _may_be_left(scene: Scene, running: Deployment) -> bool:
    """Whether a newer deployment may start although this one has not ended: before its first write always, later only
    when no other target names this one."""
    if running.state is DeploymentState.CONFIRMING:
        return True
    target, rules = scene.target, scene.rules
    for other in rules.targets():
        environment, app = rules.environment(other), rules.app(other)
        after = other.app == target.app and target.environment in environment.after
        needs = other.environment == target.environment and target.app in app.needs
        if after or needs:
            return False
    return True


def _work(scene: Scene, row: Deployment) -> None:
    """Step through states until the row waits for something outside or has ended."""
    proven = False
    while not row.state.ended and row.state is not DeploymentState.WAITING:
        before = row
        try:
            if row.state in _WRITES and not proven:
                _still_ours(scene, row)
                proven = True
            row, pause = _STEPS[row.state](scene, row)
        except UserMistake as mistake:
            reason = scene.redactor().text(str(mistake)).plain
            row, pause = move(row, DeploymentState.FAILED, reason), 0.0
        except ClusterUnreachable as unreachable:
            row, pause = _unreachable(scene, row, unreachable)
        row = keep(scene.ports, before, row, look_after=pause or WORKING)
        if pause:
            return
    if not row.state.ended:
        keep(scene.ports, row, row, look_after=AGAIN)


def _still_ours(scene: Scene, row: Deployment) -> None:
    """Only a commit on the default branch is ever written (G1); the branch is read from the forge, not from a row.

    Asked once in each look that writes. Raises UserMistake, and TryLater when the forge is away.
    """
    workspace, repository = scene.ports.workspace, scene.repository
    workspace.fetch(repository, row.commit, branch=scene.known.branch)
    tip = workspace.tip(repository, scene.known.branch)
    if row.commit != tip and not workspace.is_ancestor(repository, row.commit, tip):
        raise UserMistake(f"{row.commit[:7]} is no longer on {scene.known.branch}", "nothing more is written")


def _unreachable(scene: Scene, row: Deployment, unreachable: ClusterUnreachable) -> tuple[Deployment, float]:
    """A cluster that is away: nothing is lost, the row says so and is looked at again."""
    condition = (Condition(Wait.CLUSTER, scene.environment.cluster),)
    reason = scene.redactor().text(str(unreachable)).plain
    return replace(row, conditions=condition, reason=reason), UNREACHABLE_AGAIN
