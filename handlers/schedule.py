"""Every sweep: what runs without anybody asking, so that a lost event delays and never loses."""

import structlog

from bot.domain.deployments import Wait
from bot.domain.errors import TryLater
from bot.domain.pulls import Repository
from bot.domain.subjects import (
    Job,
    branch_job,
    candidate_job,
    look_job,
    orphans_job,
    plan_job,
    reviews_job,
    say_candidate_job,
    say_commit_job,
    say_pull_job,
)
from bot.ports.clusters import ClusterUnreachable
from bot.ports.delivery_log import DeliveryLog, FailedDelivery
from bot.ports.forge import ForgeRefused
from bot.ports.ledger import Transaction
from bot.ports.world import Ports

SWEEP_SECONDS = 30.0
PLANNING_SECONDS = 300.0
"""How long a plan may be under way before it counts as lost: a run that lost its worker is resumed long before."""
POLL_SECONDS = 300.0
PROVE_SECONDS = 3600.0
FORGET_SECONDS = 24 * 3600.0
ORPHANS_SECONDS, ORPHANS_AFTER = 7 * 24 * 3600.0, 600.0
KEEP_SECONDS = 90 * 24 * 3600.0
"""How long deployments, closed pulls and what was said about them are remembered at least."""
LISTEN_SECONDS = 120.0
LOOK_BACK_SECONDS = 3 * 24 * 3600.0
MOST_ASKED = 100
REFUSED = (400, 413)
"""How the door answers what it can make nothing of, and would again."""

NEEDS = ("contents:read", "pull_requests:read")

_log = structlog.get_logger("plumbline.schedule")


def sweep(ports: Ports) -> None:
    """Every 30 s: each unfinished plan and deployment without a due job gets one, and what is shown of it catches up.

    A job that is due stays as it is: after a failure it waits longer each time, until it is given up.
    """
    with ports.ledger.begin() as tx:
        wanted: list[Job] = []
        planning = [
            *((plan_job(*pull), say_pull_job(*pull)) for pull in tx.plans.unfinished()),
            *((candidate_job(*each), say_candidate_job(*each)) for each in tx.candidates.unfinished()),
        ]
        for plan, said in planning:
            lost = ports.clock.now() - tx.jobs.began(plan) > PLANNING_SECONDS
            wanted += [*([plan] if lost else []), said]
        for row in tx.deployments.unfinished():
            wanted += [look_job(row.repository, row.target), say_commit_job(row.repository, row.commit)]
        for job in wanted:
            if not tx.jobs.due(job):
                tx.jobs.put(job)


def forget(ports: Ports) -> None:
    """Daily: what nothing asks for any more leaves the ledger, a repository at a time. The audit is kept, and so is
    whatever a later deployment may be held against."""
    with ports.ledger.begin() as tx:
        known = tx.repositories.all()
    for each in known:
        with ports.ledger.begin() as tx:
            many = tx.retention.forget(each.repository.key, ports.clock.now() - KEEP_SECONDS)
        if many:
            _log.info("old rows forgotten", repository=each.repository.key, many=many)


def prove(ports: Ports) -> None:
    """At start and hourly: for every grant, that its planning identity cannot write. A proof that fails stops planning
    there by itself; it is logged, so that the operator hears of it before a pull does."""
    for cluster in ports.operator.clusters.values():
        for grant in cluster.grants:
            try:
                ports.clusters.plan(cluster, grant)
            except ClusterUnreachable as failed:
                _log.warning(
                    "planning identity not proven", cluster=cluster.name, repository=grant.repository, why=str(failed)
                )


def look_for_orphans(ports: Ports) -> None:
    """Weekly, a while after the start: what carries our label in clusters and stands in no inventory is told."""
    with ports.ledger.begin() as tx:
        for each in tx.repositories.all():
            tx.jobs.put(orphans_job(each.repository.key), ORPHANS_AFTER)


def poll(ports: Ports) -> None:
    """Every five minutes: default branches and open pulls are looked at, in case their webhooks never came.

    A repository that cannot be asked does not keep the others from it.
    """
    with ports.ledger.begin() as tx:
        known = tx.repositories.all()
    for each in known:
        try:
            _poll(ports, each.repository)
        except (TryLater, ForgeRefused) as away:
            _log.warning("not polled", repository=each.repository.key, why=str(away))


def _poll(ports: Ports, repository: Repository) -> None:
    with ports.forges.open(repository, *NEEDS) as forge:
        branch, tip = forge.pulls.default_branch()
        open_pulls = forge.pulls.open()
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(repository.key)
        if tip and known is not None and (known.branch, known.tip) != (branch, tip):
            tx.jobs.put(branch_job(repository.key))
        for number in _unapproved(tx, repository.key):
            tx.jobs.put(reviews_job(repository.key, number))
        for pull in open_pulls:
            row = tx.plans.get(repository.key, pull.number)
            if row is None or row.head != pull.head:
                tx.jobs.put(plan_job(repository.key, pull.number))


def _unapproved(tx: Transaction, repository: str) -> set[int]:
    """Pulls whose approvals something waits for: a review's webhook may have been lost."""
    return {
        number
        for row in tx.deployments.unfinished()
        if row.repository == repository and any(each.wait is Wait.APPROVALS for each in row.conditions)
        for number in row.pulls
    }


def listen(ports: Ports) -> None:
    """Every two minutes: deliveries that never reached us are asked for again, under their old id.

    Those tried longest ago come first, and after a long silence a few at a time: the forge limits us, and what is asked
    for comes in at the door at once.
    """
    since = ports.clock.now() - LOOK_BACK_SECONDS
    for log in ports.delivery_logs:
        try:
            hopeful = [failed for failed in log.failed(since) if failed.answered not in REFUSED]
            for failed in hopeful[:MOST_ASKED]:
                _ask_again(log, failed)
        except TryLater as away:
            _log.warning("deliveries not asked for", why=str(away))


def _ask_again(log: DeliveryLog, failed: FailedDelivery) -> None:
    """One that the forge will not repeat does not keep the others from being asked for."""
    try:
        log.ask_again(failed.attempt)
    except ForgeRefused as refused:
        _log.warning("delivery not asked for", delivery=failed.delivery, why=str(refused))
