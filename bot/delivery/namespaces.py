"""Namespaces that others make: what stands in them waits until they are there, and nothing is written before."""

from concurrent.futures import ThreadPoolExecutor

from bot.delivery.scene import Reach, Scene, reach
from bot.domain.deployments import LEAVING, Condition, Deployment, Wait
from bot.objects.identity import ObjectKey
from bot.planning.observe import WORKERS
from bot.planning.sides import Side
from bot.ports.clusters import ApplyCluster, ClusterUnreachable, Presence


def missing_namespaces(side: Side, reached: Reach) -> tuple[Condition, ...]:
    """A condition for each namespace that the target writes into, does not bring along, and that takes nothing.

    One that this identity may not look at is taken to be there. Raises ClusterUnreachable.
    """
    keys = [*side.objects, *side.hooks]
    own = {key.name for key in side.objects if key == ObjectKey("", "Namespace", "", key.name)}
    wanted = sorted({key.namespace for key in keys if key.namespace} - own)
    with ThreadPoolExecutor(WORKERS) as pool:
        return tuple(each for each in pool.map(lambda name: _lacking(reached.api, name), wanted) if each)


def still_missing(scene: Scene, row: Deployment) -> tuple[Condition, ...]:
    """The namespaces that a row was found to wait for and that still take nothing, as far as anybody can say."""
    waited = tuple(each for each in row.conditions if each.wait is Wait.NAMESPACE)
    if not waited:
        return ()
    try:
        api = reach(scene).api
        return tuple(found for each in waited if (found := _lacking(api, each.subject)))
    except ClusterUnreachable:
        return waited


def _lacking(api: ApplyCluster, name: str) -> Condition | None:
    """Why nothing new can be written into a namespace; None when it can, or nobody may say."""
    match api.namespace(name):
        case Presence.ABSENT:
            return Condition(Wait.NAMESPACE, name)
        case Presence.LEAVING:
            return Condition(Wait.NAMESPACE, name, LEAVING)
    return None
