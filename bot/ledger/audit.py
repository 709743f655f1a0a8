"""The audit's rows: one chain, whoever writes. Each transaction that noted something takes the chain's end for itself.

Entries are written at the end of their transaction, after everything else it locks, so that two transactions never wait
for each other in a circle, and the end is held as briefly as can be.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.audit import Entry, Noted, seal
from bot.ledger import codec
from bot.ledger.tables import audit, audit_end
from bot.ports.audit import Wanted


class SqlAudit:
    """Implements `bot.ports.audit.Audit`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._new: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._new.append(entry)

    def page(self, after: int, wanted: Wanted, most: int) -> Sequence[Noted]:
        found = sa.select(audit).where(audit.c.number > after, audit.c.at >= wanted.since)
        if wanted.repository:
            found = found.where(audit.c.repository == wanted.repository)
        if wanted.target:
            found = found.where(audit.c.target == wanted.target)
        return [_noted(row) for row in self._connection.execute(found.order_by(audit.c.number).limit(most))]

    def end(self) -> tuple[int, str]:
        row = self._connection.execute(sa.select(audit_end.c.number, audit_end.c.hash)).one_or_none()
        return (row.number, row.hash) if row is not None else (0, "")

    def flush(self) -> None:
        """Write what was noted. Called once, as the last thing of the transaction."""
        if not self._new:
            return
        locked = sa.select(audit_end.c.number, audit_end.c.hash).with_for_update()
        before, last = self._connection.execute(locked).one()
        rows = []
        for number, entry in enumerate(self._new, before + 1):
            last = seal(last, number, entry)
            keys = {"repository": entry.repository, "target": entry.target, "at": entry.at}
            rows.append({"number": number, **keys, "body": codec.dump(entry), "hash": last})
        self._connection.execute(sa.insert(audit), rows)
        self._connection.execute(sa.update(audit_end).values(number=before + len(rows), hash=last))


def _noted(row: sa.Row[tuple[int, str, str, float, str, str]]) -> Noted:
    """What is searched for stands in columns of its own, and counts as changed when it differs from the sealed text."""
    entry = codec.load(Entry, row.body)
    same = (row.repository, row.target, row.at) == (entry.repository, entry.target, entry.at)
    return Noted(row.number, entry, row.hash if same else "")
