"""The bot's words for states, conditions, verbs and dangers. Comments, checks, replies and the command line share them.

What returns Markdown says so; everything else is plain text of ours.
"""

from collections.abc import Mapping, Sequence

from bot.comments.conditions import PREFIX as PREFIX
from bot.comments.conditions import condition
from bot.comments.markdown import code, label, named, worded
from bot.domain.deployments import Condition, Deployment, DeploymentState, Wait
from bot.domain.plans import Cause, Finding, Level, TargetPlan, TargetState, Verb
from bot.objects.redact import inert

VERBS: Mapping[Verb, str] = {
    Verb.CREATE: "create",
    Verb.UPDATE: "update",
    Verb.DELETE: "delete",
    Verb.REPLACE: "replace",
    Verb.TAKEOVER: "take over",
    Verb.MOVE: "move",
}
_DANGERS: Mapping[Verb, str] = {
    Verb.DELETE: "deletes",
    Verb.REPLACE: "replaces (deletes, then makes again)",
    Verb.TAKEOVER: "takes over",
}
STATES: Mapping[TargetState, str] = {
    TargetState.UNCHANGED: "unchanged",
    TargetState.CHANGES: "ready",
    TargetState.ERROR: "error",
    TargetState.REFUSED: "refused",
    TargetState.UNCHECKED: "not checked",
    TargetState.LEFT_BEHIND: "left behind",
}
LEVELS: Mapping[Level, str] = {Level.NOTE: "note", Level.WARN: "warning", Level.BLOCK: "needs a person's word"}


def cause(why: Cause, owner: str) -> str:
    """What stands behind a field's path when Git is not the whole reason; empty when it is."""
    by = f" by {owner}" if owner else ""
    return {
        Cause.GIT: "",
        Cause.DEFAULT: "set by the server",
        Cause.TAKEN_OVER: f"taken over from {owner}" if owner else "taken over",
        Cause.FOREIGN: f"set{by or ' by others'}, left alone",
        Cause.STAYS: f"stays, owned{by}" if owner else "stays as it is",
    }[why]


def dangers(row: TargetPlan, prefix: str = PREFIX, *, landed: bool = False) -> list[str]:
    """What a person must have seen before this row is merged, as Markdown sentences, and what merging is not enough
    for. landed: it is on the default branch already."""
    target = f"**{label(str(row.target))}**"
    writes = [
        f"{target} {_DANGERS[change.verb]} {named(change.object)}"
        for change in row.writes
        if change.verb in _DANGERS and change.danger
    ]
    if row.command:
        command = named(f"{prefix} deploy {row.target} --confirm {row.word}")
        writes.append(f"{target} waits{'' if landed else ', once merged,'} for a deployer to confirm it: {command}")
    return writes + [f"{target} {finding(each)}" for each in row.findings if each.level is Level.BLOCK]


def finding(each: Finding) -> str:
    """A finding as Markdown, with where it is."""
    subject = each.object or each.field
    about = f"{named(subject)}: " if subject else ""
    field = f" ({named(each.field)})" if each.object and each.field else ""
    place = f" – {named(f'{each.file}:{each.line}' if each.line else each.file)}" if each.file else ""
    return f"{about}{worded(each.message)}{field}{place}"


def is_the_error(row: TargetPlan, each: Finding) -> bool:
    """Whether a finding says of an object, at its place, what the row's error has said already."""
    if row.error is None or (row.error_file, row.error_line) != (each.file, each.line):
        return False
    return row.error.plain == f"{each.object}: {each.message.plain}"


def state(row: Deployment, prefix: str = PREFIX) -> str:
    """Where a deployment stands, as Markdown on one line."""
    progress = row.progress
    many = f" {progress.done}/{progress.total}" if progress.total else ""
    waits = "; ".join(unmet(row, prefix))
    match row.state:
        case DeploymentState.WAITING:
            return waits or "waiting for its turn"
        case DeploymentState.CONFIRMING:
            return waits or "planning once more"
        case DeploymentState.APPLYING:
            return f"applying{many}" + (f", {waits}" if waits else "")
        case DeploymentState.SETTLING:
            return f"settling{many}" + (f", {waits}" if waits else "")
        case DeploymentState.PRUNING:
            return f"deleting what Git no longer has{many}" + (f", {waits}" if waits else "")
        case DeploymentState.FAILED:
            return "**failed**"
        case _:
            return row.state.value


def unmet(row: Deployment, prefix: str = PREFIX) -> list[str]:
    """Every condition that a deployment waits for, and what a person can do about it, as Markdown."""
    return [
        _away(each, row.reason) if each.wait is Wait.CLUSTER and row.reason else condition(each, row.target, prefix)
        for each in row.conditions
    ]


def _away(each: Condition, reason: str) -> str:
    """A cluster that is waited for, with what it does instead of answering."""
    why = reason.removeprefix(f"cluster {each.subject} ")
    return f"waiting for the cluster {label(each.subject)}" + (
        f", which {worded(inert(why))}" if why != reason else f": {worded(inert(reason))}"
    )


def commits(ids: Sequence[str]) -> str:
    """Commit ids as people write them, as Markdown."""
    return ", ".join(code(inert(each[:7])) for each in ids)


def conflict(base: str, paths: Sequence[str]) -> str:
    """A pull that does not merge, as plain text."""
    shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    return f"conflicts with {base} in {shown}; it is planned again on the next push"
