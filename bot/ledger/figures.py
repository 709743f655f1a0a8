"""Counts rows for whoever watches the bot."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from bot.domain.deployments import Deployment, DeploymentState
from bot.ledger import codec
from bot.ledger.queue import LANES
from bot.ledger.tables import deployments, due
from bot.ports.figures import Took

_table = deployments.c


class SqlFigures:
    """Implements `bot.ports.figures.Figures`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def due(self) -> Mapping[str, int]:
        counted = sa.select(due.c.queue, sa.func.count().label("many")).group_by(due.c.queue)
        return {lane.name: 0 for lane in LANES} | {row.queue: row.many for row in self._connection.execute(counted)}

    def states(self) -> Mapping[str, int]:
        counted = sa.select(_table.state, sa.func.count().label("many")).group_by(_table.state)
        found = {row.state: row.many for row in self._connection.execute(counted)}
        return {state.value: found.get(state.value, 0) for state in DeploymentState}

    def took(self) -> Sequence[Took]:
        place = (_table.repository, _table.environment, _table.app)
        healthy = _table.state == DeploymentState.HEALTHY.value
        newest = sa.select(*place, sa.func.max(_table.seq).label("seq")).where(healthy).group_by(*place).subquery()
        same = sa.and_(*(column == newest.c[column.name] for column in (*place, _table.seq)))
        found = sa.select(_table.body).join(newest, same).order_by(*place)
        rows = [codec.load(Deployment, body) for body in self._connection.execute(found).scalars()]
        return [Took(row.repository, row.target, row.changed - row.started) for row in rows if row.started]
