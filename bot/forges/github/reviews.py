"""Reviews of pulls, and whose hands a pull went through, read from GitHub."""

from collections.abc import Iterable, Sequence

from github.Commit import Commit
from github.PullRequestReview import PullRequestReview
from github.Repository import Repository as Remote

from bot.domain.pulls import Pull
from bot.forges.github.answers import Missing
from bot.forges.github.connection import PAGE, Connection
from bot.ports.reviews import Review, Verdict

NEEDS = ("pull_requests:read", "contents:read")
VERDICTS = {
    "APPROVED": Verdict.APPROVED,
    "CHANGES_REQUESTED": Verdict.CHANGES_REQUESTED,
    "DISMISSED": Verdict.DISMISSED,
}


class GitHubReviews:
    """Port `Reviews`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, number: int) -> Sequence[Review]:
        """Every submitted review, oldest first. Two requests, and one more per further hundred.

        A review is PENDING, with nobody else seeing it, until it is submitted. Source: GitHub REST, "Reviews".
        """
        try:
            return self._connection.ask(
                lambda remote: [_review(each) for each in remote.get_pull(number).get_reviews() if each.commit_id]
            )
        except Missing:
            return ()

    def hands(self, pull: Pull) -> frozenset[str]:
        """Authors and committers of its commits, and who moved its branch to one of them, which nobody can make up in a
        commit. Three requests; of a branch's moves the hundred newest count, and a fork's cannot be asked for.

        Source: GitHub REST, "List commits on a pull request" and "List repository activities".
        """
        commits, people = self._connection.ask(lambda remote: _commits(remote, pull))
        pushed = (
            self._connection.ask(lambda remote: _pushed(remote, pull.head_branch, commits))
            if self._ours(pull)
            else set()
        )
        return frozenset({pull.author, *people, *pushed})

    def hands_of(self, since: str, commit: str, branch: str) -> frozenset[str]:
        """The same for commits that came without a pull. Two requests.

        Source: GitHub REST, "Compare two commits" (its first 250 commits) and "List repository activities".
        """

        def read(remote: Remote) -> set[str]:
            listed = remote.compare(since, commit).commits if since else [remote.get_commit(commit)]
            commits, people = _people(listed, {commit})
            return people | _pushed(remote, branch, commits)

        return frozenset(self._connection.ask(read))

    def _ours(self, pull: Pull) -> bool:
        return bool(pull.head_branch) and not pull.from_fork(self._connection.repository)


def _review(each: PullRequestReview) -> Review:
    author = each.user.login if each.user else "ghost"
    return Review(each.id, author, VERDICTS.get(each.state, Verdict.COMMENT), each.commit_id)


def _commits(remote: Remote, pull: Pull) -> tuple[set[str], set[str]]:
    return _people(remote.get_pull(pull.number).get_commits(), {pull.head})


def _people(listed: Iterable[Commit], commits: set[str]) -> tuple[set[str], set[str]]:
    """The ids of some commits, and who wrote and committed them as far as GitHub knows."""
    people: set[str] = set()
    for each in listed:
        commits.add(each.sha)
        people |= {person.login for person in (each.author, each.committer) if person and person.login}
    return commits, people


def _pushed(remote: Remote, branch: str, commits: set[str]) -> set[str]:
    asked = {"ref": f"refs/heads/{branch}", "per_page": PAGE}
    _, body = remote.requester.requestJsonAndCheck("GET", f"{remote.url}/activity", parameters=asked)
    moves = [each for each in body if isinstance(each, dict)] if isinstance(body, list) else []
    actors = [each.get("actor") for each in moves if each.get("after") in commits]
    return {str(actor["login"]) for actor in actors if isinstance(actor, dict) and actor.get("login")}
