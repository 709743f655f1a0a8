"""The health of what a deployment wrote, each object on a copy read now, and what a failing container said last."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.delivery.scene import Reach, Scene
from bot.domain.config import HealthRule
from bot.objects.health import Health, HealthState, gone, judge, judge_run, told_of
from bot.objects.hooks import runs_once
from bot.objects.identity import Kind, Object, ObjectKey, key_of, kind_of
from bot.planning.observe import WORKERS, Wanted, observe
from bot.ports.clusters import ClusterUnreachable, PlanCluster, Refused

GOOD = (HealthState.CURRENT, HealthState.SUSPENDED)
_LINES = 10
_MANY = 20
"""Objects from which on they are listed rather than read one by one."""
_YOUNG = 2.0
"""Seconds after a write in which nobody asks what was noted: most objects need no more than that."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What judging a wave needs: the cluster, the repository's own rules, our label's value, when the wave was written,
    and the time."""

    api: PlanCluster
    rules: tuple[HealthRule, ...]
    applyset: str
    written: float
    now: float


def healths_of(judging: Judging, bodies: Sequence[Object]) -> list[tuple[ObjectKey, Health]]:
    """Each object judged on a copy read now, so never on one older than our write. Raises ClusterUnreachable."""
    lives = _listed(judging, bodies) if len(bodies) > _MANY else {}
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda body: (key_of(body), _health(judging, body, lives)), bodies))


def _listed(judging: Judging, bodies: Sequence[Object]) -> Mapping[ObjectKey, Object]:
    """Live objects by key, read with few requests. What is not among them is asked for by name."""
    wanted = [Wanted(key_of(body), body["apiVersion"].rpartition("/")[2]) for body in bodies]
    return observe(judging.api, wanted, judging.applyset).live


def _health(judging: Judging, body: Object, lives: Mapping[ObjectKey, Object]) -> Health:
    key, api = key_of(body), judging.api
    resource = api.resource(key.of, body["apiVersion"].rpartition("/")[2])
    if resource is None:
        return Health(HealthState.IN_PROGRESS, "NotServed", f"the kind {key.of} is not served")
    live = lives.get(key) or api.get(resource, key.namespace, key.name)
    if live is None:
        return gone(body, judging.written, judging.now)
    if isinstance(live, Refused):
        return Health(HealthState.UNKNOWN, "NotReadable", "it may not be read, so nobody knows its health")
    if _is_crd(body) and not _served(api, body):
        return Health(HealthState.IN_PROGRESS, "NotServed", "the new kind is not served yet")
    related = list(api.related(resource, live))
    health = _judged(judging, live, related)
    if health.state in GOOD or not key.namespace or judging.now - judging.written < _YOUNG:
        return health
    events = [event for uid in told_of(live, related) for event in api.events(key.namespace, uid)]
    return _judged(judging, live, [*related, *events]) if events else health


def last_lines(scene: Scene, reached: Reach, namespace: str, health: Health) -> tuple[str, ...]:
    """What the container that a failure is about wrote last, redacted; nothing unless the operator allows it."""
    if not (reached.cluster.pod_logs and health.container):
        return ()
    try:
        found = reached.api.log(namespace, health.pod, health.container, _LINES)
    except ClusterUnreachable:
        return ()
    return tuple(scene.redactor().text(line).plain for line in found)


def _judged(judging: Judging, live: Object, related: list[Object]) -> Health:
    if runs_once(live):
        return judge_run(live, related, judging.now)
    return judge(live, related, None, judging.now, judging.rules)


def _is_crd(body: Object) -> bool:
    return kind_of(body).kind == "CustomResourceDefinition"


def _served(api: PlanCluster, crd: Object) -> bool:
    spec = crd["spec"]
    return api.resource(Kind(spec["group"], spec["names"]["kind"])) is not None
