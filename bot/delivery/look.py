"""One look at a target: conditions judged, the right deployment chosen, and its state worked until it has to wait."""

from collections.abc import Sequence
from dataclasses import replace

from bot.delivery.applying import apply_wave
from bot.delivery.confirming import confirm
from bot.delivery.handing import follow
from bot.delivery.keeping import Overtaken, cancelled_by, keep, move
from bot.delivery.order import chosen, is_named, newest_eligible
from bot.delivery.pruning import prune
from bot.delivery.scene import Scene, scene_of
from bot.delivery.settling import settle
from bot.delivery.waiting import unmet
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.errors import UserMistake
from bot.domain.subjects import Target, look_job
from bot.objects.redact import inert
from bot.planning.fields import LONGEST
from bot.ports.clusters import ClusterUnreachable
from bot.ports.world import Ports

AGAIN = 30.0
"""Seconds until a waiting target is looked at again without being woken."""
UNREACHABLE_AGAIN, LONGEST_AWAY = 10.0, 300.0
"""Seconds until a cluster that is away is asked again: the longer one where it asks for more (Retry-After)."""
WORKING = 15.0
"""Seconds until a target is looked at again whose look still goes on: it only counts should this one never end."""

_STEPS = {
    DeploymentState.CONFIRMING: confirm,
    DeploymentState.APPLYING: apply_wave,
    DeploymentState.SETTLING: settle,
    DeploymentState.PRUNING: prune,
}
_WRITES = (DeploymentState.CONFIRMING, DeploymentState.APPLYING, DeploymentState.PRUNING)


def look(ports: Ports, repository: str, target: Target) -> None:
    """Do all that can be done for a target now. Safe at any time, and again after any crash. Raises TryLater."""
    try:
        try:
            scene = scene_of(ports, repository, target)
        except UserMistake as lost:
            end_all(ports, repository, target, inert(str(lost), LONGEST).plain)
            return
        if scene is not None and scene.vanished:
            _end(scene, scene.rows, DeploymentState.SUPERSEDED, scene.known.tip)
        elif scene is not None and (chosen := _choose(scene)) is not None:
            _work(scene, chosen)
        follow(ports, repository, target)
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
    running = _still_eligible(scene, active[-1]) if active else None
    eligible = newest_eligible(_judged(scene))
    at_once = eligible is not None and eligible.rollback
    found = chosen(running, eligible, named=not at_once and is_named(scene.target, scene.rules))
    if found is None or found is running:
        return running
    return keep(scene.ports, found, move(found, DeploymentState.CONFIRMING), look_after=WORKING)


def _still_eligible(scene: Scene, running: Deployment) -> Deployment | None:
    """The running row. While nothing is written of it, its conditions are judged on: it falls back to waiting when
    somebody held, locked or took back meanwhile, and fails when they cannot be judged any more."""
    if running.state is not DeploymentState.CONFIRMING:
        return running
    try:
        conditions = unmet(scene, running)
    except UserMistake as mistake:
        _end(scene, [running], DeploymentState.FAILED, inert(str(mistake), LONGEST).plain)
        return None
    if not conditions:
        return running
    waiting = replace(move(running, DeploymentState.WAITING), conditions=conditions)
    keep(scene.ports, running, waiting, look_after=AGAIN)
    return None


def _judged(scene: Scene) -> list[tuple[Deployment, tuple[Condition, ...]]]:
    """The waiting rows with what each waits for, as saved. One whose commit is gone fails, the others stand."""
    judged = []
    for row in scene.rows:
        if row.state is not DeploymentState.WAITING:
            continue
        try:
            conditions = unmet(scene, row)
        except UserMistake as mistake:
            _end(scene, [row], DeploymentState.FAILED, inert(str(mistake), LONGEST).plain)
            continue
        after = replace(row, conditions=conditions)
        judged.append((keep(scene.ports, row, after, look_after=AGAIN) if conditions else row, conditions))
    return judged


def _work(scene: Scene, row: Deployment) -> None:
    """Step through states until the row waits for something outside or has ended."""
    proven = False
    while not row.state.ended and row.state is not DeploymentState.WAITING:
        before = row
        if by := cancelled_by(scene.ports, row):
            keep(scene.ports, row, move(row, DeploymentState.CANCELLED, f"cancelled by {by}"))
            return
        try:
            if row.state in _WRITES and not proven:
                _still_ours(scene, row)
                proven = True
            row, pause = _STEPS[row.state](scene, row)
        except UserMistake as mistake:
            reason = inert(str(mistake), LONGEST).plain
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
    reason = inert(str(unreachable), LONGEST).plain
    after = max(UNREACHABLE_AGAIN, min(unreachable.after, LONGEST_AWAY))
    return replace(row, conditions=condition, reason=reason), after
