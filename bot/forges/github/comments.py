"""Comments on pulls, which GitHub keeps as comments of the issue with the pull's number."""

from collections.abc import Sequence

from github.IssueComment import IssueComment
from github.Repository import Repository as Remote

from bot.domain.pulls import Comment
from bot.forges.github.answers import Missing
from bot.forges.github.connection import Connection

NEEDS = ("pull_requests:write",)


def lazy_comment(remote: Remote, comment: int) -> IssueComment:
    """A comment by id without asking for it first: what is then done with it is one request."""
    return IssueComment(remote.requester, url=f"{remote.url}/issues/comments/{comment}")


class GitHubComments:
    """Port `Comments`. Ours are those that this App wrote, whatever its account is called by now."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, comment: int) -> Comment | None:
        """A comment, None when it was deleted. One request."""
        try:
            return self._connection.ask(lambda remote: self._comment(lazy_comment(remote, comment)))
        except Missing:
            return None

    def ours(self, number: int) -> Sequence[Comment]:
        """Our comments on a pull, oldest first. A request per hundred comments of anybody."""
        found = self._connection.ask(
            lambda remote: [self._comment(each) for each in remote.get_issue(number).get_comments()]
        )
        return [comment for comment in found if comment.by_us]

    def create(self, number: int, body: str) -> int:
        """Write a comment; its id."""
        return self._connection.write(lambda remote: remote.get_issue(number).create_comment(body).id)

    def edit(self, comment: int, body: str) -> bool:
        """Replace a comment's text; False when it is gone."""
        try:
            self._connection.write(lambda remote: lazy_comment(remote, comment).edit(body))
        except Missing:
            return False
        return True

    def delete(self, comment: int) -> None:
        """Remove one of our comments; one that is gone already is fine."""
        try:
            self._connection.write(lambda remote: lazy_comment(remote, comment).delete())
        except Missing:
            return

    def _comment(self, each: IssueComment) -> Comment:
        writer, app = each.user, each.performed_via_github_app
        return Comment(
            id=each.id,
            author=writer.login if writer else "ghost",
            body=each.body or "",
            edited=each.updated_at > each.created_at,
            by_us=bool(writer and writer.type == "Bot" and app and app.id == self._connection.app.id),
            written=each.created_at.timestamp(),
            changed=each.updated_at.timestamp(),
        )
