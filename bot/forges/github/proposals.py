"""Pulls that we open on GitHub."""

from github.Repository import Repository as Remote

from bot.forges.github.connection import Connection
from bot.ports.proposals import Proposal

NEEDS = ("pull_requests:write", "contents:read")


class GitHubProposals:
    """Port `Proposals`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, proposal: Proposal) -> int:
        """Open it, unless that branch is proposed already; the pull's number. Two requests."""
        owner = self._connection.repository.path.partition("/")[0]
        there = self._connection.ask(lambda remote: _open(remote, f"{owner}:{proposal.branch}", proposal.base))
        if there is not None:
            return there
        return self._connection.write(
            lambda remote: (
                remote.create_pull(
                    base=proposal.base, head=proposal.branch, title=proposal.title, body=proposal.body
                ).number
            )
        )


def _open(remote: Remote, head: str, base: str) -> int | None:
    """The open pull of a branch. Source: GitHub REST, "List pull requests", `head` as `owner:branch`."""
    found = remote.get_pulls(state="open", head=head, base=base)
    return next((each.number for each in found), None)
