"""What plans have verified: keyed hashes, each for an hour."""

from collections.abc import Callable, Collection

import sqlalchemy as sa

from bot.domain.subjects import Target
from bot.ledger.database import put_all
from bot.ledger.tables import verified

SECONDS = 3600.0
"""How long an object counts as verified (DESIGN §6.4)."""


class SqlVerified:
    """Implements `bot.ports.ledger.Verified`. `now` is the database's clock."""

    def __init__(self, connection: sa.Connection, now: Callable[[], float]) -> None:
        self._connection, self._now = connection, now

    def of(self, repository: str, target: Target) -> frozenset[str]:
        rows = sa.select(verified.c.hash).where(*_of(repository, target), verified.c.at > self._now() - SECONDS)
        return frozenset(self._connection.execute(rows).scalars())

    def put(self, repository: str, target: Target, hashes: Collection[str]) -> None:
        old = sa.delete(verified).where(*_of(repository, target), verified.c.at <= self._now() - SECONDS)
        self._connection.execute(old)
        key = {"repository": repository, "environment": target.environment, "app": target.app, "at": self._now()}
        put_all(self._connection, verified, [{**key, "hash": each} for each in sorted(hashes)])


def _of(repository: str, target: Target) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        verified.c.repository == repository,
        verified.c.environment == target.environment,
        verified.c.app == target.app,
    )
