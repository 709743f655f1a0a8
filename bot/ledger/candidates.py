"""Merge queues' candidates."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.ledger import codec
from bot.ledger.database import put
from bot.ledger.tables import candidates
from bot.ports.candidates import CandidateRow


class SqlCandidates:
    """Implements `bot.ports.candidates.Candidates`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, repository: str, head: str) -> CandidateRow | None:
        found = sa.select(candidates.c.body).where(candidates.c.repository == repository, candidates.c.head == head)
        body = self._connection.execute(found).scalar_one_or_none()
        return codec.load(CandidateRow, body) if body is not None else None

    def put(self, repository: str, row: CandidateRow) -> None:
        values = {"repository": repository, "head": row.head, "status": row.status, "body": codec.dump(row)}
        put(self._connection, candidates, values)

    def unfinished(self) -> Sequence[tuple[str, str]]:
        rows = sa.select(candidates.c.repository, candidates.c.head).where(
            candidates.c.status.in_(("queued", "planning"))
        )
        ordered = rows.order_by(candidates.c.repository, candidates.c.head)
        return [(row.repository, row.head) for row in self._connection.execute(ordered)]
