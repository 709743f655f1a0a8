"""Delivers the default branch: runs when it moved, and for each look at a target that is being deployed."""

import structlog

from bot.delivery.branch import deliver_tip
from bot.delivery.look import look
from bot.domain.errors import UserMistake
from bot.domain.subjects import Job, plan_job, read_target_key
from bot.ports.world import Ports

NEEDS = ("contents:read", "pull_requests:read")

_log = structlog.get_logger("plumbline.deploy")


def branch_moved(job: Job, ports: Ports) -> None:
    """Make the deployments of the default branch's tip, and plan open pulls whose base it was.

    Raises TryLater when the forge or git is away.
    """
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(job.key)
    if known is None:
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        try:
            deliver_tip(ports, forge)
        except UserMistake as mistake:
            _log.warning("tip-not-delivered", repository=job.key, why=str(mistake))
        moved_to = forge.pulls.default_branch()
        stale = [pull.number for pull in forge.pulls.open() if pull.base_branch == moved_to[0]]
    with ports.ledger.begin() as tx:
        for number in stale:
            row = tx.plans.get(job.key, number)
            if row is None or row.base != moved_to[1]:
                tx.jobs.put(plan_job(job.key, number))


def look_at_target(job: Job, ports: Ports) -> None:
    """One look at a target. Raises TryLater when something outside is away."""
    repository, target = read_target_key(job.key)
    look(ports, repository, target)
