"""Plans a pull: runs when it was opened, pushed to, retargeted, or somebody asked for it."""

from dataclasses import replace

from bot.comments.phrases import conflict
from bot.domain.config import CONFIG_FILE
from bot.domain.errors import UserMistake, UserMistakes
from bot.domain.plans import Plan, TargetState
from bot.domain.pulls import Pull, Repository
from bot.domain.subjects import Job, Target, branch_job, plan_job, pull_key, read_pull_key, say_pull_job
from bot.objects.redact import inert, inert_lines
from bot.planning.access import Accesses, GrantedAccess, RenderedAccess
from bot.planning.make import Planner, PlanRequest, make_plan, plan_digest
from bot.planning.rendering import Rendering
from bot.ports.ledger import ASKED, Mistake, PullRow, Transaction
from bot.ports.workspace import MergeConflict
from bot.ports.world import Ports

NEEDS = ("contents:read", "pull_requests:read")

UNSAID = 1.5
"""Seconds that planning may stay unsaid: most plans are there by then, and a forge takes few writes a minute."""

MARKED = 50
"""Mistakes in one file that are marked at their lines."""

SOONEST, LATEST = 15.0, 600.0
"""Bounds in seconds for planning again what a cluster did not answer for."""


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
    else:
        _plan_open(ports, known.repository, pull, branch)


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
        if row is None and not pull.merged:
            return
        row = row or _row(pull, "", "silent", ports)
        status = "silent" if row.status == "planning" else row.status
        merged_as = pull.merge_commit or ""
        _write(tx, repository.key, replace(row, status=status, merged_as=merged_as, closed=True, stale=""))
        tx.jobs.put(say_pull_job(repository.key, pull.number))
        if pull.merged and pull.base_branch == branch:
            tx.jobs.put(branch_job(repository.key))


def _plan_open(ports: Ports, repository: Repository, pull: Pull, branch: str) -> None:
    try:
        ports.workspace.fetch(repository, pull.head, branch=pull.base_branch)
        base = ports.workspace.tip(repository, pull.base_branch)
    except UserMistake as mistake:
        _put(ports, repository, _failed(_row(pull, "", "failed", ports), mistake))
        return
    row = _row(pull, base, "planning", ports)
    if not any(ports.workspace.tree_id(repository, commit, CONFIG_FILE) for commit in (base, pull.head)):
        _put(ports, repository, replace(row, status="silent"))
    elif pull.base_branch != branch:
        _put(ports, repository, replace(row, status="elsewhere"))
    elif not pull.from_fork(repository):
        _plan_merged(ports, repository, row, GrantedAccess(ports, repository))
    elif _allowed(ports, repository, pull):
        _plan_merged(ports, repository, replace(row, allowed=pull.head), RenderedAccess(ports, repository))
    else:
        _put(ports, repository, replace(row, status="fork"))


def _allowed(ports: Ports, repository: Repository, pull: Pull) -> bool:
    """Whether a person let this very head of a fork be rendered."""
    with ports.ledger.begin() as tx:
        row = tx.plans.get(repository.key, pull.number)
    return row is not None and row.allowed == pull.head


def _plan_merged(ports: Ports, repository: Repository, row: PullRow, accesses: Accesses) -> None:
    """Plan what merging a pull into the default branch does."""
    try:
        merged = ports.workspace.merge(repository, row.base, row.head)
        if isinstance(merged, MergeConflict):
            raise UserMistake(conflict("the base branch", merged.paths))
        _put(ports, repository, row)
        plan = _asked(ports, accesses, row, PlanRequest(repository, row.base, merged, row.head))
    except UserMistake as mistake:
        _put(ports, repository, _failed(row, mistake))
        return
    _put(ports, repository, replace(row, status="planned" if plan else "silent", plan=plan))


