"""The time, so that decisions can be tried at any hour."""

from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float:
        """The present, in seconds since the epoch."""
        ...
