"""What stands where in a commit. Folders are remembered by their tree's id, which never changes its meaning.

Planning asks for the ids of many paths in a few commits that hardly differ; a process for each would take
most of a plan's time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from bot.workspace.git import read

_REMEMBERED_ENTRIES = 50_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree listing. Mode is git's own spelling: 100644, 100755, 120000 (link), 160000 (submodule)."""

    mode: bytes
    kind: bytes
    id: bytes
    path: bytes


def entries(git_dir: Path, *arguments: str) -> list[Entry]:
    """What `git ls-tree` lists. Arguments are its options, a tree and paths."""
    _, out = read(git_dir, "ls-tree", "-z", "--full-tree", *arguments)
    found = []
    for line in out.split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, kind, name = about.split(b" ")
        found.append(Entry(mode, kind, name, path))
    return found


class Listings:
    """Finds entries in commits. Safe to share between threads."""

    def __init__(self) -> None:
        self._roots: Memory[str] = Memory(lambda root: 1, _REMEMBERED_ENTRIES)
        self._folders: Memory[dict[bytes, Entry]] = Memory(len, _REMEMBERED_ENTRIES)

    def root(self, git_dir: Path, commit: str) -> str:
        """The id of a commit's tree. Raises GitFailed when the commit is not here."""

        def ask() -> str:
            return read(git_dir, "rev-parse", "--verify", f"{commit}^{{tree}}")[1].decode().strip()

        return self._roots.get(f"{git_dir} {commit}", ask)

    def find(self, git_dir: Path, commit: str, path: str) -> Entry | None:
        """What stands at a path (not empty) of a commit; None when nothing does."""
        found = Entry(b"040000", b"tree", self.root(git_dir, commit).encode(), b"")
        for part in path.encode().split(b"/"):
            if found.kind != b"tree":
                return None
            inside = self._folder(git_dir, found.id.decode())
            if part not in inside:
                return None
            found = inside[part]
        return found

    def _folder(self, git_dir: Path, tree: str) -> dict[bytes, Entry]:
        return self._folders.get(f"{git_dir} {tree}", lambda: {entry.path: entry for entry in entries(git_dir, tree)})


class Memory(Generic[_T]):
    """The newest answers, up to a sum of their sizes. Safe to share between threads."""

    def __init__(self, size: Callable[[_T], int], most: int) -> None:
        self._size, self._most = size, most
        self._sum = 0
        self._known: OrderedDict[str, _T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, ask: Callable[[], _T]) -> _T:
        """The answer for a key, asked for when it is not remembered. Two threads may ask at once; both are right."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        answer = ask()
        with self._lock:
            if key not in self._known:
                self._known[key] = answer
                self._sum += self._size(answer) + 1
            while self._sum > self._most and len(self._known) > 1:
                self._sum -= self._size(self._known.popitem(last=False)[1]) + 1
        return answer
