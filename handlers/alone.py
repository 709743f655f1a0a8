"""Plans a commit that came without a pull: runs when somebody has to speak about it, and has to see what it does.

Its plan stands as a check on the commit and in the commit's own issue. Confirming plans it once more before anything is
written, and asks again when that shows more.
"""

from collections.abc import Sequence
from itertools import groupby

from bot.delivery.scene import rendering_of
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import UserMistake
from bot.domain.plans import Finding, Plan, TargetPlan, TargetState
from bot.domain.pulls import Repository
from bot.domain.subjects import Job, Target, read_commit_key, say_commit_job
from bot.objects.redact import inert
from bot.planning.access import GrantedAccess
from bot.planning.make import Planner, PlanRequest, make_plan, plan_digest
from bot.ports.world import Ports

AGAIN = 60.0
"""Seconds until it is planned again what a cluster did not answer for."""


def plan_commit(job: Job, ports: Ports) -> None:
    """Plan those targets of a commit that wait, each against what it last ran healthily, and have it said. Raises
    TryLater when the forge or git is away."""
    key, commit = read_commit_key(job.key)
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(key)
    waiting = _waiting(ports, key, commit)
    if known is None or not waiting:
        return
    ports.workspace.fetch(known.repository, commit)
    _keep(ports, job, _planned(ports, known.repository, waiting))


def gave_up(job: Job, incident: str, ports: Ports) -> None:
    """Say that a commit could not be planned, naming the incident: people may have to decide all the same."""
    key, commit = read_commit_key(job.key)
    targets = [row.target for row in _waiting(ports, key, commit)]
    if targets:
        _keep(ports, job, _broken(commit, targets, f"internal error {incident}"))


def _waiting(ports: Ports, key: str, commit: str) -> list[Deployment]:
    with ports.ledger.begin() as tx:
        rows = tx.deployments.of_commit(key, commit)
    return [row for row in rows if row.state is DeploymentState.WAITING]


def _planned(ports: Ports, repository: Repository, rows: Sequence[Deployment]) -> Plan:
    """One plan for all rows. Where nothing ran healthily yet, a target is held against the commit's parent."""
    commit = rows[0].commit
    parent = next(iter(ports.workspace.older(repository, commit, 1)), commit)
    based = sorted((row.since or parent, row.target) for row in rows)
    planner = Planner(rendering_of(ports), GrantedAccess(ports, repository), ports.fingerprint_key)
    targets: list[TargetPlan] = []
    findings: dict[Finding, None] = {}
    for base, group in groupby(based, key=lambda each: each[0]):
        wanted = tuple(target for _, target in group)
        plan = _made(PlanRequest(repository, base, commit, commit, wanted), planner)
        silent = set(wanted) - {row.target for row in plan.targets}
        targets += [*plan.targets, *(TargetPlan(target, TargetState.UNCHANGED) for target in silent)]
        findings |= dict.fromkeys(plan.findings)
    return Plan(commit, based[0][0], "", tuple(targets), findings=tuple(findings))


def _made(request: PlanRequest, planner: Planner) -> Plan:
    try:
        plan = make_plan(request, planner)
    except UserMistake as mistake:
        return _broken(request.head, request.only, str(mistake))
    return plan or Plan(request.head, request.base, "", ())


def _broken(commit: str, targets: Sequence[Target], why: str) -> Plan:
    rows = [TargetPlan(target, TargetState.ERROR, error=inert(why, 1000)) for target in targets]
    return Plan(commit, "", "", tuple(rows))


def _keep(ports: Ports, job: Job, plan: Plan) -> None:
    """Join it to what is known of the commit's other targets. What a cluster did not answer for is planned again."""
    key, commit = read_commit_key(job.key)
    mine = {row.target for row in plan.targets}
    with ports.ledger.begin() as tx:
        known = tx.plans.of_commit(key, commit)
        others = [row for row in known.targets if row.target not in mine] if known else []
        targets = tuple(sorted([*others, *plan.targets], key=lambda row: row.target))
        joined = Plan(commit, plan.base, plan_digest(targets), targets, findings=plan.findings)
        tx.plans.keep_commit(key, commit, joined)
        tx.jobs.put(say_commit_job(key, commit))
        if any(row.state is TargetState.UNCHECKED for row in plan.targets):
            tx.jobs.put(job, AGAIN)
