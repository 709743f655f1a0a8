"""One look at a target: conditions judged, the right deployment chosen, and its state worked until it has to wait."""

from dataclasses import replace

from bot.delivery.applying import apply_wave
from bot.delivery.confirming import confirm
from bot.delivery.keeping import keep, move
from bot.delivery.scene import Scene, scene_of
from bot.delivery.settling import settle
from bot.delivery.waiting import newest_eligible, unmet
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.errors import UserMistake
from bot.domain.subjects import Target
from bot.ports.clusters import ClusterUnreachable
from bot.ports.world import Ports

AGAIN = 30.0
"""Seconds until a waiting target is looked at again without being woken."""
UNREACHABLE_AGAIN = 10.0

_STEPS = {
    DeploymentState.CONFIRMING: confirm,
    DeploymentState.APPLYING: apply_wave,
    DeploymentState.SETTLING: settle,
}


def look(ports: Ports, repository: str, target: Target) -> None:
    """Do all that can be done for a target now. Safe at any time, and again after any crash."""
    try:
        scene = scene_of(ports, repository, target)
    except UserMistake as mistake:
        _fail_all(ports, repository, target, mistake)
        return
    if scene is None:
        return
    running = _running(scene)
    chosen = _choose(scene, running)
    if chosen is not None:
        _work(scene, chosen)


def _running(scene: Scene) -> Deployment | None:
    active = [row for row in scene.rows if not row.state.ended and row.state is not DeploymentState.WAITING]
    return active[-1] if active else None


def _choose(scene: Scene, running: Deployment | None) -> Deployment | None:
    """The row to work on: the running one, unless a newer eligible one may take over at this point."""
    waiting = [row for row in scene.rows if row.state is DeploymentState.WAITING]
    judged = [(row, unmet(scene, row)) for row in waiting]
    for row, conditions in judged:
        if conditions:
            keep(scene.ports, row, replace(row, conditions=conditions), look_after=AGAIN)
    eligible = newest_eligible(scene, judged)
    if eligible is None or (running and (running.seq > eligible.seq or not _may_be_left(scene, running))):
        return running
    return keep(scene.ports, eligible, move(eligible, DeploymentState.CONFIRMING))


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
    while not row.state.ended and row.state is not DeploymentState.WAITING:
        before = row
        try:
            row, pause = _STEPS[row.state](scene, row)
        except UserMistake as mistake:
            reason = scene.redactor().text(str(mistake)).plain
            row, pause = move(row, DeploymentState.FAILED, reason), 0.0
        except ClusterUnreachable as unreachable:
            row, pause = _unreachable(scene, row, unreachable)
        row = keep(scene.ports, before, row, look_after=pause)
        if pause:
            return
    if row.state.ended:
        return
    keep(scene.ports, row, row, look_after=AGAIN)


def _unreachable(scene: Scene, row: Deployment, unreachable: ClusterUnreachable) -> tuple[Deployment, float]:
    """A cluster that is away: nothing is lost, the row says so and is looked at again."""
    condition = (Condition(Wait.CLUSTER, scene.environment.cluster),)
    reason = scene.redactor().text(str(unreachable)).plain
    return replace(row, conditions=condition, reason=reason), UNREACHABLE_AGAIN


def _fail_all(ports: Ports, repository: str, target: Target, mistake: UserMistake) -> None:
    with ports.ledger.begin() as tx:
        rows = [row for row in tx.deployments.of_target(repository, target) if not row.state.ended]
    for row in rows:
        keep(ports, row, move(row, DeploymentState.FAILED, str(mistake)))
