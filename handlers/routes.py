"""The whole bot on one page: which event makes which job due, and which reaction runs each job."""

from collections.abc import Callable, Mapping

from bot.domain.events import (
    BranchMoved,
    CandidateChanged,
    CheckAskedAgain,
    CommentWritten,
    Event,
    PullChanged,
    RepositoriesAdded,
    Reviewed,
)
from bot.domain.pulls import Repository
from bot.domain.subjects import Job, branch_job, candidate_job, plan_job, reviews_job
from bot.ports.world import Ports
from handlers import alone, approve, bases, candidate, commands, deploy, orphans, plan, say

REACTIONS: Mapping[str, Callable[[Job, Ports], None]] = {
    "ingest": lambda job, ports: ingest(job, ports),
    "plan": plan.plan_pull,
    "reviews": approve.read_reviews,
    "branch": deploy.branch_moved,
    "bases": bases.bases,
    "candidate": candidate.plan_candidate,
    "commit-plan": alone.plan_commit,
    "look": deploy.look_at_target,
    "orphans": orphans.look_for_orphans,
    "say-pull": say.say_pull,
    "say-commit": say.say_commit,
    "say-candidate": say.say_candidate,
}
"""By a job's name."""


def ingest(job: Job, ports: Ports) -> None:
    """Route the event of a delivery. Raises TryLater when the forge has to be asked and is away."""
    with ports.ledger.begin() as tx:
        event = tx.deliveries.event(job.key)
    if event is not None:
        route(event, ports)


def route(event: Event, ports: Ports) -> None:
    """What one event makes due. Payloads are hints: each job reads again what it is about."""
    match event:
        case PullChanged(repository, number):
            _due(ports, repository, plan_job(repository.key, number))
        case BranchMoved(repository):
            _due(ports, repository, branch_job(repository.key))
        case CommentWritten(repository):
            _due(ports, repository)
            commands.comment_written(event, ports)
        case Reviewed(repository, number):
            _due(ports, repository, reviews_job(repository.key, number))
        case CheckAskedAgain(repository, commit):
            _asked_again(ports, repository, commit)
        case CandidateChanged(repository):
            with ports.ledger.begin() as tx:
                tx.repositories.see(repository)
                candidate.changed(tx, event)
        case RepositoriesAdded(repositories):
            for repository in repositories:
                _due(ports, repository, branch_job(repository.key))


SAID_LATER = 600.0
"""Seconds until what the forge would not take is said again: a right may have been granted by then."""


def gave_up(job: Job, incident: str, ports: Ports) -> None:
    """A job failed for good through a bug of ours: what people wait for ends, naming the incident."""
    ends = {
        "plan": plan.gave_up,
        "candidate": candidate.gave_up,
        "commit-plan": alone.gave_up,
        "look": deploy.gave_up,
    }
    if job.name in ends:
        ends[job.name](job, incident, ports)
    elif job.queue == "say":
        with ports.ledger.begin() as tx:
            tx.jobs.put(job, SAID_LATER)


def _due(ports: Ports, repository: Repository, *jobs: Job) -> None:
    with ports.ledger.begin() as tx:
        tx.repositories.see(repository)
        for job in jobs:
            tx.jobs.put(job)


def _asked_again(ports: Ports, repository: Repository, commit: str) -> None:
    """Checks are said anew, and the open pulls with that head, or the candidate, are planned anew."""
    with ports.forges.open(repository, *plan.NEEDS) as forge:
        numbers = [pull.number for pull in forge.pulls.open() if pull.head == commit]
    with ports.ledger.begin() as tx:
        tx.repositories.see(repository)
        say.check_asked_again(tx, repository, commit, numbers)
        tx.jobs.put(branch_job(repository.key))
        if tx.candidates.get(repository.key, commit) is not None:
            tx.jobs.put(candidate_job(repository.key, commit))
        for number in numbers:
            tx.jobs.put(plan_job(repository.key, number))
