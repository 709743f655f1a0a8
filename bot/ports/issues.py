"""Issues of our own, where people speak about what has no pull."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that we opened."""

    number: int
    body: str


class Issues(Protocol):
    """Issues of one repository."""

    def ours(self) -> Sequence[Issue]:
        """The open issues that we opened, newest first, at most a hundred."""
        ...

    def create(self, title: str, body: str) -> int:
        """Open an issue; its number."""
        ...

    def edit(self, number: int, body: str, *, open: bool) -> bool:
        """Replace an issue's text, and open or close it; False when it is gone."""
        ...
