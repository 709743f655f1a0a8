"""Settling: a wave's objects judged until all are healthy, one fails, or the time is up."""

from collections.abc import Sequence
from dataclasses import replace

from bot.delivery.health import GOOD, Judging, healths_of, last_lines
from bot.delivery.hooks import steps
from bot.delivery.keeping import move
from bot.delivery.pruning import leaving
from bot.delivery.scene import Reach, Scene, reach, rendered
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.objects.health import Health, HealthState
from bot.objects.identity import Object, ObjectKey, kind_of
from bot.planning.sides import Sent

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between looks at something that settles: quick while it is young, slower later."""


def settle(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """The row with its next wave to apply, healthy, failed, or still settling and a pause in seconds.

    Raises ClusterUnreachable.
    """
    reached = reach(scene)
    side, ready = rendered(scene, row.commit, reached)
    ordered = steps(side, row)
    bodies = _judged(ordered, row.progress.wave)
    applyset, now = reached.inventory.applyset, scene.ports.clock.now()
    judging = Judging(reached.api, ready.app.health_rules, applyset, row.progress.since, now)
    healths = healths_of(judging, bodies)
    failed = [(key, health) for key, health in healths if health.state is HealthState.FAILED]
    if failed:
        return _failed(scene, row, reached, failed)
    unsettled = [(key, health) for key, health in healths if health.state not in GOOD]
    if unsettled:
        return _wait(scene, row, unsettled, ready.app.health_timeout)
    if row.progress.wave + 1 < len(ordered):
        progress = replace(row.progress, wave=row.progress.wave + 1, waits_for=())
        return replace(move(row, DeploymentState.APPLYING), progress=progress), 0.0
    total = sum(len(each) for each in ordered)
    progress = replace(row.progress, done=total, total=total, waits_for=(), since=judging.now)
    after = DeploymentState.PRUNING if leaving(reached.inventory.rows, side, row) else DeploymentState.HEALTHY
    return replace(move(row, after), progress=progress), 0.0


def _judged(ordered: Sequence[Sequence[Sent]], wave: int) -> list[Object]:
    """The objects of a step, and the workloads of those before it, whose pods may have begun to crash since."""
    earlier = [sent.body for step in ordered[:wave] for sent in step if kind_of(sent.body).group == "apps"]
    return earlier + [sent.body for step in ordered[wave : wave + 1] for sent in step]


def _failed(
    scene: Scene, row: Deployment, reached: Reach, failed: list[tuple[ObjectKey, Health]]
) -> tuple[Deployment, float]:
    """Failed, with why, and with what the first container that failed wrote last."""
    reason = _said(scene, failed)
    key, health = failed[0]
    before = next((each for each in row.progress.waits_for if each.startswith(f"{key}: ")), "")
    if "container" in before and not any(each.container for _, each in failed):
        # A Job that gives up takes its pods along: then only the look before knows what they did.
        reason += f"; before that {before.removeprefix(f'{key}: ')}"
    told = next(((key, each) for key, each in failed if each.container), (key, health))
    log = last_lines(scene, reached, told[0].namespace, told[1])
    return replace(move(row, DeploymentState.FAILED, reason), progress=replace(row.progress, log=log)), 0.0


def _wait(
    scene: Scene, row: Deployment, unsettled: list[tuple[ObjectKey, Health]], timeout: float
) -> tuple[Deployment, float]:
    """Still settling, or failed when the wave's time is up. Time in which the cluster was away does not count."""
    now = scene.ports.clock.now()
    away = now - row.changed if any(each.wait is Wait.CLUSTER for each in row.conditions) else 0.0
    since = row.progress.since + away
    if now - since > timeout:
        reason = f"not healthy after {timeout:.0f} s: {_said(scene, unsettled)}"
        return move(row, DeploymentState.FAILED, reason), 0.0
    waits_for = tuple(_one(scene, key, health) for key, health in unsettled[:5])
    again = replace(row, conditions=(), reason="", progress=replace(row.progress, waits_for=waits_for, since=since))
    return again, min(LONGEST_PAUSE, max(FIRST_PAUSE, (now - since) / 10))


def _said(scene: Scene, healths: list[tuple[ObjectKey, Health]]) -> str:
    return "; ".join(_one(scene, key, health) for key, health in healths[:3])


def _one(scene: Scene, key: ObjectKey, health: Health) -> str:
    return f"{key}: {scene.redactor().text(health.message or health.reason).plain}"
