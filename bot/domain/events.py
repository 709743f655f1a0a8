"""What can have happened, as hints: each event names things by id, and whoever reacts reads them again."""

from dataclasses import dataclass

from bot.domain.pulls import Repository


@dataclass(frozen=True, slots=True)
class PullChanged:
    """A pull was opened, pushed to, retargeted, closed or reopened."""

    repository: Repository
    number: int


@dataclass(frozen=True, slots=True)
class BranchMoved:
    """A branch has a new tip. Only the default branch matters, which the reaction reads."""

    repository: Repository
    branch: str
    tip: str


@dataclass(frozen=True, slots=True)
class CommentWritten:
    """A person wrote a comment on a pull, or on an issue of ours."""

    repository: Repository
    number: int
    comment: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A person submitted a review of a pull, or one was dismissed."""

    repository: Repository
    number: int


@dataclass(frozen=True, slots=True)
class CheckAskedAgain:
    """A person pressed "re-run" on one of our checks, or on all of a commit's."""

    repository: Repository
    commit: str


@dataclass(frozen=True, slots=True)
class CandidateChanged:
    """A merge queue made a commit that it will merge if its checks are good, or let go of it (`gone`).

    The candidate `head` stands on the commit `before`, which may be another candidate, and is meant for `branch`.
    `number` is the pull that it adds, 0 when the forge does not say.
    """

    repository: Repository
    head: str
    before: str
    branch: str
    number: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class RepositoriesAdded:
    """The app was installed on these repositories, or got rights on them; one delivery may tell of many."""

    repositories: tuple[Repository, ...]


Event = PullChanged | BranchMoved | CommentWritten | Reviewed | CheckAskedAgain | CandidateChanged | RepositoriesAdded
"""Everything a door can tell. `handlers/routes.py` has one row for each."""
