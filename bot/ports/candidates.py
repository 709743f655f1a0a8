"""What the ledger knows of merge queues' candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.plans import Plan


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate: the commit `head` on top of `before`, meant for `branch`, adding the pull `number` (0: unknown).

    `status`: queued (nobody looked yet), planning, planned, failed, silent (nothing here is deployed), elsewhere (the
    branch is not deployed), merged (before it was planned) or gone. `unshown` are dangers, each behind its target, that
    no plan of its pulls showed; error (shown, redacted) when status is failed.
    """

    head: str
    before: str
    branch: str
    number: int
    status: str
    plan: Plan | None = None
    unshown: tuple[str, ...] = ()
    error: str = ""


class Candidates(Protocol):
    """Candidates by repository and head."""

    def get(self, repository: str, head: str) -> CandidateRow | None: ...

    def put(self, repository: str, row: CandidateRow) -> None: ...

    def unfinished(self) -> Sequence[tuple[str, str]]:
        """Repository and head of those that are yet to be planned."""
        ...
