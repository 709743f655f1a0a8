"""Removes old rows, a repository at a time: `bot/domain/retention.py` says which deployments, the rest follows them."""

from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

import sqlalchemy as sa

from bot.domain.deployments import Deployment
from bot.domain.retention import forgettable
from bot.domain.stops import Lock
from bot.domain.subjects import commit_key, pull_key
from bot.ledger import codec
from bot.ledger.plans import NO_PULL
from bot.ledger.tables import (
    answers,
    approvals,
    candidates,
    deployment_pulls,
    deployments,
    holds,
    locks,
    plans,
    pull_targets,
    pulls,
    repositories,
    slots,
    verified,
)
from bot.ports.candidates import CandidateRow
from bot.ports.ledger import ISSUE, PullRow

T = TypeVar("T")
_AT_ONCE = 200


class SqlRetention:
    """Implements `bot.ports.retention.Retention`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def forget(self, repository: str, before: float) -> int:
        found = sa.select(deployments.c.body).where(deployments.c.repository == repository)
        rows = [codec.load(Deployment, row.body) for row in self._connection.execute(found)]
        old = {row.id: row for row in forgettable(rows, before)}
        kept = [row for row in rows if row.id not in old]
        self._deployments(old)
        tip = sa.select(repositories.c.tip).where(repositories.c.key == repository)
        asked = {row.commit for row in kept} | {self._connection.execute(tip).scalar_one_or_none() or ""}
        self._commits(repository, {row.commit for row in old.values()} - asked)
        numbers = self._closed(repository, before) - {number for row in kept for number in row.pulls}
        self._pulls(repository, numbers)
        self._locks(repository, before)
        unused = (verified.c.repository == repository, verified.c.at < before)
        self._connection.execute(sa.delete(verified).where(*unused))
        return len(old) + len(numbers)

    def _closed(self, repository: str, before: float) -> set[int]:
        """Pulls that were closed and whose plans are old."""
        found = sa.select(pulls.c.body).where(pulls.c.repository == repository)
        rows = [codec.load(PullRow, row.body) for row in self._connection.execute(found)]
        return {row.number for row in rows if row.closed and row.changed < before}

    def _deployments(self, ids: Iterable[int]) -> None:
        for some in _some(ids):
            self._connection.execute(sa.delete(deployment_pulls).where(deployment_pulls.c.deployment.in_(some)))
            self._connection.execute(sa.delete(deployments).where(deployments.c.id.in_(some)))

    def _commits(self, repository: str, commits: Collection[str]) -> None:
        """What was planned and said about commits."""
        for some in _some(commits):
            of = (plans.c.repository == repository, plans.c.subject == NO_PULL, plans.c.head.in_(some))
            self._connection.execute(sa.delete(plans).where(*of))
            subjects = [commit_key(repository, commit) for commit in some]
            self._issues(repository, subjects)
            self._said(subjects)

    def _issues(self, repository: str, subjects: Collection[str]) -> None:
        """What was approved and said on the issues of these commits."""
        found = sa.select(slots.c.id).where(slots.c.subject.in_(subjects), slots.c.slot == ISSUE)
        numbers = list(self._connection.execute(found).scalars())
        of = (approvals.c.repository == repository, approvals.c.number.in_(numbers))
        self._connection.execute(sa.delete(approvals).where(*of))
        self._said([pull_key(repository, number) for number in numbers])

    def _locks(self, repository: str, before: float) -> None:
        """Locks that ended by themselves so long ago."""
        found = sa.select(locks.c.body).where(locks.c.repository == repository)
        rows = [codec.load(Lock, body) for body in self._connection.execute(found).scalars()]
        ended = [row.place for row in rows if 0 < row.until < before]
        self._connection.execute(sa.delete(locks).where(locks.c.repository == repository, locks.c.place.in_(ended)))

    def _pulls(self, repository: str, numbers: Collection[int]) -> None:
        """Pulls with all their plans, and what was said under them."""
        for some in _some(numbers):
            subjects = [str(number) for number in some]
            self._connection.execute(
                sa.delete(plans).where(plans.c.repository == repository, plans.c.subject.in_(subjects))
            )
            for table in (pull_targets, approvals, holds, pulls):
                self._connection.execute(
                    sa.delete(table).where(table.c.repository == repository, table.c.number.in_(some))
                )
            self._said([pull_key(repository, number) for number in some])
        self._candidates(repository, numbers)

    def _candidates(self, repository: str, numbers: Collection[int]) -> None:
        """What a merge queue tried for pulls that are forgotten."""
        found = sa.select(candidates.c.body).where(candidates.c.repository == repository)
        rows = [codec.load(CandidateRow, body) for body in self._connection.execute(found).scalars()] if numbers else []
        for some in _some(row.head for row in rows if row.number in numbers):
            of = (candidates.c.repository == repository, candidates.c.head.in_(some))
            self._connection.execute(sa.delete(candidates).where(*of))
            self._said([commit_key(repository, head) for head in some])

    def _said(self, subjects: Collection[str]) -> None:
        for table in (slots, answers):
            self._connection.execute(sa.delete(table).where(table.c.subject.in_(subjects)))


def _some(all: Iterable[T]) -> Iterator[list[T]]:
    """A few at a time: a statement takes so many values and no more."""
    items = list(all)
    return (items[begin : begin + _AT_ONCE] for begin in range(0, len(items), _AT_ONCE))
