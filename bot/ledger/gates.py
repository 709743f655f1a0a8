"""What people said about deployments: approvals, holds and locks."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.approvals import Approval
from bot.domain.stops import Hold, Lock
from bot.ledger import codec
from bot.ledger.database import put
from bot.ledger.tables import approvals, holds, locks

REVIEW, COMMENT = "review", "comment"


class SqlApprovals:
    """Implements `bot.ports.gates.Approvals`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, repository: str, approval: Approval) -> None:
        kind = REVIEW if approval.review else COMMENT
        key = {"repository": repository, "kind": kind, "source": approval.source, "environment": approval.environment}
        put(self._connection, approvals, {**key, "number": approval.number, "body": codec.dump(approval)})

    def of(self, repository: str, number: int) -> Sequence[Approval]:
        found = sa.select(approvals.c.body).where(*_of(repository, number))
        rows = [codec.load(Approval, body) for body in self._connection.execute(found).scalars()]
        return sorted(rows, key=lambda each: (each.at, each.source, each.environment))

    def drop_reviews(self, repository: str, number: int) -> None:
        self._connection.execute(sa.delete(approvals).where(*_of(repository, number), approvals.c.kind == REVIEW))


class SqlHolds:
    """Implements `bot.ports.gates.Holds`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, repository: str, hold: Hold) -> None:
        put(self._connection, holds, {"repository": repository, "number": hold.number, "body": codec.dump(hold)})

    def of(self, repository: str) -> Sequence[Hold]:
        found = sa.select(holds.c.body).where(holds.c.repository == repository).order_by(holds.c.number)
        return [codec.load(Hold, body) for body in self._connection.execute(found).scalars()]

    def drop(self, repository: str, number: int) -> None:
        self._connection.execute(sa.delete(holds).where(holds.c.repository == repository, holds.c.number == number))


class SqlLocks:
    """Implements `bot.ports.gates.Locks`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, repository: str, lock: Lock) -> None:
        put(self._connection, locks, {"repository": repository, "place": lock.place, "body": codec.dump(lock)})

    def of(self, repository: str) -> Sequence[Lock]:
        found = sa.select(locks.c.body).where(locks.c.repository == repository).order_by(locks.c.place)
        return [codec.load(Lock, body) for body in self._connection.execute(found).scalars()]

    def drop(self, repository: str, place: str) -> None:
        self._connection.execute(sa.delete(locks).where(locks.c.repository == repository, locks.c.place == place))


def _of(repository: str, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (approvals.c.repository == repository, approvals.c.number == number)
