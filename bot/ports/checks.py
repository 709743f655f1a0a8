"""Checks on commits."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Conclusion(StrEnum):
    """How a check ended; RUNNING while it has not."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    ACTION_REQUIRED = "action_required"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at a file and line."""

    file: str
    line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a check says. `title` is one line; `summary` and `text` are Markdown."""

    name: str
    commit: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    external_id: str = ""
    annotations: tuple[Annotation, ...] = ()


class Checks(Protocol):
    """Checks of one repository."""

    def find(self, commit: str, name: str) -> int | None:
        """The newest of our checks of that name on a commit."""
        ...

    def create(self, check: Check) -> int:
        """Make a check; its id."""
        ...

    def update(self, id: int, check: Check) -> bool:
        """Bring a check to what it says now; False when it is gone.

        Annotations only ever add up: those that the check already has in number are not sent again, so a check whose
        annotations differ from before must be made anew.
        """
        ...

    def page(self, id: int) -> str:
        """The address where a person reads a check."""
        ...
