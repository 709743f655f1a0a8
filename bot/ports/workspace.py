"""A repository's trees, by commit id. Nothing here runs anything from the tree."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.pulls import Repository


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """Two commits that do not merge, with the paths that clash."""

    paths: tuple[str, ...]


class Workspace(Protocol):
    """Git, read-only towards the forge but for `push`. Commit ids are 40 hex digits; all but that and `fetch` work
    offline."""

    def fetch(self, repository: Repository, *commits: str, branch: str = "") -> None:
        """Make commits (and a branch's history) available here. Raises TryLater when the forge does not answer."""
        ...

    def tip(self, repository: Repository, branch: str) -> str:
        """The commit of a branch as last fetched. Raises UserMistake when there is none."""
        ...

    def merge(self, repository: Repository, base: str, head: str) -> str | MergeConflict:
        """A commit that holds base⊕head, the same id each time for the same pair; or what clashes."""
        ...

    def revert(self, repository: Repository, tip: str, commits: Sequence[str], message: str) -> str | MergeConflict:
        """A commit on top of the tip that takes commits back (newest first), the same id for the same question; the tip
        itself when that changes nothing. Raises UserMistake for a repository's first commit."""
        ...

    def push(self, repository: Repository, commit: str, branch: str) -> None:
        """Make a branch on the forge that stands on a commit; never moves another's. Raises UserMistake when the forge
        does not take it, TryLater when it is away. The only write to a repository."""
        ...

    def merge_base(self, repository: Repository, one: str, other: str) -> str | None:
        """The newest common ancestor."""
        ...

    def is_ancestor(self, repository: Repository, older: str, newer: str) -> bool:
        """Whether newer contains older."""
        ...

    def commits(self, repository: Repository, older: str, newer: str) -> Sequence[str]:
        """First-parent commits after older up to newer, oldest first. Older may be empty: newer alone."""
        ...

    def older(self, repository: Repository, commit: str, most: int) -> Sequence[str]:
        """First-parent commits below a commit, newest first, at most so many."""
        ...

    def tree_id(self, repository: Repository, commit: str, path: str) -> str:
        """The id of the tree or blob at a path (empty path: the root), or empty when there is none."""
        ...

    def read(self, repository: Repository, commit: str, path: str) -> bytes | None:
        """A regular file's bytes, None when there is none. Raises UserMistake for a folder, a link or over 1 MiB."""
        ...

    def folders(self, repository: Repository, commit: str) -> Sequence[str]:
        """Every folder of a commit's tree, sorted, without a leading slash."""
        ...

    def changed(self, repository: Repository, one: str, other: str) -> Sequence[str]:
        """Paths that differ between two commits, sorted."""
        ...

    def checkout(self, repository: Repository, commit: str) -> AbstractContextManager[Path]:
        """The tree as files for as long as the context is open: as committed, links as plain text, nothing smudged."""
        ...
