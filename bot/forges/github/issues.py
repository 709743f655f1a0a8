"""Issues of our own."""

from collections.abc import Sequence
from itertools import islice

from github.Issue import Issue as RemoteIssue
from github.Repository import Repository as Remote

from bot.forges.github.answers import Missing
from bot.forges.github.connection import PAGE, Connection
from bot.ports.issues import Issue

NEEDS = ("issues:write",)


class GitHubIssues:
    """Port `Issues`. Ours are those that this App opened, whatever its account is called by now."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ours(self) -> Sequence[Issue]:
        """Our open issues among the hundred newest of anybody, newest first. One request."""

        def read(remote: Remote) -> list[RemoteIssue]:
            return list(islice(remote.get_issues(state="open", sort="created", direction="desc"), PAGE))

        found = self._connection.ask(read)
        return [Issue(each.number, each.body or "") for each in found if self._is_ours(each)]

    def create(self, title: str, body: str) -> int:
        """Open an issue; its number."""
        return self._connection.write(lambda remote: remote.create_issue(title, body).number)

    def edit(self, number: int, body: str, *, open: bool) -> bool:
        """Replace an issue's text, and open or close it; False when it is gone."""
        state = "open" if open else "closed"
        try:
            self._connection.write(lambda remote: remote.get_issue(number).edit(body=body, state=state))
        except Missing:
            return False
        return True

    def _is_ours(self, each: RemoteIssue) -> bool:
        app = each.performed_via_github_app
        return bool(app and app.id == self._connection.app.id) and each.pull_request is None
