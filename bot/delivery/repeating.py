"""Delivers once more what a target's newest deployment delivered: an operator asked for it, from the command line."""

from collections.abc import Sequence
from dataclasses import replace

from bot.delivery.keeping import say
from bot.domain.audit import Entry
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import look_job
from bot.ports.ledger import Transaction

OPERATOR = "operator"
"""Whose word it is: whoever may run the command line with the bot's settings."""


def deliver_again(tx: Transaction, rows: Sequence[Deployment], now: float) -> Deployment:
    """The deployment that stands for the branch's tip, given the operator's word: the newest of a target's rows while
    it is unfinished, else another attempt at its commit, which the target renders alike ever since.

    now: seconds since the epoch. Everything but the word is judged as for any other deployment.
    """
    newest = tx.deployments.get(rows[-1].id) or rows[-1]
    if newest.state.ended:
        found = tx.deployments.add(_repeated(rows, now)) or newest
    elif newest.state is DeploymentState.WAITING and not newest.word:
        found = replace(newest, word=OPERATOR, changed=now)
        tx.deployments.save(found)
    else:
        return newest
    tx.audit.add(Entry(now, found.repository, str(found.target), OPERATOR, "word", found.commit))
    tx.jobs.put(look_job(found.repository, found.target))
    say(tx, found)
    return found


def _repeated(rows: Sequence[Deployment], now: float) -> Deployment:
    """Another attempt at the newest row's commit. After a healthy one it brings nothing new, else the same again."""
    newest = rows[-1]
    healthy = newest.state is DeploymentState.HEALTHY
    new = Deployment(
        id=0,
        repository=newest.repository,
        target=newest.target,
        commit=newest.commit,
        attempt=1 + max(row.attempt for row in rows if row.commit == newest.commit),
        seq=0,
        state=DeploymentState.WAITING,
        base=newest.commit if healthy else newest.base,
        since=newest.commit if healthy else newest.since,
        word=OPERATOR,
        changed=now,
    )
    if healthy:
        return replace(new, direct_rulers=(newest.commit,), confirmed=newest.confirmed)
    brought = replace(new, pulls=newest.pulls, heads=newest.heads, rulers=newest.rulers)
    return replace(brought, direct=newest.direct, direct_rulers=newest.direct_rulers)