def _asked(ports: Ports, accesses: Accesses, row: PullRow, request: PlanRequest) -> Plan | None:
    """The plan as somebody asked for it, once: with all that is untouched too, or some targets planned again beside the
    others as they were planned for the same head and base."""
    key = request.repository.key
    with ports.ledger.begin() as tx:
        said = tx.slots.get(pull_key(key, row.number), ASKED)
        tx.slots.drop(pull_key(key, row.number), ASKED)
        known = tx.plans.get(key, row.number)
    before = known.plan if known else None
    if said is None or said.digest == "full":
        return _make(ports, accesses, replace(request, everything=said is not None))
    only = tuple(Target.parse(each) for each in said.digest.split())
    if before is None or (before.head, before.base) != (request.head, request.base):
        return _make(ports, accesses, request)
    plan = _make(ports, accesses, replace(request, only=only))
    if plan is None:
        return None
    kept = [each for each in before.targets if each.target not in only]
    targets = tuple(sorted([*kept, *plan.targets], key=lambda each: each.target))
    return replace(plan, targets=targets, digest=plan_digest(targets))


def _failed(row: PullRow, mistake: UserMistake) -> PullRow:
    """The row of a pull that cannot be planned at all, with what a person can mend, and where."""
    each = mistake.mistakes if isinstance(mistake, UserMistakes) else (mistake,)
    places = tuple(Mistake(one.file, one.line, inert(one.message).plain) for one in each[:MARKED] if one.file)
    error = "\n".join(line.plain for line in inert_lines(str(mistake)))
    return replace(row, status="failed", error=error, mistakes=places)


def _make(ports: Ports, accesses: Accesses, request: PlanRequest) -> Plan | None:
    started = ports.clock.now()
    rendering = Rendering(ports.workspace, ports.renderer, ports.renders)
    plan = make_plan(request, Planner(rendering, accesses, ports.fingerprint_key))
    return replace(plan, seconds=round(ports.clock.now() - started, 1)) if plan else None


def _row(pull: Pull, base: str, status: str, ports: Ports) -> PullRow:
    return PullRow(pull.number, pull.head, base, status, author=pull.author, changed=ports.clock.now())


def _put(ports: Ports, repository: Repository, row: PullRow) -> None:
    """Write a pull's row, and have it said. What is planned again and comes out the same is the plan it was."""
    with ports.ledger.begin() as tx:
        before = tx.plans.get(repository.key, row.number)
        if before is not None and (before.head, before.base) == (row.head, row.base):
            row = replace(row, changed=before.changed)
        if before is not None and (row.plan is None or _same(row.plan, before.plan)):
            row = replace(row, plan=before.plan)
        if before is not None and row.head == before.head:
            stale = before.stale if row.status == "planning" else ""
            row = replace(row, stale=stale, allowed=row.allowed or before.allowed)
        _write(tx, repository.key, row)
        tx.jobs.put(say_pull_job(repository.key, row.number), UNSAID if row.status == "planning" else 0.0)
        if row.status == "planned" and row.plan is not None and not row.allowed and _unchecked(row.plan):
            waited = ports.clock.now() - row.changed
            tx.jobs.put(plan_job(repository.key, row.number), min(LATEST, max(SOONEST, waited)))


def _write(tx: Transaction, repository: str, row: PullRow) -> None:
    """Write a pull's row, and have it said on the other pulls whose targets it now changes too, or no longer."""
    before = set(tx.plans.neighbours(repository, row.number))
    tx.plans.put(repository, row)
    for number in {number for _, number in before ^ set(tx.plans.neighbours(repository, row.number))}:
        tx.jobs.put(say_pull_job(repository, number), UNSAID)


def _same(one: Plan, other: Plan | None) -> bool:
    """Whether two plans differ in nothing but the time they took."""
    return other is not None and replace(one, seconds=0.0) == replace(other, seconds=0.0)


def _unchecked(plan: Plan) -> bool:
    """Whether a cluster did not answer for some target, so that the plan has to be made again by itself."""
    return any(target.state is TargetState.UNCHECKED for target in plan.targets)
