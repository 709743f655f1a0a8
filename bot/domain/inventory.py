"""The inventory of a target: the objects we own there, and how each was last written."""

from dataclasses import dataclass

from bot.objects.identity import ObjectKey


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One object we wrote. `commit` rendered it; `uid` is the one our own write got; `fingerprint` is keyed.

    `left` is true once Git no longer has it and it was left in place. `hook` is true for a hook that ran for `commit`:
    Git has it under another name, and it is removed like the rest.
    """

    object: ObjectKey
    api_version: str
    uid: str
    commit: str
    fingerprint: str
    left: bool = False
    hook: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """All rows of a target, with the name of its ConfigMap and the ApplySet id our label carries.

    `subject` says for people whose it is (`github:12 prod/web`): the name is a hash.
    """

    name: str
    applyset: str
    rows: tuple[InventoryRow, ...] = ()
    subject: str = ""

    def row(self, key: ObjectKey) -> InventoryRow | None:
        """The row of an object, if it is ours."""
        return next((row for row in self.rows if row.object == key), None)
