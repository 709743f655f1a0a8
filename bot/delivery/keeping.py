"""Writes a deployment's next state together with the jobs that it makes due."""

from dataclasses import replace

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import look_job, say_commit_job, say_pull_job
from bot.ports.ledger import Transaction
from bot.ports.world import Ports


def keep(ports: Ports, before: Deployment, after: Deployment, *, look_after: float = 0.0) -> Deployment:
    """Save a row if it changed, with its next look and whatever has to be said; returns it as saved.

    look_after in seconds. A deployment that ended wakes every other unfinished one of the repository, because they may
    have waited for it.
    """
    with ports.ledger.begin() as tx:
        changed = after != before
        if changed:
            after = replace(after, changed=ports.clock.now())
            tx.deployments.save(after)
            say(tx, after)
        if after.state.ended and not before.state.ended:
            wake_all(tx, after.repository)
        elif not after.state.ended:
            tx.jobs.put(look_job(after.repository, after.target), look_after)
    return after


def move(row: Deployment, state: DeploymentState, reason: str = "") -> Deployment:
    """The row in another state, with no conditions left over."""
    return replace(row, state=state, reason=reason, conditions=())


def say(tx: Transaction, row: Deployment) -> None:
    """Make what the forge shows of a deployment due."""
    tx.jobs.put(say_commit_job(row.repository, row.commit))
    for number in row.pulls:
        tx.jobs.put(say_pull_job(row.repository, number))


def wake_all(tx: Transaction, repository: str) -> None:
    """A look at every target of a repository that has something unfinished."""
    targets = {row.target for row in tx.deployments.unfinished() if row.repository == repository}
    for target in sorted(targets):
        tx.jobs.put(look_job(repository, target))
