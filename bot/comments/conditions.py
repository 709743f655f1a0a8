"""What a deployment waits for, who can help, and the next command: a sentence for every condition."""

from bot.comments.markdown import counted, label, named
from bot.domain.deployments import LEAVING, Condition, Wait
from bot.domain.subjects import Target

PREFIX = "/plumb"


def condition(each: Condition, target: Target, prefix: str = PREFIX) -> str:
    """One unmet condition as Markdown on one line."""
    deploy = f"{prefix} deploy {target}"
    match each.wait:
        case Wait.WORD:
            return f"waiting for a deployer's word{_by(each.who)}: {named(deploy)}"
        case Wait.ADMIN:
            return f"waiting for a repository admin, as {label(each.subject)} has no rules from before: {named(deploy)}"
        case Wait.APPROVALS:
            return _approvals(each, target, prefix)
        case Wait.CONFIRMATION:
            number = each.subject.partition("@")[0]
            what = counted(int(number), "danger") if number.isdecimal() else "what is new"
            return f"waiting for {what} to be confirmed: {named(f'{deploy} --confirm {each.subject}')}"
        case Wait.ORDER:
            return f"waiting for {label(each.subject)}"
        case Wait.NAMESPACE if each.more == LEAVING:
            return f"waiting for the namespace {label(each.subject)}, which is being deleted: have it made again"
        case Wait.NAMESPACE:
            return f"waiting for the namespace {label(each.subject)}: have it made, or add it to this app"
        case Wait.CLUSTER:
            return f"waiting for the cluster {label(each.subject)}, which does not answer"
        case Wait.NEVER:
            return f"stopped: {label(each.subject)} has {named('deploy: never')}"
    return _stopped(each, target, prefix)


def _approvals(each: Condition, target: Target, prefix: str) -> str:
    pull = each.subject.startswith("#")
    command = named(f"{prefix} approve {target.environment}")
    how = f'{command} there or a review "Approve"' if pull else f"{command} in its issue"
    who = f" by {label(each.who)}" if each.who else ""
    return f"waiting for approvals of {named(each.subject)}{who}, {label(each.more)} so far: {how}"


def _stopped(each: Condition, target: Target, prefix: str) -> str:
    """What a person or the clock put in the way."""
    override = f"{prefix} deploy {target} --override {each.wait.value} --reason …"
    admins = f"; a repository admin may write {named(override)}"
    match each.wait:
        case Wait.HOLD:
            return f"held by {label(each.who)} on {named(each.subject)}: {named(f'{prefix} unhold')} there"
        case Wait.LOCK:
            why = f" ({label(each.more)})" if each.more else ""
            return (
                f"{label(each.subject)} is locked by {label(each.who)}{why}: {named(f'{prefix} unlock {each.subject}')}"
            )
        case Wait.WINDOW:
            until = f" until {label(each.subject)}" if each.subject else ""
            return f"outside its deployment windows{until}{admins}"
        case Wait.HISTORY:
            return f"the branch was rewritten, so this does not contain what runs{admins}"
    return f"waiting for {label(each.wait.value)}"


def _by(who: str) -> str:
    return f" ({label(who)})" if who else ""
