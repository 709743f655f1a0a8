"""Namespaces that others make: what stands in them waits until they are there, and nothing is written before."""

from concurrent.futures import ThreadPoolExecutor

from bot.delivery.scene import Reach, Scene, reach
from bot.domain.deployments import Condition, Deployment, Wait
from bot.objects.identity import ObjectKey
from bot.planning.observe import WORKERS
from bot.planning.sides import Side
from bot.ports.clusters import ClusterUnreachable


def missing_namespaces(side: Side, reached: Reach) -> tuple[Condition, ...]:
    """A condition for each namespace that the target writes into, does not bring along, and that is not there.

    One that this identity may not look at is taken to be there. Raises ClusterUnreachable.
    """
    keys = [*side.objects, *side.hooks]
    own = {key.name for key in side.objects if key == ObjectKey("", "Namespace", "", key.name)}
    wanted = sorted({key.namespace for key in keys if key.namespace} - own)
    with ThreadPoolExecutor(WORKERS) as pool:
        there = dict(zip(wanted, pool.map(reached.api.namespace_exists, wanted), strict=True))
    return tuple(Condition(Wait.NAMESPACE, name) for name in wanted if there[name] is False)


def still_missing(scene: Scene, row: Deployment) -> tuple[Condition, ...]:
    """The namespaces that a row was found to wait for and that are still not there, as far as anybody can say."""
    waited = tuple(each for each in row.conditions if each.wait is Wait.NAMESPACE)
    if not waited:
        return ()
    try:
        api = reach(scene).api
        return tuple(each for each in waited if api.namespace_exists(each.subject) is False)
    except ClusterUnreachable:
        return waited
