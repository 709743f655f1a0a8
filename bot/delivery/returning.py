"""What a rollback takes back, and what it goes back to at once: how that begins, and when its lock opens again."""

from collections.abc import Sequence

from bot.delivery.history import History, reachable
from bot.delivery.keeping import say
from bot.delivery.scene import rendering_of
from bot.domain.audit import BOT, Entry
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.domain.stops import Lock
from bot.domain.subjects import Target, look_job
from bot.ports.forge import Forge
from bot.ports.ledger import Transaction
from bot.ports.world import Ports


def last_change(rows: Sequence[Deployment], target: Target) -> Deployment:
    """The newest of a target's deployments that began to write a change; its range begins where it ran healthily
    before. Raises UserMistake when there is nothing to go back to."""
    began = [row for row in rows if row.started and not row.repeats]
    if not began:
        raise UserMistake(f"nothing was deployed to {target} yet", "see explain or status")
    if not began[-1].base:
        raise UserMistake(f"{target} never was healthy before {began[-1].commit[:7]}", "mend it with another pull")
    return began[-1]


def commits_to_take_back(ports: Ports, forge: Forge, changes: Sequence[Deployment], tip: str) -> list[str]:
    """The commits of these deployments' ranges that changed their targets, newest first.

    Raises UserMistake when one is no longer on the branch, and TryLater.
    """
    repository, workspace = forge.repository, ports.workspace
    found: set[str] = set()
    longest: Sequence[str] = ()
    with History(rendering_of(ports), forge) as history:
        for row in changes:
            still_there(ports, repository, row, tip)
            before = history.contents(row.since, row.target)
            for commit in workspace.commits(repository, row.since, row.commit):
                after = history.contents(commit, row.target)
                found |= {commit} if after != before else set()
                before = after
            line = workspace.commits(repository, row.since, tip)
            longest = max(longest, line, key=len)
    return [commit for commit in reversed(longest) if commit in found]


def still_there(ports: Ports, repository: Repository, row: Deployment, tip: str) -> None:
    """Raises UserMistake unless a deployment's commit and the one before its range are on the branch."""
    for commit in (row.since, row.commit):
        there = reachable(rendering_of(ports), repository, commit)
        if not there or not ports.workspace.is_ancestor(repository, commit, tip):
            raise UserMistake(f"{commit[:7]} is no longer on the branch", "write the pull that takes it back yourself")


def go_back(tx: Transaction, change: Deployment, login: str, reason: str, now: float) -> Deployment:
    """Begin to deploy what ran healthily before a change, and lock the target against everything else. A lock that
    somebody put there stays as it is. reason was redacted; now is in seconds since the epoch."""
    rows = tx.deployments.of_target(change.repository, change.target)
    same = [row for row in rows if row.commit == change.base]
    back = Deployment(
        id=0,
        repository=change.repository,
        target=change.target,
        commit=change.base,
        attempt=1 + max((row.attempt for row in same), default=0),
        seq=0,
        state=DeploymentState.WAITING,
        base=change.commit,
        since=change.base,
        direct_rulers=(change.base,),
        word=login,
        confirmed=next((row.confirmed for row in reversed(same) if row.confirmed), ""),
        rollback=True,
        changed=now,
    )
    found = tx.deployments.add(back) or back
    if not any(each.place == str(change.target) for each in tx.locks.of(change.repository)):
        tx.locks.put(change.repository, Lock(str(change.target), login, reason, now, rollback=True))
    tx.jobs.put(look_job(found.repository, found.target))
    say(tx, found)
    return found


def locks_to_open(ports: Ports, history: History, tip: str) -> list[Target]:
    """The targets that a rollback locked and that the tip renders as they run."""
    key = history.repository.key
    with ports.ledger.begin() as tx:
        places = {each.place for each in tx.locks.of(key) if each.rollback}
        rows = [row for target in tx.deployments.targets(key) for row in tx.deployments.of_target(key, target)]
    back = {row.target: row.commit for row in rows if row.rollback and str(row.target) in places}
    found = []
    for target, commit in sorted(back.items()):
        wanted = history.contents(tip, target)
        if reachable(rendering_of(ports), history.repository, commit) and history.contents(commit, target) == wanted:
            found.append(target)
    return found


def open_lock(tx: Transaction, place: tuple[str, Target], tip: str, now: float) -> None:
    """Open the lock that a rollback put, and look at the target (of a repository)."""
    repository, target = place
    tx.locks.drop(repository, str(target))
    tx.audit.add(Entry(now, repository, str(target), BOT, "unlocked", tip, "the branch renders it as it runs"))
    tx.jobs.put(look_job(repository, target))
