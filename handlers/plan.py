"""Plans a pull: runs when it was opened, pushed to, retargeted, or somebody asked for it."""

from dataclasses import replace

from bot.domain.errors import UserMistake
from bot.domain.plans import Plan
from bot.domain.pulls import Pull, Repository
from bot.domain.subjects import Job, branch_job, read_pull_key, say_pull_job
from bot.planning.access import GrantedAccess
from bot.planning.configs import configs_of
from bot.planning.make import Planner, PlanRequest, make_plan
from bot.planning.rendering import Rendering
from bot.ports.ledger import PullRow
from bot.ports.workspace import MergeConflict
from bot.ports.world import Ports

NEEDS = ("contents:read", "pull_requests:read")


def plan_pull(job: Job, ports: Ports) -> None:
    """Plan the pull's head as it is now, and have it said. Raises TryLater when the forge or git is away."""
    key, number = read_pull_key(job.key)
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(key)
    if known is None:
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        pull = forge.pulls.get(number)
        branch, _ = forge.pulls.default_branch()
    if pull is None:
        return
    if not pull.open:
        _closed(ports, known.repository, pull, branch)
    elif pull.base_branch != branch:
        _put(ports, known.repository, _row(pull, "", "elsewhere", ports))
    else:
        _plan_open(ports, known.repository, pull)


def gave_up(job: Job, incident: str, ports: Ports) -> None:
    """End the check of a pull whose planning failed for good, naming the incident."""
    key, number = read_pull_key(job.key)
    with ports.ledger.begin() as tx:
        row = tx.plans.get(key, number)
        if row is not None and row.status == "planning":
            tx.plans.put(key, replace(row, status="failed", error=f"internal error {incident}"))
            tx.jobs.put(say_pull_job(key, number))


def _closed(ports: Ports, repository: Repository, pull: Pull, branch: str) -> None:
    """A closed pull is only linked; what was merged is delivered because the branch moved."""
    with ports.ledger.begin() as tx:
        row = tx.plans.get(repository.key, pull.number)
        if row is not None:
            status = "silent" if row.status == "planning" else row.status
            tx.plans.put(repository.key, replace(row, status=status, merged_as=pull.merge_commit or ""))
            tx.jobs.put(say_pull_job(repository.key, pull.number))
        if pull.merged and pull.base_branch == branch:
            tx.jobs.put(branch_job(repository.key))


def _plan_open(ports: Ports, repository: Repository, pull: Pull) -> None:
    ports.workspace.fetch(repository, pull.head, branch=pull.base_branch)
    base = ports.workspace.tip(repository, pull.base_branch)
    row = _row(pull, base, "planning", ports)
    merged = ports.workspace.merge(repository, base, pull.head)
    if isinstance(merged, MergeConflict):
        paths = ", ".join(merged.paths[:5])
        error = f"conflicts with {pull.base_branch} in {paths}; it is planned again on the next push"
        _put(ports, repository, replace(row, status="failed", error=error))
        return
    if pull.from_fork(repository):
        _put(ports, repository, replace(row, status="fork"))
        return
    try:
        if configs_of(ports.workspace, repository, base, merged) is None:
            _put(ports, repository, replace(row, status="silent"))
            return
        _put(ports, repository, row)
        plan = _make(ports, repository, PlanRequest(repository, base, merged, pull.head))
    except UserMistake as mistake:
        _put(ports, repository, replace(row, status="failed", error=str(mistake)))
        return
    _put(ports, repository, replace(row, status="planned", plan=plan))


def _make(ports: Ports, repository: Repository, request: PlanRequest) -> Plan | None:
    started = ports.clock.now()
    rendering = Rendering(ports.workspace, ports.renderer, ports.renders)
    plan = make_plan(request, Planner(rendering, GrantedAccess(ports, repository), ports.fingerprint_key))
    return replace(plan, seconds=round(ports.clock.now() - started, 1)) if plan else None


def _row(pull: Pull, base: str, status: str, ports: Ports) -> PullRow:
    return PullRow(
        pull.number, pull.head, base, status, author=pull.author, title=pull.title, changed=ports.clock.now()
    )


def _put(ports: Ports, repository: Repository, row: PullRow) -> None:
    with ports.ledger.begin() as tx:
        if row.plan is None:
            before = tx.plans.get(repository.key, row.number)
            row = replace(row, plan=before.plan if before else None)
        tx.plans.put(repository.key, row)
        tx.jobs.put(say_pull_job(repository.key, row.number))
