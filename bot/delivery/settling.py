"""Settling: a wave's objects judged until all are healthy, one fails, or the time is up."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bot.delivery.hooks import steps
from bot.delivery.keeping import move
from bot.delivery.scene import Scene, reach, rendered
from bot.domain.config import HealthRule
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.objects.health import Health, HealthState, gone, judge
from bot.objects.identity import Kind, Object, ObjectKey, key_of, kind_of
from bot.planning.observe import WORKERS
from bot.ports.clusters import PlanCluster, Refused

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between looks at something that settles: quick while it is young, slower later."""

_GOOD = (HealthState.CURRENT, HealthState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Judging:
    """What judging a wave needs: the cluster, the repository's own rules, when the wave was written, and the time."""

    api: PlanCluster
    rules: tuple[HealthRule, ...]
    written: float
    now: float


def settle(scene: Scene, row: Deployment) -> tuple[Deployment, float]:
    """The row with its next wave to apply, healthy, failed, or still settling and a pause in seconds.

    Raises ClusterUnreachable.
    """
    reached = reach(scene)
    side, ready = rendered(scene, row.commit, reached)
    ordered = steps(side, row)
    bodies = [sent.body for sent in ordered[row.progress.wave]] if row.progress.wave < len(ordered) else []
    judging = Judging(reached.api, ready.app.health_rules, row.progress.since, scene.ports.clock.now())
    with ThreadPoolExecutor(WORKERS) as pool:
        healths = list(pool.map(lambda body: (key_of(body), _health(judging, body)), bodies))
    failed = [(key, health) for key, health in healths if health.state is HealthState.FAILED]
    if failed:
        return move(row, DeploymentState.FAILED, _said(scene, failed)), 0.0
    unsettled = [(key, health) for key, health in healths if health.state not in _GOOD]
    if unsettled:
        return _wait(scene, row, unsettled, ready.app.health_timeout)
    if row.progress.wave + 1 < len(ordered):
        progress = replace(row.progress, wave=row.progress.wave + 1, waits_for=())
        return replace(move(row, DeploymentState.APPLYING), progress=progress), 0.0
    rows = reached.inventory.rows
    left = tuple(str(each.object) for each in rows if not each.hook and each.object not in side.objects)
    total = sum(len(each) for each in ordered)
    progress = replace(row.progress, done=total, total=total, waits_for=(), left_in_place=left)
    return replace(move(row, DeploymentState.HEALTHY), progress=progress), 0.0


def _health(judging: Judging, body: Object) -> Health:
    """One object judged on a copy read now, so never on one older than our write."""
    key, api = key_of(body), judging.api
    resource = api.resource(key.of, body["apiVersion"].rpartition("/")[2])
    if resource is None:
        return Health(HealthState.IN_PROGRESS, "NotServed", f"the kind {key.of} is not served")
    live = api.get(resource, key.namespace, key.name)
    if live is None:
        return gone(body, judging.written, judging.now)
    if isinstance(live, Refused):
        return Health(HealthState.UNKNOWN, "NotReadable", "it may not be read, so nobody knows its health")
    if _is_crd(body) and not _served(api, body):
        return Health(HealthState.IN_PROGRESS, "NotServed", "the new kind is not served yet")
    return judge(live, api.related(resource, live), None, judging.now, judging.rules)


def _is_crd(body: Object) -> bool:
    return kind_of(body).kind == "CustomResourceDefinition"


def _served(api: PlanCluster, crd: Object) -> bool:
    spec = crd["spec"]
    return api.resource(Kind(spec["group"], spec["names"]["kind"])) is not None


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
