"""Pulls, and the plans that were made for their heads or for commits that came without a pull."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from bot.domain.plans import Plan
from bot.domain.subjects import Target
from bot.ledger import codec
from bot.ledger.database import add, put
from bot.ledger.tables import plans, pull_targets, pulls
from bot.ports.ledger import PullRow

NO_PULL = ""


class SqlPlans:
    """Implements `bot.ports.ledger.Plans`. A pull's row points to its newest plan, which is kept by its head."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, repository: str, number: int) -> PullRow | None:
        found = sa.select(pulls.c.body, pulls.c.plan_head).where(
            pulls.c.repository == repository, pulls.c.number == number
        )
        row = self._connection.execute(found).one_or_none()
        if row is None:
            return None
        plan = self._plan(repository, str(number), row.plan_head) if row.plan_head is not None else None
        return replace(codec.load(PullRow, row.body), plan=plan)

    def put(self, repository: str, row: PullRow) -> None:
        if row.plan is not None:
            self._keep(repository, str(row.number), row.plan)
        values = {
            "repository": repository,
            "number": row.number,
            "status": row.status,
            "plan_head": row.plan.head if row.plan is not None else None,
            "body": codec.dump(replace(row, plan=None)),
        }
        put(self._connection, pulls, values)
        self._index(repository, row)

    def at(self, repository: str, number: int, head: str) -> Plan | None:
        return self._plan(repository, str(number), head)

    def neighbours(self, repository: str, number: int) -> Sequence[tuple[Target, int]]:
        mine, theirs = pull_targets.alias("mine"), pull_targets.alias("theirs")
        same = (theirs.c.repository, theirs.c.environment, theirs.c.app)
        found = (
            sa.select(mine.c.environment, mine.c.app, theirs.c.number)
            .where(mine.c.repository == repository, mine.c.number == number, theirs.c.number != number)
            .where(*(one == getattr(mine.c, one.name) for one in same))
        )
        return sorted((Target(row.environment, row.app), row.number) for row in self._connection.execute(found))

    def keep_commit(self, repository: str, commit: str, plan: Plan) -> None:
        # The row is found by the commit asked for, whatever the plan calls its head.
        values = {"repository": repository, "subject": NO_PULL, "head": commit, "body": codec.dump(plan)}
        put(self._connection, plans, values)

    def of_commit(self, repository: str, commit: str) -> Plan | None:
        return self._plan(repository, NO_PULL, commit)

    def unfinished(self) -> Sequence[tuple[str, int]]:
        rows = sa.select(pulls.c.repository, pulls.c.number).where(pulls.c.status == "planning")
        ordered = rows.order_by(pulls.c.repository, pulls.c.number)
        return [(row.repository, row.number) for row in self._connection.execute(ordered)]

    def _index(self, repository: str, row: PullRow) -> None:
        """Note which targets an open pull changes, and forget a closed one's."""
        is_its = (pull_targets.c.repository == repository, pull_targets.c.number == row.number)
        self._connection.execute(sa.delete(pull_targets).where(*is_its))
        open_plan = row.plan if not row.closed else None
        for each in open_plan.targets if open_plan is not None else ():
            if each.changes:
                target = {"environment": each.target.environment, "app": each.target.app}
                add(self._connection, pull_targets, {"repository": repository, "number": row.number, **target})

    def _keep(self, repository: str, subject: str, plan: Plan) -> None:
        values = {"repository": repository, "subject": subject, "head": plan.head, "body": codec.dump(plan)}
        put(self._connection, plans, values)

    def _plan(self, repository: str, subject: str, head: str) -> Plan | None:
        found = sa.select(plans.c.body).where(
            plans.c.repository == repository, plans.c.subject == subject, plans.c.head == head
        )
        body = self._connection.execute(found).scalar_one_or_none()
        return codec.load(Plan, body) if body is not None else None
