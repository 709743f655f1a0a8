"""Approvals: a person's yes to a pull as it stands, and whose yes counts. Pure.

An approval binds the pull's head, its base branch and an environment; a push or a retarget voids it. Whether somebody
is a deployer is asked again whenever it counts, so a row is never more than a hint of whom to ask about.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.domain.config import Environment
from bot.domain.permissions import Person, may_deploy


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes. `head` is what they saw, `base` the branch it was to go to.

    It came by a command in the comment `source`, or by the forge review `source` when `review` is true. dangers are the
    block findings shown for that head, which it accepts as well: `prod/web: privileged …`. at: seconds since the epoch.
    """

    number: int
    head: str
    base: str
    environment: str
    login: str
    review: bool
    source: int
    dangers: tuple[str, ...] = ()
    at: float = 0.0

    def binds(self, head: str, base: str) -> bool:
        """Whether it was given for exactly this."""
        return (self.head, self.base) == (head, base)


def counted(
    approvals: Iterable[Approval], environment: Environment, people: Mapping[str, Person], not_these: Collection[str]
) -> tuple[str, ...]:
    """The logins whose yes counts in an environment, sorted: deployers there who neither wrote nor pushed the pull.

    people are those who said yes, as the forge knows them now; whoever is missing counts for nothing.
    """
    barred = {login.lower() for login in not_these}
    found = set()
    for each in approvals:
        person = people.get(each.login)
        same = each.environment == environment.name and each.login.lower() not in barred
        if same and person is not None and may_deploy(person, environment.deployers):
            found.add(each.login)
    return tuple(sorted(found))


def accepted(approvals: Iterable[Approval], head: str, base: str) -> frozenset[str]:
    """The block findings that deployers have accepted for a head."""
    return frozenset(danger for each in approvals if each.binds(head, base) for danger in each.dangers)
