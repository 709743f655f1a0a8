"""Comments on pulls."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.pulls import Comment


class Comments(Protocol):
    """Comments of one repository's pulls."""

    def get(self, comment: int) -> Comment | None:
        """A comment, None when it was deleted."""
        ...

    def ours(self, number: int) -> Sequence[Comment]:
        """Comments on a pull whose author is our own account, oldest first."""
        ...

    def create(self, number: int, body: str) -> int:
        """Write a comment; its id."""
        ...

    def edit(self, comment: int, body: str) -> bool:
        """Replace a comment's text; False when it is gone."""
        ...

    def delete(self, comment: int) -> None:
        """Remove one of our comments; one that is gone already is fine."""
        ...
