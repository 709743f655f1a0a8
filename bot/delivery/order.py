"""The order of targets: which ones a deployment still has to come after, as DESIGN §7 defines `after` and `needs`.
Pure.

Targets never wait for targets they do not name, so among targets that wait for each other in a circle only those on it
or behind it wait.
"""

from collections.abc import Mapping, Sequence

from bot.domain.config import Config, Environment
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import Target


def named_by(target: Target, judge: Environment, rules: Config) -> tuple[Target, ...]:
    """The targets that one comes after: the same app in earlier environments, as the environment that judges it says,
    and what it needs in its own; those that do not exist are skipped."""
    named = [Target(environment, target.app) for environment in judge.after]
    if target.app in rules.apps:
        named += [Target(target.environment, needed) for needed in rules.app(target).needs]
    exists = set(rules.targets())
    return tuple(each for each in dict.fromkeys(named) if each in exists)


def late(
    row: Deployment,
    own: Sequence[Deployment],
    others: Mapping[Target, Sequence[Deployment]],
    place: Mapping[str, int],
) -> tuple[Target, ...]:
    """The named targets that a row waits for, none when it may go.

    A row stands for every commit from its own up to the next that touches its target. At one of these commits the
    newest deployment of each named target has to have been healthy. own: the target's deployments; others: each named
    target's; place: where commits stand on the branch, the row's own at 0, without older ones and strangers.
    """
    following = [place.get(each.commit, -1) for each in own if each.seq > row.seq]
    end = min((each for each in following if each > 0), default=len(place))
    begins = {place.get(other.commit, -1) for rows in others.values() for other in rows}
    missing: tuple[Target, ...] = ()
    for at in sorted({0, *(each for each in begins if 0 < each < end)}):
        missing = tuple(each for each, rows in others.items() if not _healthy(rows, place, at))
        if not missing:
            return ()
    return missing


def _healthy(rows: Sequence[Deployment], place: Mapping[str, int], at: int) -> bool:
    """Whether a target's newest deployment up to a place has been healthy. One never touched until then is skipped."""
    until = [row for row in rows if place.get(row.commit, -1) <= at]
    if not until:
        return True
    newest = max(until, key=lambda row: (place.get(row.commit, -1), row.seq))
    return any(row.state is DeploymentState.HEALTHY for row in until if row.commit == newest.commit)


def is_named(target: Target, rules: Config) -> bool:
    """Whether any target comes after this one, by the newest rules."""
    return any(target in named_by(other, rules.environment(other), rules) for other in rules.targets())


def newest_eligible(conditions: Sequence[tuple[Deployment, Sequence[object]]]) -> Deployment | None:
    """The newest waiting row with nothing unmet."""
    eligible = [row for row, missing in conditions if not missing]
    return max(eligible, key=lambda row: row.seq) if eligible else None


def chosen(running: Deployment | None, eligible: Deployment | None, *, named: bool) -> Deployment | None:
    """The row to work on: the running one, unless the newest eligible one is newer and may take over here.

    Before its first write a running one is always left. From `applying` and `settling` it is left only when no target
    names this one; otherwise it ends first, so that who waits for it sees it healthy. One with a failing object has
    failed.
    """
    if running is None or eligible is None:
        return running or eligible
    if eligible.seq < running.seq:
        return running
    free = running.state is DeploymentState.CONFIRMING or not named
    return eligible if free else running
