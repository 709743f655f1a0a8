"""The issue of a commit that came without a pull: what it deploys, and where people give their word for it."""

from collections.abc import Sequence

from bot.comments.deployment import Standing, deployment_comment
from bot.comments.markdown import code, named
from bot.comments.phrases import PREFIX
from bot.domain.deployments import Deployment
from bot.objects.redact import inert


def commit_issue(rows: Sequence[Deployment], prefix: str = PREFIX) -> tuple[str, str]:
    """Title (plain) and text for a commit's deployments, of which is one at least."""
    commit = rows[0].commit[:7]
    places = ", ".join(sorted({row.target.environment for row in rows}))
    title = inert(f"{commit} waits to be deployed to {places}", 200).plain
    words = [named(f"{prefix} {each}") for each in ("approve", "deploy", "explain")]
    why = (
        f"Commit {code(inert(commit))} came to the default branch without a pull request, "
        f"so what people have to say about it is said here: {', '.join(words)}."
    )
    return title, f"{why}\n\n{deployment_comment([Standing(row) for row in rows], prefix, 1)[0]}"
