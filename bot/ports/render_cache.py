"""Remembers renders by content, so that the same trees are rendered once."""

from typing import Protocol

from bot.domain.errors import UserMistake
from bot.ports.renderer import Rendered


class RenderCache(Protocol):
    """Two small memories. Losing either costs time only."""

    def reads(self, app_key: str) -> tuple[str, ...] | None:
        """The paths that rendering this app folder read the last time."""
        ...

    def get(self, content_key: str) -> Rendered | UserMistake | None:
        """What came out for exactly this content."""
        ...

    def keep(self, app_key: str, reads: tuple[str, ...], content_key: str, result: Rendered | UserMistake) -> None:
        """Remember both."""
        ...
