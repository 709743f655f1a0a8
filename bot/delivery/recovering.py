"""Before a deployment begins: what ledger, inventory and cluster remember of the target is brought together."""

from collections.abc import Collection
from dataclasses import replace

from bot.delivery.scene import Reach, Scene, rendered
from bot.domain.errors import UserMistake
from bot.domain.inventory import InventoryRow, reconciled
from bot.objects.canonical import PART_OF
from bot.objects.identity import ObjectKey
from bot.objects.ownership import MANAGER, applied_by
from bot.objects.paths import value_at
from bot.planning.observe import Wanted, observe


def recovered(scene: Scene, reached: Reach) -> Reach:
    """The same, with the rows that only one of the two has marked so, in the ledger as well; and with what a worker
    wrote right before it died, where its commit was overtaken.

    Raises UserMistake when the cluster's inventory cannot be believed, such as after an edit by hand: then nothing at
    all is written. Raises ClusterUnreachable.
    """
    key, target = scene.repository.key, scene.target
    sealed = reached.inventories.read(key, target)
    rows = reconciled(reached.inventory.rows, sealed)
    if sealed is not None and sealed.pending:
        rows = (*rows, *_unnoted(scene, reached, sealed.pending, {row.object for row in rows}))
    lost = [row.object for row in rows if reached.inventory.row(row.object) is None]
    with scene.ports.ledger.begin() as tx:
        handed = tx.inventory.elsewhere(key, target, lost) if lost else {}
    # What another target of ours holds by now was handed over: the cluster's copy of this one only lags behind.
    rows = tuple(row for row in rows if row.object not in handed)
    changed = [row for row in rows if row not in reached.inventory.rows]
    if changed:
        with scene.ports.ledger.begin() as tx:
            tx.inventory.put(key, target, changed)
    return replace(reached, inventory=replace(reached.inventory, rows=rows))


def _unnoted(scene: Scene, reached: Reach, pending: str, noted: Collection[ObjectKey]) -> list[InventoryRow]:
    """Objects of the commit whose writing was begun and not settled that are there and in no row: they carry our label
    and our manager's fields. That the UID is that of our own write nobody noted, so they count as recovered."""
    try:
        side, _ = rendered(scene, pending, reached)
    except UserMistake:
        return []
    sent = {key: each for key, each in side.objects.items() if key not in noted}
    wanted = [Wanted(key, each.body["apiVersion"].rpartition("/")[2]) for key, each in sent.items()]
    found = observe(reached.api, wanted, reached.inventory.applyset).live if wanted else {}
    rows = []
    for key, live in sorted(found.items()):
        label = value_at(live, ("metadata", "labels", PART_OF))
        if label == reached.inventory.applyset and applied_by(live, MANAGER):
            uid, fingerprint = live["metadata"]["uid"], scene.fingerprint(sent[key])
            rows.append(InventoryRow(key, live["apiVersion"], uid, pending, fingerprint, recovered=True))
    return rows
