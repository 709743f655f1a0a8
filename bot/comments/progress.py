"""Where a deployment stands, for a terminal: one line of plain text."""

from bot.domain.deployments import Deployment, DeploymentState
from bot.objects.redact import inert


def progress_text(row: Deployment) -> str:
    """`prod/web 1a2b3c4: settling 3/10, Deployment shop/web: 1 of 2 pods are ready`."""
    progress = row.progress
    many = f" {progress.done}/{progress.total}" if progress.total and not row.state.ended else ""
    about = [f"{each.wait.value} {each.subject}".strip() for each in row.conditions]
    about += [row.reason] if row.reason and row.state is not DeploymentState.HEALTHY else []
    about += progress.waits_for[:1] if row.state is DeploymentState.SETTLING else []
    shown = ", ".join(inert(each).plain for each in about)
    back = " (rollback)" if row.rollback else ""
    return (
        f"{inert(str(row.target)).plain} {row.commit[:7]}{back}: {row.state.value}{many}{f', {shown}' if shown else ''}"
    )
