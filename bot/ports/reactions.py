"""Emoji under a comment: seen, done, refused."""

from enum import StrEnum
from typing import Protocol


class Emoji(StrEnum):
    """The three we use."""

    SEEN = "eyes"
    DONE = "rocket"
    REFUSED = "confused"


class Reactions(Protocol):
    """Reactions to comments of one repository."""

    def add(self, comment: int, emoji: Emoji) -> None:
        """React once; repeating it changes nothing. A deleted comment is fine."""
        ...
