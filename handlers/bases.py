"""Open pulls under a moving base: runs after the default branch moved. Plans that it overtook are made again, paced."""

from dataclasses import replace

from bot.delivery.scene import rendering_of
from bot.domain.config import CONFIG_FILE
from bot.domain.errors import UserMistake
from bot.domain.pulls import Pull, Repository
from bot.domain.subjects import Job, plan_job, say_pull_job
from bot.planning.overtaken import Planned, overtaken
from bot.ports.ledger import Transaction
from bot.ports.world import Ports

NEEDS = ("contents:read", "pull_requests:read")

APART = 1.0
"""Seconds between the plans of two pulls that one push has overtaken."""
REST, SHARE = 10.0, 20.0
"""A pull rests for so many seconds, or so many times as long as its plan took, before it is planned again by itself: a
busy branch then takes a twentieth of a worker's time for each of them."""


def bases(job: Job, ports: Ports) -> None:
    """Plan again the open pulls whose targets the new tip touches too, and those nobody has planned yet.

    The others keep the plan they have. Raises TryLater when the forge or git is away.
    """
    with ports.ledger.begin() as tx:
        known = tx.repositories.get(job.key)
    if known is None:
        return
    with ports.forges.open(known.repository, *NEEDS) as forge:
        branch, tip = forge.pulls.default_branch()
        based = [pull for pull in forge.pulls.open() if pull.base_branch == branch]
    if not (tip and based):
        return
    ports.workspace.fetch(known.repository, tip, branch=branch)
    late = [pull.number for pull in based if _is_late(ports, known.repository, pull, tip)]
    with ports.ledger.begin() as tx:
        for place, number in enumerate(late):
            rest = _mark(tx, known.repository.key, number, tip, ports.clock.now())
            tx.jobs.put(plan_job(known.repository.key, number), place * APART + rest)


def _is_late(ports: Ports, repository: Repository, pull: Pull, tip: str) -> bool:
    """Whether what the ledger knows of a pull may not be true any more."""
    with ports.ledger.begin() as tx:
        row = tx.plans.get(repository.key, pull.number)
    if row is None or row.head != pull.head:
        return True
    if row.base == tip or row.status == "fork":
        return False
    if row.status == "planned" and row.plan is not None:
        targets = frozenset(each.target for each in row.plan.targets)
        return overtaken(rendering_of(ports), repository, Planned(row.head, row.base, targets), tip)
    return row.status != "silent" or _config(ports, repository, row.base) != _config(ports, repository, tip)


def _config(ports: Ports, repository: Repository, commit: str) -> str:
    """Which config a commit has: until there is one, nothing is planned."""
    try:
        return ports.workspace.tree_id(repository, commit, CONFIG_FILE)
    except UserMistake:
        return ""


def _mark(tx: Transaction, repository: str, number: int, tip: str, now: float) -> float:
    """Note that a plan was overtaken, so that its comment says so; the seconds that the pull rests."""
    row = tx.plans.get(repository, number)
    if row is None or row.plan is None:
        return 0.0
    if row.stale != tip:
        tx.plans.put(repository, replace(row, stale=tip))
        tx.jobs.put(say_pull_job(repository, number))
    rest = max(REST, SHARE * row.plan.seconds)
    return max(0.0, tx.jobs.began(plan_job(repository, number)) + rest - now)
