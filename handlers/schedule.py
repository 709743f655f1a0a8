"""Every sweep: what runs without anybody asking, so that a lost event delays and never loses."""

from bot.domain.subjects import branch_job, look_job, plan_job, say_commit_job, say_pull_job
from bot.ports.world import Ports

SWEEP_SECONDS = 30.0
POLL_SECONDS = 300.0
LISTEN_SECONDS = 120.0
LOOK_BACK_SECONDS = 3 * 24 * 3600.0


def sweep(ports: Ports) -> None:
    """Every 30 s: each unfinished plan and deployment has a job that is due, and what is shown of it catches up."""
    with ports.ledger.begin() as tx:
        for repository, number in tx.plans.unfinished():
            tx.jobs.put(plan_job(repository, number))
            tx.jobs.put(say_pull_job(repository, number))
        for row in tx.deployments.unfinished():
            tx.jobs.put(look_job(row.repository, row.target))
            tx.jobs.put(say_commit_job(row.repository, row.commit))


def poll(ports: Ports) -> None:
    """Every five minutes: default branches and open pulls are looked at, in case their webhooks never came."""
    with ports.ledger.begin() as tx:
        known = tx.repositories.all()
    for each in known:
        repository = each.repository
        with ports.forges.open(repository, "contents:read", "pull_requests:read") as forge:
            _, tip = forge.pulls.default_branch()
            heads = [(pull.number, pull.head) for pull in forge.pulls.open()]
        with ports.ledger.begin() as tx:
            if tip != each.tip:
                tx.jobs.put(branch_job(repository.key))
            for number, head in heads:
                row = tx.plans.get(repository.key, number)
                if row is None or row.head != head:
                    tx.jobs.put(plan_job(repository.key, number))


def listen(ports: Ports) -> None:
    """Every two minutes: deliveries that never reached us are asked for again, under their old id."""
    since = ports.clock.now() - LOOK_BACK_SECONDS
    for log in ports.delivery_logs:
        for failed in log.failed(since):
            log.ask_again(failed.attempt)
