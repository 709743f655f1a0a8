"""Repositories, pulls, commits and people as the forge names them."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on a forge. `id` is the forge's own number and never changes; the path may.

    `installation` is what the forge needs to let us in (GitHub's installation id).
    """

    forge: str
    id: int
    path: str
    installation: int

    @property
    def key(self) -> str:
        """How ledger rows and job keys name it: `github:12`."""
        return f"{self.forge}:{self.id}"

    @property
    def address(self) -> str:
        """How the operator's grants name it: `github:acme/shop`."""
        return f"{self.forge}:{self.path}"


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull as the forge answers for it now. `merge_commit` is what the merge made on the base branch, once merged."""

    number: int
    author: str
    head: str
    head_repository: int | None
    base_branch: str
    open: bool
    merged: bool
    merge_commit: str | None
    head_branch: str = ""

    def from_fork(self, repository: Repository) -> bool:
        """Whether the head lives elsewhere. A deleted fork has no repository and counts as one."""
        return self.head_repository != repository.id


class Role(StrEnum):
    """What the forge lets a person do in a repository, weakest first."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def at_least(self, other: "Role") -> bool:
        """Whether this role includes the other one."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the forge has it. `edited` is true when its text was changed after it was written.

    written and changed are whole seconds since the epoch by the forge's clock.
    """

    id: int
    author: str
    body: str
    edited: bool
    by_us: bool
    written: float = 0.0
    changed: float = 0.0
