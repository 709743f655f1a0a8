"""Reviews of pulls, and whose hands a pull went through."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.pulls import Pull


class Verdict(StrEnum):
    """What a submitted review says. A comment decides nothing."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes-requested"
    DISMISSED = "dismissed"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Review:
    """A submitted review of a pull at one commit."""

    id: int
    author: str
    verdict: Verdict
    commit: str


class Reviews(Protocol):
    """Reviews of one repository's pulls."""

    def of(self, number: int) -> Sequence[Review]:
        """Every submitted review of a pull, oldest first; none for a pull that is not there."""
        ...

    def hands(self, pull: Pull) -> frozenset[str]:
        """Logins of those who wrote, committed or pushed what a pull brings, its author among them."""
        ...

    def hands_of(self, since: str, commit: str, branch: str) -> frozenset[str]:
        """The same for the commits of a branch after `since`, up to a commit; of that one alone without `since`."""
        ...


def standing(reviews: Sequence[Review]) -> dict[str, Review]:
    """By login the review that counts: the newest that is more than a comment. One that was dismissed brings back none
    that came before it."""
    found: dict[str, Review] = {}
    for each in reviews:
        if each.verdict is not Verdict.COMMENT:
            found[each.author] = each
    return found
