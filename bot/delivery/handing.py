"""Handing over: objects that another target of the repository had become this one's, with their UIDs.

The ledger's rows move right before the first write, which then changes the label. Until this one holds them, the other
target keeps them in its inventory and does not delete them. Each target writes its own inventory in the cluster, in its
own turn, and never the other's: this one names what comes before the rows move, that one follows once they have. A copy
of either that is ahead or behind asks for nothing, since the ledger says who holds each object (`recovering.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.delivery.keeping import Overtaken
from bot.delivery.scene import Reach, Scene, rendering_of
from bot.domain.config import Config
from bot.domain.deployments import Deployment
from bot.domain.errors import TryLater
from bot.domain.inventory import InventoryRow
from bot.domain.subjects import Target, look_job, target_key
from bot.objects.identity import ObjectKey
from bot.planning.applied import side_at
from bot.planning.configs import config_at
from bot.planning.moves import former
from bot.planning.sides import Ready, Side
from bot.ports.clusters import ClusterUnreachable
from bot.ports.ledger import Said
from bot.ports.world import Ports

AGAIN, AWAY = 2.0, 30.0
"""Seconds until it is looked again whether the target of the old name has come to rest, or a cluster is back."""
HANDED = "handed"
"""The slot under a target that holds in which cluster its inventory has to follow the ledger."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One object that comes: whose it was, its row there, and the ApplySet id that it carries until it is written."""

    source: Target
    row: InventoryRow
    applyset: str


def arrivals(scene: Scene, commit: str, reached: Reach, made: tuple[Side, Ready]) -> Mapping[ObjectKey, Arrival]:
    """What other targets of the repository hand to this one at a commit: all that a renamed app had, and what another
    target in the same cluster no longer has there. Raises TryLater while the old name is still at work."""
    side, ready = made
    config, own = _config(scene, commit), {row.object for row in reached.inventory.rows}
    was = former(config, scene.target)
    new = sorted(side.objects.keys() - own)
    with scene.ports.ledger.begin() as tx:
        known = tx.inventory.elsewhere(scene.repository.key, scene.target, new) if new else {}
        rows = tx.inventory.of(scene.repository.key, was) if was else ()
        busy = was and any(not row.state.ended for row in tx.deployments.of_target(scene.repository.key, was))
    if rows and busy:
        raise TryLater(f"{was} is still being delivered", AGAIN)
    found = {row.object: (was, row) for row in rows if was and row.object not in own}
    has = {other: _has(scene, config, commit, other, ready) for other in {other for other, _ in known.values()}}
    found |= {key: one for key, one in known.items() if (kept := has[one[0]]) is not None and key not in kept}
    name_of = reached.inventories.name_of
    return {
        key: Arrival(other, row, name_of(scene.repository.key, other).applyset) for key, (other, row) in found.items()
    }


def taken_by(scene: Scene, commit: str, keys: Sequence[ObjectKey], ready: Ready) -> Mapping[ObjectKey, Target]:
    """The objects among these that another target of the repository has at a commit, in the same cluster."""
    config = _config(scene, commit)
    found: dict[ObjectKey, Target] = {}
    for other in config.targets() if keys else ():
        has = _has(scene, config, commit, other, ready) if other != scene.target else frozenset()
        found |= {key: other for key in keys if has and key in has}
    return found


def hand_over(scene: Scene, row: Deployment, reached: Reach, arriving: Mapping[ObjectKey, Arrival]) -> None:
    """Make the rows of what arrives ours: first in our own inventory in the cluster, then in the ledger, where the turn
    of each target that had them becomes due in the same transaction. Cut short anywhere it is safe to repeat.

    Raises Overtaken when a row is no longer as it was read, UserMistake, and ClusterUnreachable.
    """
    if not arriving:
        return
    key, tells = scene.repository.key, Said(0, reached.cluster.name)
    coming = [replace(each.row, came_from=each.applyset) for each in arriving.values()]
    ours = {each.object: each for each in (*reached.inventory.rows, *coming)}
    reached.inventories.widen(replace(reached.inventory, rows=tuple(ours.values())), [], row.commit)
    with scene.ports.ledger.begin() as tx:
        sources = {each.source: tx.inventory.of(key, each.source) for each in arriving.values()}
        if tx.deployments.get(row.id) != row or any(each.row not in sources[each.source] for each in arriving.values()):
            raise Overtaken
        tx.inventory.put(key, scene.target, coming)
        for source in sorted(sources):
            tx.inventory.drop(key, source, [each.row.object for each in arriving.values() if each.source == source])
            tx.slots.put(target_key(key, source), HANDED, tells)
            tx.jobs.put(look_job(key, source))


def follow(ports: Ports, repository: str, target: Target) -> None:
    """After objects of a target were handed over: bring its inventory in the cluster to the rows that are left to it.

    For a look at that target, so that nobody else writes there meanwhile. Raises TryLater while the cluster is away.
    """
    key = target_key(repository, target)
    with ports.ledger.begin() as tx:
        said = tx.slots.get(key, HANDED)
        rows = tuple(tx.inventory.of(repository, target)) if said else ()
    if said is None:
        return
    cluster = ports.operator.clusters.get(said.digest)
    if cluster is not None:
        inventories = ports.clusters.inventories(cluster)
        try:
            inventories.settle(replace(inventories.name_of(repository, target), rows=rows))
        except ClusterUnreachable as away:
            raise TryLater(str(away), AWAY) from None
    with ports.ledger.begin() as tx:
        if tuple(tx.inventory.of(repository, target)) == rows:
            tx.slots.drop(key, HANDED)


def _config(scene: Scene, commit: str) -> Config:
    found = config_at(scene.ports.workspace, scene.repository, commit, merged=True)
    return found or Config(apps={}, environments={})


def _has(scene: Scene, config: Config, commit: str, other: Target, ready: Ready) -> frozenset[ObjectKey] | None:
    """What another target has at a commit: nothing once it is gone; None where nobody can say, or it is elsewhere."""
    places = [config.environments.get(each.environment) for each in (other, scene.target)]
    if places[0] is None or places[1] is None or places[0].cluster != places[1].cluster:
        return None
    if not config.names(other):
        return frozenset()
    side = side_at(rendering_of(scene.ports), scene.repository, other, commit, ready)
    return frozenset(side.objects) if side else None
