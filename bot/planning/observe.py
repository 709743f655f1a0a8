"""Reads what the cluster holds: one LIST per kind and namespace by our label, one GET for each expected miss."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.objects.identity import Kind, Object, ObjectKey
from bot.ports.clusters import PlanCluster, Refused, Resource

WORKERS = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object somebody expects, in the version it is written in."""

    key: ObjectKey
    version: str


@dataclass(frozen=True, slots=True)
class Observed:
    """Live objects by key. `hidden` are those this identity may not read; `unserved` are kinds the server lacks."""

    live: Mapping[ObjectKey, Object]
    hidden: Mapping[ObjectKey, Refused]
    unserved: frozenset[Kind]


def observe(cluster: PlanCluster, wanted: Iterable[Wanted], applyset: str) -> Observed:
    """What the cluster holds of the wanted objects. Raises ClusterUnreachable."""
    resources = {each: cluster.resource(each.key.of, each.version) for each in set(wanted)}
    served = {each.key: resource for each, resource in resources.items() if resource is not None}
    with ThreadPoolExecutor(WORKERS) as pool:
        live = _listed(cluster, served, applyset, pool)
        misses = [key for key in served if key not in live]
        answers = pool.map(lambda key: cluster.get(served[key], key.namespace, key.name), misses)
        found = dict(zip(misses, answers, strict=True))
    hidden = {key: answer for key, answer in found.items() if isinstance(answer, Refused)}
    live |= {key: answer for key, answer in found.items() if answer is not None and not isinstance(answer, Refused)}
    return Observed(live, hidden, frozenset(each.key.of for each in resources if each.key not in served))


def _listed(
    cluster: PlanCluster, served: Mapping[ObjectKey, Resource], applyset: str, pool: ThreadPoolExecutor
) -> dict[ObjectKey, Object]:
    places = {(resource, key.namespace) for key, resource in served.items()}
    lists = pool.map(lambda place: (place, cluster.list(place[0], place[1], applyset)), places)
    found: dict[ObjectKey, Object] = {}
    for (resource, namespace), items in lists:
        for item in items:
            key = ObjectKey(resource.kind.group, resource.kind.kind, namespace, item["metadata"]["name"])
            if key in served:
                found[key] = item
    return found
