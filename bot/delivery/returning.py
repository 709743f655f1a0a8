"""What a rollback takes back: the last change that was written for a target, commit by commit."""

from collections.abc import Sequence

from bot.delivery.history import History, reachable
from bot.delivery.scene import rendering_of
from bot.domain.deployments import Deployment
from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.domain.subjects import Target
from bot.ports.forge import Forge
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
            _on_branch(ports, repository, row, tip)
            before = history.contents(row.since, row.target)
            for commit in workspace.commits(repository, row.since, row.commit):
                after = history.contents(commit, row.target)
                found |= {commit} if after != before else set()
                before = after
            line = workspace.commits(repository, row.since, tip)
            longest = max(longest, line, key=len)
    return [commit for commit in reversed(longest) if commit in found]


def _on_branch(ports: Ports, repository: Repository, row: Deployment, tip: str) -> None:
    for commit in (row.since, row.commit):
        there = reachable(rendering_of(ports), repository, commit)
        if not there or not ports.workspace.is_ancestor(repository, commit, tip):
            raise UserMistake(f"{commit[:7]} is no longer on the branch", "write the pull that takes it back yourself")
