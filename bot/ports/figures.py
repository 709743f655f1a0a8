"""Figures about what is due and what was done, for whoever watches the bot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.subjects import Target


@dataclass(frozen=True, slots=True)
class Took:
    """How many seconds a target's newest healthy deployment took from its first write."""

    repository: str
    target: Target
    seconds: float


class Figures(Protocol):
    """Counted over every process."""

    def due(self) -> Mapping[str, int]:
        """Jobs that wait to start, by queue."""
        ...

    def states(self) -> Mapping[str, int]:
        """Deployments that are remembered, by state; every state is named."""
        ...

    def took(self) -> Sequence[Took]:
        """Of each target, by repository and target."""
        ...
