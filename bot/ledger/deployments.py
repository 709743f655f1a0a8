"""Deployments: numbered per target, unique by commit and attempt, moved only as the transition table allows."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from bot.domain.deployments import Deployment, DeploymentState, may_follow
from bot.domain.subjects import Target
from bot.ledger import codec
from bot.ledger.database import add
from bot.ledger.tables import deployment_pulls, deployments

_table = deployments.c


class SqlDeployments:
    """Implements `bot.ports.ledger.Deployments`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, deployment: Deployment) -> Deployment | None:
        key = _key(deployment)
        # Two writers may number a target at once: the loser of the unique index looks again.
        while self._connection.execute(sa.select(_table.id).where(*_same(key))).first() is None:
            newest = sa.select(sa.func.max(_table.seq)).where(*_of(deployment.repository, deployment.target))
            seq = (self._connection.execute(newest).scalar() or 0) + 1
            number = self._insert({**key, "seq": seq, "state": deployment.state.value, "body": ""})
            if number is not None:
                numbered = replace(deployment, id=number, seq=seq)
                self._write(numbered)
                return numbered
        return None

    def save(self, deployment: Deployment) -> None:
        found = sa.select(_table.state).where(_table.id == deployment.id).with_for_update()
        before = self._connection.execute(found).scalar_one_or_none()
        if before is None:
            raise ValueError(f"there is no deployment {deployment.id}")
        if not may_follow(DeploymentState(before), deployment.state):
            raise ValueError(f"deployment {deployment.id} is {before} and cannot become {deployment.state}")
        self._write(deployment)

    def get(self, id: int) -> Deployment | None:
        found = sa.select(_table.body).where(_table.id == id).with_for_update()
        body = self._connection.execute(found).scalar_one_or_none()
        return codec.load(Deployment, body) if body is not None else None

    def of_target(self, repository: str, target: Target) -> Sequence[Deployment]:
        return self._read(*_of(repository, target))

    def of_commit(self, repository: str, commit: str) -> Sequence[Deployment]:
        return self._read(_table.repository == repository, _table.commit_id == commit)

    def of_pull(self, repository: str, number: int) -> Sequence[Deployment]:
        linked = sa.select(deployment_pulls.c.deployment).where(deployment_pulls.c.number == number)
        return self._read(_table.repository == repository, _table.id.in_(linked))

    def targets(self, repository: str) -> Sequence[Target]:
        found = sa.select(_table.environment, _table.app).where(_table.repository == repository).distinct()
        return sorted(Target(row.environment, row.app) for row in self._connection.execute(found))

    def unfinished(self) -> Sequence[Deployment]:
        open_states = [state.value for state in DeploymentState if not state.ended]
        return self._read(_table.state.in_(open_states))

    def _insert(self, row: dict[str, object]) -> int | None:
        statement = sa.insert(deployments).values(**row).returning(_table.id)
        try:
            with self._connection.begin_nested():
                return int(self._connection.execute(statement).scalar_one())
        except sa.exc.IntegrityError:
            return None

    def _write(self, deployment: Deployment) -> None:
        values = {"state": deployment.state.value, "body": codec.dump(deployment)}
        self._connection.execute(sa.update(deployments).where(_table.id == deployment.id).values(**values))
        self._connection.execute(
            sa.delete(deployment_pulls).where(
                deployment_pulls.c.deployment == deployment.id, deployment_pulls.c.number.not_in(deployment.pulls)
            )
        )
        for number in deployment.pulls:
            add(self._connection, deployment_pulls, {"deployment": deployment.id, "number": number})

    def _read(self, *where: sa.ColumnElement[bool]) -> list[Deployment]:
        found = sa.select(_table.body).where(*where)
        ordered = found.order_by(_table.repository, _table.environment, _table.app, _table.seq)
        return [codec.load(Deployment, row.body) for row in self._connection.execute(ordered)]


def _key(deployment: Deployment) -> dict[str, object]:
    return {
        "repository": deployment.repository,
        "environment": deployment.target.environment,
        "app": deployment.target.app,
        "commit_id": deployment.commit,
        "attempt": deployment.attempt,
    }


def _same(key: dict[str, object]) -> list[sa.ColumnElement[bool]]:
    return [deployments.c[name] == value for name, value in key.items()]


def _of(repository: str, target: Target) -> tuple[sa.ColumnElement[bool], ...]:
    return (_table.repository == repository, _table.environment == target.environment, _table.app == target.app)
