"""Writes a deployment's next state together with the jobs that it makes due."""

from dataclasses import replace

from bot.domain.audit import BOT, Entry
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import look_job, say_commit_job, say_pull_job, target_key
from bot.ports.ledger import Transaction
from bot.ports.world import Ports

UNSAID = 2.0
"""Seconds that a step on the way may stay unsaid. A forge takes few writes a minute, and most deployments have ended by
then: saying only that leaves the writes to what people wait for."""


class Overtaken(Exception):
    """Somebody else changed a row after it was read: a person gave a word, or another worker took over."""


def keep(ports: Ports, before: Deployment, after: Deployment, *, look_after: float = 0.0) -> Deployment:
    """Save a row if it changed, with its next look and whatever has to be said; returns it as saved.

    look_after in seconds. A deployment that ended wakes every other unfinished one of the repository, because they may
    have waited for it. Raises Overtaken when the row is no longer as it was read.
    """
    with ports.ledger.begin() as tx:
        if tx.deployments.get(before.id) != before:
            raise Overtaken
        if after != before:
            after = replace(after, changed=ports.clock.now())
            tx.deployments.save(after)
            note(tx, before, after)
            say(tx, after)
        if after.state.ended and not before.state.ended:
            wake_all(tx, after.repository)
        elif not after.state.ended:
            tx.jobs.put(look_job(after.repository, after.target), look_after)
    return after


def note(tx: Transaction, before: Deployment, after: Deployment) -> None:
    """Note in the audit that a deployment's writing began, what it deleted, and that it ended."""
    at, where, target = after.changed, after.repository, str(after.target)
    if after.state is DeploymentState.APPLYING and before.state is DeploymentState.CONFIRMING:
        progress = after.progress
        dangers = [f"replaces {key}" for key in progress.replacing] + [
            f"takes over {key}" for key in progress.taken_over
        ]
        tx.audit.add(Entry(at, where, target, BOT, "began", after.commit, "; ".join(dangers)))
    for key in after.progress.removed[len(before.progress.removed) :]:
        tx.audit.add(Entry(at, where, target, BOT, "deleted", str(key), f"by {after.commit}"))
    if after.state.ended and not before.state.ended:
        tx.audit.add(Entry(at, where, target, BOT, after.state.value, after.commit, after.reason))


def move(row: Deployment, state: DeploymentState, reason: str = "") -> Deployment:
    """The row in another state, with no conditions left over."""
    return replace(row, state=state, reason=reason, conditions=())


def cancelled_by(ports: Ports, row: Deployment) -> str:
    """Who asked to cancel a row, empty when nobody did. It stands beside the row, so that a step that goes on is not
    disturbed in the middle: what it wrote is noted before the row ends."""
    with ports.ledger.begin() as tx:
        said = tx.slots.get(target_key(row.repository, row.target), cancel_slot(row))
    return said.digest if said else ""


def cancel_slot(row: Deployment) -> str:
    """The slot under a target that holds who asked to cancel one of its deployments."""
    return f"cancel:{row.id}"


def say(tx: Transaction, row: Deployment) -> None:
    """Make what the forge shows of a deployment due: an end at once, the way there soon."""
    after = 0.0 if row.state.ended else UNSAID
    tx.jobs.put(say_commit_job(row.repository, row.commit), after)
    for number in pulls_of(tx, row):
        tx.jobs.put(say_pull_job(row.repository, number), after)


def pulls_of(tx: Transaction, row: Deployment) -> list[int]:
    """The pulls that tell of a deployment: those it contains, and those that a rollback takes back."""
    taken_back = tx.deployments.of_commit(row.repository, row.base) if row.rollback else ()
    pulls = {number for each in taken_back if each.target == row.target for number in each.pulls}
    return sorted(pulls.union(row.pulls))


def wake_all(tx: Transaction, repository: str) -> None:
    """A look at every target of a repository that has something unfinished."""
    targets = {row.target for row in tx.deployments.unfinished() if row.repository == repository}
    for target in sorted(targets):
        tx.jobs.put(look_job(repository, target))
