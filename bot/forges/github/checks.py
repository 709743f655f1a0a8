"""Checks as GitHub check runs. Only an App may write them."""

from typing import Any

from github.CheckRun import CheckRun
from github.Repository import Repository as Remote

from bot.forges.github.answers import Missing
from bot.forges.github.connection import Connection
from bot.ports.checks import Annotation, Check, Conclusion

NEEDS = ("checks:write",)
AT_ONCE = 50
TITLE_CHARACTERS = 255


class GitHubChecks:
    """Port `Checks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, commit: str, name: str) -> int | None:
        """The newest of our checks of that name on a commit; None also for a commit GitHub does not know."""

        def read(remote: Remote) -> list[int]:
            runs = remote.get_commit(commit).get_check_runs(check_name=name)
            return [run.id for run in runs if run.app and run.app.id == self._connection.app.id]

        try:
            return max(self._connection.ask(read), default=None)
        except Missing:
            return None

    def create(self, check: Check) -> int:
        """Make a check; its id. More than fifty annotations go in further requests."""
        first = _body(check, check.annotations[:AT_ONCE])
        made = self._connection.write(
            lambda remote: remote.create_check_run(name=check.name, head_sha=check.commit, **first).id
        )
        self._annotate(made, check, AT_ONCE)
        return made

    def update(self, id: int, check: Check) -> bool:
        """Bring a check to what it says now; False when it is gone.

        GitHub appends the annotations of every update to those that are there. So what is there is counted, and only
        what is missing behind it is sent: an update that is repeated adds nothing.
        """
        try:
            there = self._annotations(id) if check.annotations else 0
            batch = check.annotations[there : there + AT_ONCE]
            self._connection.write(lambda remote: _lazy_run(remote, id).edit(**_body(check, batch)))
            self._annotate(id, check, there + AT_ONCE)
        except Missing:
            return False
        return True

    def page(self, id: int) -> str:
        """The address where a person reads a check."""
        return f"{self._connection.app.web}/{self._connection.repository.path}/runs/{id}"

    def _annotations(self, id: int) -> int:
        return self._connection.ask(lambda remote: _lazy_run(remote, id).output.annotations_count or 0)

    def _annotate(self, id: int, check: Check, start: int) -> None:
        for at in range(start, len(check.annotations), AT_ONCE):
            output = _output(check, check.annotations[at : at + AT_ONCE])
            self._connection.write(lambda remote, output=output: _lazy_run(remote, id).edit(output=output))  # type: ignore[misc]


def _lazy_run(remote: Remote, id: int) -> CheckRun:
    return CheckRun(remote.requester, url=f"{remote.url}/check-runs/{id}")


def _body(check: Check, annotations: tuple[Annotation, ...]) -> dict[str, Any]:
    if check.conclusion is Conclusion.RUNNING:
        state = {"status": "in_progress"}
    else:
        state = {"status": "completed", "conclusion": check.conclusion.value}
    return {**state, "external_id": check.external_id, "output": _output(check, annotations)}


def _output(check: Check, annotations: tuple[Annotation, ...]) -> dict[str, Any]:
    output: dict[str, Any] = {"title": check.title[:TITLE_CHARACTERS], "summary": check.summary}
    if check.text:
        output["text"] = check.text
    if annotations:
        output["annotations"] = [
            {
                "path": each.file,
                "start_line": each.line,
                "end_line": each.line,
                "annotation_level": each.level,
                "title": each.title,
                "message": each.message,
            }
            for each in annotations
        ]
    return output
