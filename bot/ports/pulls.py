"""Pulls and branches as the forge answers for them."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.pulls import Pull


class Pulls(Protocol):
    """Reads of one repository."""

    def get(self, number: int) -> Pull | None:
        """The pull, None when there is none."""
        ...

    def open(self) -> Sequence[Pull]:
        """Open pulls, newest first."""
        ...

    def containing(self, commit: str) -> Sequence[Pull]:
        """The merged pulls that brought a commit to the default branch."""
        ...

    def default_branch(self) -> tuple[str, str]:
        """The default branch's name and tip; the tip is empty while nothing was pushed."""
        ...
