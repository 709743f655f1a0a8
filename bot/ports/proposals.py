"""Pulls that we open ourselves."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull to be: a branch of the same repository, the one it is to be merged into, and what it says (Markdown)."""

    branch: str
    base: str
    title: str
    body: str


class Proposals(Protocol):
    """Pulls of one repository that we open."""

    def open(self, proposal: Proposal) -> int:
        """Open it, unless that branch is proposed already; the pull's number."""
        ...
