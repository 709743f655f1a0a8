"""Forgetting: the ledger does not grow for ever. The audit is kept."""

from typing import Protocol


class Retention(Protocol):
    """Takes away what nothing asks for any more."""

    def forget(self, repository: str, before: float) -> int:
        """Forget a repository's old deployments, and what was planned and said about pulls that were closed and about
        commits, where no deployment that is kept brought them. How many deployments and pulls.

        before: seconds since the epoch; what changed later is kept.
        """
        ...
