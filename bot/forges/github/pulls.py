"""Pulls and branches, read from GitHub."""

from collections.abc import Sequence

from github.PullRequest import PullRequest
from github.Repository import Repository as Remote

from bot.domain.errors import TryLater
from bot.domain.pulls import Pull
from bot.forges.github.answers import Missing
from bot.forges.github.connection import Connection

NEEDS = ("pull_requests:read", "contents:read")
LAG = 5.0


class GitHubPulls:
    """Port `Pulls`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, number: int) -> Pull | None:
        """The pull, None when there is none. One request."""
        try:
            return self._connection.ask(lambda remote: _pull(remote.get_pull(number)))
        except Missing:
            return None

    def open(self) -> Sequence[Pull]:
        """Open pulls, newest first. A request per hundred."""
        return self._connection.ask(
            lambda remote: [_pull(each) for each in remote.get_pulls(state="open", sort="created", direction="desc")]
        )

    def containing(self, commit: str) -> Sequence[Pull]:
        """The merged pulls that brought a commit to the default branch, oldest first.

        A push and what GitHub knows about it are not one moment: an unknown commit raises TryLater.
        Source: GitHub REST, "List pull requests associated with a commit".
        """

        def read(remote: Remote) -> list[Pull]:
            return [
                _pull(each)
                for each in remote.get_commit(commit).get_pulls()
                if each.merged_at is not None and each.base.ref == each.base.repo.default_branch
            ]

        try:
            merged = self._connection.ask(read)
        except Missing as unknown:
            raise TryLater(f"GitHub does not know commit {commit[:7]} yet", LAG) from unknown
        return sorted(merged, key=lambda pull: pull.number)

    def default_branch(self) -> tuple[str, str]:
        """The default branch's name and tip, which is empty while nothing was pushed. Two requests."""
        name = self._connection.ask(lambda remote: remote.default_branch)
        try:
            return name, self._connection.ask(lambda remote: remote.get_branch(name).commit.sha)
        except Missing:
            return name, ""


def _pull(each: PullRequest) -> Pull:
    """`merge_commit_sha` of an open pull is a trial merge, so it counts only once merged. A deleted fork is None."""
    merged = each.merged_at is not None
    return Pull(
        number=each.number,
        author=each.user.login if each.user else "ghost",
        head=each.head.sha,
        head_repository=each.head.repo.id if each.head.repo else None,
        base_branch=each.base.ref,
        open=each.state == "open",
        merged=merged,
        merge_commit=each.merge_commit_sha if merged else None,
        head_branch=each.head.ref,
    )
