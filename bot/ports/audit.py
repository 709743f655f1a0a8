"""The audit: what was done, decided and refused, by whom; written beside the rows it is about, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.audit import Entry, Noted


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries somebody wants to read; empty means any. since: seconds since the epoch."""

    repository: str = ""
    target: str = ""
    since: float = 0.0


class Audit(Protocol):
    """Entries in the order in which their transactions ended."""

    def add(self, entry: Entry) -> None:
        """Note something, in this transaction: it is there exactly when the rest of the transaction is."""
        ...

    def page(self, after: int, wanted: Wanted, most: int) -> Sequence[Noted]:
        """At most so many entries with a number above `after`, in order."""
        ...

    def end(self) -> tuple[int, str]:
        """Number and hash of the newest entry, kept apart from the entries; 0 and empty before the first."""
        ...
