"""What was written where on the forge."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.ledger.database import put
from bot.ledger.tables import slots
from bot.ports.ledger import Said


class SqlSlots:
    """Implements `bot.ports.ledger.Slots`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, subject: str, slot: str) -> Said | None:
        found = sa.select(slots.c.id, slots.c.digest).where(slots.c.subject == subject, slots.c.slot == slot)
        row = self._connection.execute(found).one_or_none()
        return Said(row.id, row.digest) if row is not None else None

    def put(self, subject: str, slot: str, said: Said) -> None:
        put(self._connection, slots, {"subject": subject, "slot": slot, "id": said.id, "digest": said.digest})

    def drop(self, subject: str, slot: str) -> None:
        self._connection.execute(sa.delete(slots).where(slots.c.subject == subject, slots.c.slot == slot))

    def under(self, subject: str) -> Sequence[str]:
        found = sa.select(slots.c.slot).where(slots.c.subject == subject).order_by(slots.c.slot)
        return list(self._connection.execute(found).scalars())
