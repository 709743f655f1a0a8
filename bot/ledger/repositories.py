"""Repositories that events named, and the numeric ids that granted paths are pinned to."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.pulls import Repository
from bot.ledger import codec
from bot.ledger.database import add
from bot.ledger.tables import pins, repositories
from bot.ports.ledger import KnownRepository


class SqlRepositories:
    """Implements `bot.ports.ledger.Repositories`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def see(self, repository: Repository) -> None:
        body = codec.dump(repository)
        if not add(self._connection, repositories, {"key": repository.key, "body": body, "branch": "", "tip": ""}):
            self._connection.execute(
                sa.update(repositories).where(repositories.c.key == repository.key).values(body=body)
            )

    def get(self, key: str) -> KnownRepository | None:
        row = self._connection.execute(sa.select(repositories).where(repositories.c.key == key)).one_or_none()
        return _known(row) if row is not None else None

    def all(self) -> Sequence[KnownRepository]:
        return [_known(row) for row in self._connection.execute(sa.select(repositories).order_by(repositories.c.key))]

    def move(self, key: str, branch: str, tip: str, *, before: str) -> bool:
        same = (repositories.c.key == key, repositories.c.tip == before)
        moved = self._connection.execute(sa.update(repositories).where(*same).values(branch=branch, tip=tip))
        return moved.rowcount == 1

    def pin(self, address: str, id: int) -> bool:
        if add(self._connection, pins, {"address": address, "number": id}):
            return True
        pinned = self._connection.execute(sa.select(pins.c.number).where(pins.c.address == address)).scalar_one()
        return bool(pinned == id)


def _known(row: sa.Row[tuple[str, str, str, str]]) -> KnownRepository:
    return KnownRepository(codec.load(Repository, row.body), row.branch, row.tip)
