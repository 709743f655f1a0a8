"""Delivers the default branch: runs when it moved, and for each look at a target that is being deployed."""

from bot.delivery.branch import deliver_tip
from bot.delivery.look import end_all, look
from bot.domain.subjects import Job, bases_job, read_target_key
from bot.ports.world import Ports

NEEDS = ("contents:read", "pull_requests:read")


def branch_moved(job: Job, ports: Ports) -> None:
    """Make the deployments of the default branch's tip, and have the open pulls looked at whose base it was.

    Raises TryLater when the forge or git is away.
    """
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(job.key)
    if known is None:
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        deliver_tip(ports, forge)
    with ports.ledger.begin() as tx:
        tx.jobs.put(bases_job(job.key))


def look_at_target(job: Job, ports: Ports) -> None:
    """One look at a target. Raises TryLater when something outside is away."""
    repository, target = read_target_key(job.key)
    look(ports, repository, target)


def gave_up(job: Job, incident: str, ports: Ports) -> None:
    """End the deployments of a target that could not be looked at for good, naming the incident."""
    repository, target = read_target_key(job.key)
    end_all(ports, repository, target, f"internal error {incident}")
