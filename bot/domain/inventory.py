"""The inventory of a target: the objects we own there, and how each was last written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from bot.objects.identity import ObjectKey


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One object we wrote. `commit` rendered it; `uid` is the one our own write got; `fingerprint` is keyed.

    `left` is true once Git no longer has it and it was left in place. `hook` is true for a hook that ran for `commit`:
    Git has it under another name, and it is removed like the rest. `recovered` is true while only one of ledger and
    cluster knows it: then it is deleted only by confirmation. `came_from` is the ApplySet id that its label carries
    until we write it, where another target handed it over.
    """

    object: ObjectKey
    api_version: str
    uid: str
    commit: str
    fingerprint: str
    left: bool = False
    hook: bool = False
    recovered: bool = False
    came_from: str = ""


BY_OBJECT: Final = attrgetter("object.group", "object.kind", "object.namespace", "object.name")
"""What rows are sorted by: the order of their objects, told without comparing two of them in Python."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All rows of a target, with the name of its ConfigMap and the ApplySet id our label carries.

    `subject` says for people whose it is (`github:12 prod/web`): the name is a hash. `pending` is the journal: the
    commit whose writing was begun and not settled.
    """

    name: str
    applyset: str
    rows: tuple[InventoryRow, ...] = ()
    subject: str = ""
    pending: str = ""

    @property
    def labels(self) -> frozenset[str]:
        """What our label may say on objects of ours: our ApplySet id, and those of targets that handed some over."""
        return frozenset({self.applyset, *(row.came_from for row in self.rows if row.came_from)})

    def row(self, key: ObjectKey) -> InventoryRow | None:
        """The row of an object, if it is ours."""
        return next((row for row in self.rows if row.object == key), None)


def reconciled(ledger: Sequence[InventoryRow], sealed: Inventory | None) -> tuple[InventoryRow, ...]:
    """What we own by the ledger's rows and the cluster's, which are `None` where there are none.

    Rows on which both agree, or that the journal explains, stand as they are. The others are kept, as recovered.
    """
    theirs = {row.object: row for row in sealed.rows} if sealed else {}
    pending = sealed.pending if sealed else ""
    found = []
    for row in ledger:
        other = theirs.pop(row.object, None)
        known = (other is not None and other.uid == row.uid) or (pending and row.commit == pending)
        found.append(row if known else replace(row, recovered=True))
    found += [replace(row, recovered=True) for row in theirs.values()]
    return tuple(sorted(found, key=BY_OBJECT))
