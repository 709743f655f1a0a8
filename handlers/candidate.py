"""Plans a merge queue's candidate: runs when the forge asks for the checks of a commit that it is about to merge.

The check always ends: with the plan, with why there is none, or with the candidate's end. A queue that waits for a
check which never comes stands still for everybody.
"""

from dataclasses import replace

from bot.delivery.scene import rendering_of
from bot.domain.config import CONFIG_FILE
from bot.domain.errors import UserMistake
from bot.domain.events import CandidateChanged
from bot.domain.plans import Plan
from bot.domain.pulls import Repository
from bot.domain.subjects import Job, candidate_job, pull_key, read_commit_key, say_candidate_job
from bot.planning.access import GrantedAccess
from bot.planning.make import Planner, PlanRequest, make_plan
from bot.planning.unshown import unshown
from bot.ports.candidates import CandidateRow
from bot.ports.forge import Forge
from bot.ports.ledger import Transaction, is_posted
from bot.ports.world import Ports

NEEDS = ("contents:read", "pull_requests:read")
OPEN = ("queued", "planning")
LONGEST = 50
"""Candidates that stand on each other, of which the first stands on the branch. Queues are shorter than that."""


def changed(tx: Transaction, event: CandidateChanged) -> None:
    """Note a candidate and make its plan due; or that it is gone, which ends a check that still runs."""
    key = event.repository.key
    row = tx.candidates.get(key, event.head)
    if event.gone:
        row = row or CandidateRow(event.head, event.before, event.branch, event.number, "queued")
        if row.status in OPEN:
            tx.candidates.put(key, replace(row, status="gone"))
            tx.jobs.put(say_candidate_job(key, event.head))
    elif row is None:
        tx.candidates.put(key, CandidateRow(event.head, event.before, event.branch, event.number, "queued"))
        tx.jobs.put(candidate_job(key, event.head))


def plan_candidate(job: Job, ports: Ports) -> None:
    """Plan a candidate against the branch it is meant for. Raises TryLater when the forge or git is away."""
    key, head = read_commit_key(job.key)
    with ports.ledger.begin() as tx:
        known, row = tx.repositories.get(key), tx.candidates.get(key, head)
    if known is None or row is None or row.status == "gone":
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        try:
            planned = _planned(ports, known.repository, row, forge)
        except UserMistake as mistake:
            planned = replace(row, status="failed", error=str(mistake))
    _put(ports, key, planned)


def _put(ports: Ports, key: str, row: CandidateRow) -> None:
    """Write a candidate's row and have it said, unless the queue let go of it meanwhile."""
    with ports.ledger.begin() as tx:
        newest = tx.candidates.get(key, row.head)
        if newest is not None and newest.status != "gone":
            tx.candidates.put(key, row)
            tx.jobs.put(say_candidate_job(key, row.head))


def gave_up(job: Job, incident: str, ports: Ports) -> None:
    """End the check of a candidate whose planning failed for good, naming the incident."""
    key, head = read_commit_key(job.key)
    with ports.ledger.begin() as tx:
        row = tx.candidates.get(key, head)
        if row is not None and row.status in OPEN:
            tx.candidates.put(key, replace(row, status="failed", error=f"internal error {incident}"))
            tx.jobs.put(say_candidate_job(key, head))


def _planned(ports: Ports, repository: Repository, row: CandidateRow, forge: Forge) -> CandidateRow:
    branch, tip = forge.pulls.default_branch()
    ports.workspace.fetch(repository, row.head, branch=branch)
    tip = ports.workspace.tip(repository, branch)
    base = ports.workspace.merge_base(repository, tip, row.head)
    if not any(ports.workspace.tree_id(repository, each, CONFIG_FILE) for each in (tip, row.head)):
        return replace(row, status="silent")
    if row.branch != branch:
        return replace(row, status="elsewhere")
    if ports.workspace.is_ancestor(repository, row.head, tip):
        return replace(row, status="merged")
    if base is None:
        raise UserMistake(f"the candidate shares no history with {branch}")
    _put(ports, repository.key, replace(row, status="planning"))
    rendering = rendering_of(ports)
    planner = Planner(rendering, GrantedAccess(ports, repository), ports.fingerprint_key)
    plan = make_plan(PlanRequest(repository, base, row.head, row.head), planner)
    if plan is None:
        return replace(row, status="silent")
    shown = _shown(ports, repository, row, forge)
    return replace(row, status="planned", plan=plan, unshown=unshown(plan, shown))


def _shown(ports: Ports, repository: Repository, row: CandidateRow, forge: Forge) -> list[Plan]:
    """The plans of the candidate's pulls as people see them: its own, and those of the candidates that it stands on."""
    shown: list[Plan] = []
    each: CandidateRow | None = row
    for _ in range(LONGEST):
        if each is None:
            break
        pull = forge.pulls.get(each.number) if each.number else None
        with ports.ledger.begin() as tx:
            plan = tx.plans.at(repository.key, each.number, pull.head) if pull else None
            if plan is not None and is_posted(tx, pull_key(repository.key, each.number), plan):
                shown.append(plan)
            each = tx.candidates.get(repository.key, each.before)
    return shown
