"""Answers to `explain`, `status` and `config`: why something waits, how things stand, what the config means."""

from collections.abc import Mapping, Sequence

from bot.comments.conditions import condition
from bot.comments.markdown import code, label, listed, named, table
from bot.comments.phrases import state
from bot.domain.config import Config, Environment, Window
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.permissions import who_may_deploy
from bot.domain.stops import Hold, Lock
from bot.domain.subjects import Target
from bot.objects.redact import inert

ROWS = 100
"""Targets shown in one answer; of more, the first."""


def explained(rows: Sequence[Deployment], prefix: str) -> str:
    """Every unmet condition of some deployments, with who can meet it and the next command."""
    lines = []
    for row in rows[:ROWS]:
        about = f"**{label(str(row.target))}** at {code(inert(row.commit[:7]))}"
        if row.state is DeploymentState.WAITING and row.conditions:
            lines += [f"- {about}:", *(f"  - {condition(each, row.target, prefix)}" for each in row.conditions)]
        else:
            lines.append(f"- {about}: {state(row, prefix)}{_next(row, prefix)}")
    return "\n".join(lines)


def _next(row: Deployment, prefix: str) -> str:
    why = f": {label(row.reason)}" if row.reason and row.state.ended else ""
    again = row.state in (DeploymentState.FAILED, DeploymentState.CANCELLED)
    return why + (f" – to try again: {named(f'{prefix} deploy {row.target}')}" if again else "")


def status(
    newest: Mapping[Target, Deployment | None], locks: Sequence[Lock], holds: Sequence[Hold], prefix: str
) -> str:
    """Where every target stands, and what people put in the way."""
    rows = []
    for target, row in list(newest.items())[:ROWS]:
        commit = code(inert(row.commit[:7])) if row else ""
        rows.append(
            [label(target.environment), label(target.app), commit, state(row, prefix) if row else "never deployed"]
        )
    shown = table(["Environment", "App", "Commit", "State"], (), rows)
    stops = [f"- {label(each.place)} is locked by {label(each.login)}{_why(each)}" for each in locks]
    stops += [f"- {named(f'#{each.number}')} is held by {label(each.login)}" for each in holds]
    return "\n".join([shown, *(["", *stops] if stops else [])])


def _why(each: Lock) -> str:
    return f": {label(each.reason)}" if each.reason else ""


def config_as_read(config: Config) -> str:
    """The environments and apps of a config, patterns expanded."""
    environments = [
        [
            label(each.name),
            label(each.cluster),
            label(", ".join(each.after)),
            label(each.deploy.value),
            str(each.approvals),
            label(who_may_deploy(each.deployers)),
            _windows(each),
        ]
        for each in config.environments.values()
    ]
    header = ["Environment", "Cluster", "After", "Deploy", "Approvals", "Deployers", "Windows"]
    targets = [f"- **{label(str(each))}** {named(config.app(each).path)}" for each in config.targets()[:ROWS]]
    return "\n".join([table(header, (4,), environments), "", *targets])


def _windows(environment: Environment) -> str:
    return listed([_window(each) for each in environment.windows]) or "always"


def _window(each: Window) -> str:
    word = "allow" if each.allow else "deny"
    return f"{word} {named(each.cron)} for {each.seconds / 3600:g} h in {label(each.zone)}"
