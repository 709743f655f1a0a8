"""What people said about deployments, as the ledger keeps it: approvals, holds and locks.

These rows are hints where they open something (an approval is read again from the forge when it counts), and hold where
they stop something.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.approvals import Approval
from bot.domain.stops import Hold, Lock


class Approvals(Protocol):
    """Approvals of a repository's pulls."""

    def put(self, repository: str, approval: Approval) -> None:
        """Note one. The same comment or review says it once for each environment."""
        ...

    def of(self, repository: str, number: int) -> Sequence[Approval]:
        """Those of a pull, also of heads it no longer has."""
        ...

    def drop_reviews(self, repository: str, number: int) -> None:
        """Forget what came by forge reviews of a pull: they are read anew."""
        ...


class Holds(Protocol):
    """Pulls that are held."""

    def put(self, repository: str, hold: Hold) -> None: ...

    def of(self, repository: str) -> Sequence[Hold]: ...

    def drop(self, repository: str, number: int) -> None: ...


class Locks(Protocol):
    """Places that are locked, one lock each."""

    def put(self, repository: str, lock: Lock) -> None: ...

    def of(self, repository: str) -> Sequence[Lock]:
        """All that were not opened, also those whose time is over."""
        ...

    def drop(self, repository: str, place: str) -> None: ...
