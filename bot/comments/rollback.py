"""What a rollback says: on the pull that it opens, in its commit, and to who asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.comments.markdown import label
from bot.comments.phrases import commits
from bot.domain.deployments import Deployment
from bot.domain.subjects import Target
from bot.objects.redact import inert


@dataclass(frozen=True, slots=True)
class Rollback:
    """Which targets go back, which commits that takes back (newest first), who asked for it, and where."""

    targets: tuple[Target, ...]
    commits: tuple[str, ...]
    login: str
    number: int


def rollback_title(each: Rollback) -> str:
    """The pull's title, and the first line of its commit: plain text."""
    names = [inert(str(target)).plain for target in each.targets]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    many = each.commits[0][:7] if len(each.commits) == 1 else f"{len(each.commits)} commits"
    return f"Roll back {shown}: take back {many}"[:200]


def rollback_message(each: Rollback) -> str:
    """The commit's message: plain text."""
    back = "".join(f"This takes back commit {commit}.\n" for commit in each.commits)
    return f"{rollback_title(each)}\n\n{back}"


def rollback_body(each: Rollback) -> str:
    """The pull's text, as Markdown."""
    lines = [
        f"{label(each.login)} asked for this in #{each.number}. It takes back what changed these targets since they "
        "last were healthy, and whatever else is in the same commits:",
        *(f"- {label(str(target))}" for target in each.targets),
        f"Taken back: {commits(each.commits)}.",
        "The plan says what merging it will do.",
    ]
    return "\n\n".join([lines[0], "\n".join(lines[1:-2]), *lines[-2:]])


def rollback_reply(each: Rollback, opened: int) -> str:
    """The answer to who asked, as Markdown."""
    return f"Opened #{opened}, which takes back {commits(each.commits)}."


def going_back(rows: Sequence[Deployment]) -> str:
    """What is deployed at once, as Markdown."""
    lines = [f"**{label(str(row.target))}** goes back to {commits([row.commit])} now" for row in rows]
    return (
        f"{'; '.join(lines)}. Nothing is deleted or replaced, and nothing else is deployed there until the branch "
        "renders what runs: merge the pull that takes the change back."
    )
