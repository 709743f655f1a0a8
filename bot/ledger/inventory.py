"""The ledger's half of the inventory: one row per object of a target."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import sqlalchemy as sa

from bot.domain.inventory import BY_OBJECT, InventoryRow
from bot.domain.subjects import Target
from bot.ledger import codec
from bot.ledger.database import put_all
from bot.ledger.tables import inventory
from bot.objects.identity import ObjectKey

_CHUNK = 200
"""Objects asked about in one statement: databases bound how many values one may have."""


@lru_cache(maxsize=10_000)
def _row(body: str) -> InventoryRow:
    """A row by its text: every look reads all rows of its target, and few have changed since the last one."""
    return codec.load(InventoryRow, body)


class SqlInventoryRows:
    """Implements `bot.ports.ledger.InventoryRows`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def of(self, repository: str, target: Target) -> Sequence[InventoryRow]:
        found = sa.select(inventory.c.body).where(
            inventory.c.repository == repository,
            inventory.c.environment == target.environment,
            inventory.c.app == target.app,
        )
        rows = [_row(body) for body in self._connection.execute(found).scalars()]
        return sorted(rows, key=BY_OBJECT)

    def put(self, repository: str, target: Target, rows: Sequence[InventoryRow]) -> None:
        key = {"repository": repository, "environment": target.environment, "app": target.app}
        written = [{**key, "object": codec.dump(row.object), "body": codec.dump(row)} for row in rows]
        put_all(self._connection, inventory, written)

    def elsewhere(
        self, repository: str, target: Target, objects: Sequence[ObjectKey]
    ) -> Mapping[ObjectKey, tuple[Target, InventoryRow]]:
        found: dict[ObjectKey, tuple[Target, InventoryRow]] = {}
        for begin in range(0, len(objects), _CHUNK):
            names = [codec.dump(key) for key in objects[begin : begin + _CHUNK]]
            rows = sa.select(inventory.c.environment, inventory.c.app, inventory.c.body).where(
                inventory.c.repository == repository, inventory.c.object.in_(names)
            )
            for each in self._connection.execute(rows):
                other, row = Target(each.environment, each.app), _row(each.body)
                if other != target:
                    found[row.object] = (other, row)
        return found

    def drop(self, repository: str, target: Target, objects: Sequence[ObjectKey]) -> None:
        for key in objects:
            self._connection.execute(
                sa.delete(inventory).where(
                    inventory.c.repository == repository,
                    inventory.c.environment == target.environment,
                    inventory.c.app == target.app,
                    inventory.c.object == codec.dump(key),
                )
            )
