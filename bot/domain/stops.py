"""What people put in the way of deployments: a hold on a pull, a lock on a target or a whole environment. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.subjects import Target


@dataclass(frozen=True, slots=True)
class Hold:
    """No deployment whose range contains this pull."""

    number: int
    login: str


@dataclass(frozen=True, slots=True)
class Lock:
    """No deployment and no healing of a place: an environment's name, or a target written `prod/web`.

    reason is plain text that was redacted. at and until are seconds since the epoch; until 0 lasts until it is opened.
    `rollback`: it was put by one, stops everything else, and opens once the branch renders the target as it runs.
    """

    place: str
    login: str
    reason: str = ""
    at: float = 0.0
    until: float = 0.0
    rollback: bool = False

    def stops(self, target: Target, now: float) -> bool:
        """Whether it keeps a target from being deployed at a time."""
        return self.place in (target.environment, str(target)) and (not self.until or now < self.until)


def locks_on(locks: Iterable[Lock], target: Target, now: float) -> tuple[Lock, ...]:
    """The locks that stop a target now, oldest first."""
    return tuple(sorted((each for each in locks if each.stops(target, now)), key=lambda each: (each.at, each.place)))
