"""Before a deployment begins: what ledger and cluster remember of the inventory is brought together."""

from dataclasses import replace

from bot.delivery.scene import Reach, Scene
from bot.domain.inventory import reconciled


def recovered(scene: Scene, reached: Reach) -> Reach:
    """The same, with the rows that only one of the two has marked so, in the ledger as well.

    Raises UserMistake when the cluster's inventory cannot be believed, such as after an edit by hand: then nothing at
    all is written. Raises ClusterUnreachable.
    """
    key, target = scene.repository.key, scene.target
    sealed = reached.inventories.read(key, target)
    rows = reconciled(reached.inventory.rows, sealed)
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
