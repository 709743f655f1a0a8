"""The Workspace port over git: mirrors under one folder, checkouts under another."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.ports.workspace import MergeConflict
from bot.workspace.git import GitFailed, Remote, read
from bot.workspace.listing import Entry, Listings, Memory, entries
from bot.workspace.mirror import Mirror, branch_ref, push
from bot.workspace.tree import Trees, write_tree

MAX_READ = 1 << 20
_REMEMBERED_BYTES = 8 << 20
_KEY_BYTES = 500
"""What a remembered answer takes besides its bytes, about."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MERGED = b"Plumbline looks at these two commits merged\n"


class GitWorkspace:
    """Implements `bot.ports.workspace.Workspace`. Safe to share between threads, and between processes by its folder.

    `remote` says where a repository is fetched from and with which token; it is asked anew for every fetch. `writing`
    says the same for a push; without it nothing can be pushed.
    """

    def __init__(
        self,
        folder: Path,
        remote: Callable[[Repository], Remote],
        writing: Callable[[Repository], Remote] | None = None,
    ) -> None:
        self._folder = folder
        self._remote = remote
        self._writing = writing
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._trees = Trees(folder / "trees")
        self._trees.clear()
        self._listings = Listings()
        self._answers: Memory[tuple[int, bytes]] = Memory(lambda answer: _KEY_BYTES + len(answer[1]), _REMEMBERED_BYTES)

    def fetch(self, repository: Repository, *commits: str, branch: str = "") -> None:
        """Make commits and a branch available. Commits that are here already cost no network.

        Raises TryLater when the remote does not answer, UserMistake when it has no such commit or branch.
        """
        mirror = self._mirror(repository)
        wanted = list(dict.fromkeys(_commit(commit) for commit in commits))
        if branch:
            branch_ref(branch)
        elif not mirror.missing(wanted):
            return
        with mirror.writing():
            missing = mirror.missing(wanted)
            if branch or missing:
                mirror.fetch(self._remote(repository), missing, branch)

    def tip(self, repository: Repository, branch: str) -> str:
        """The commit of a branch as last fetched. Raises UserMistake when it was never fetched."""
        ref = branch_ref(branch)
        code, out = self._read(repository, "show-ref", "--verify", "--hash", "--", ref, fine=(0, 1, 128))
        if code:
            raise UserMistake(f"the branch {branch!r} is not known here")
        return out.decode().strip()

    def merge(self, repository: Repository, base: str, head: str) -> str | MergeConflict:
        """A commit, never pushed, that holds base and head merged; author and time are fixed, so its id is too."""
        found = self._merged(repository, base, head)
        if isinstance(found, MergeConflict):
            return found
        return self._written(repository, found, (base, head), _MERGED)

    def revert(self, repository: Repository, tip: str, commits: Sequence[str], message: str) -> str | MergeConflict:
        """A commit on top of the tip that takes these commits back, newest first; the same id for the same question.

        Each is merged out as `git revert` does it: against what it stood on, with itself as the base. Of a merge the
        first parent is what it stood on. The tip itself when that changes nothing.
        """
        now = tip
        for commit in commits:
            stood_on = self.older(repository, commit, 1)
            if not stood_on:
                raise UserMistake(f"{commit[:7]} is the first commit, which cannot be taken back")
            undone = self._written(repository, self._tree(repository, stood_on[0]), (commit,), _MERGED)
            tree = self._merged(repository, now, undone)
            if isinstance(tree, MergeConflict):
                return tree
            now = self._written(repository, tree, (now,), _MERGED)
        tree = self._tree(repository, now)
        if tree == self._tree(repository, tip):
            return tip
        return self._written(repository, tree, (tip,), message.encode(errors="replace"), self._time(repository, tip))

    def push(self, repository: Repository, commit: str, branch: str) -> None:
        """Make a branch on the forge that stands on a commit. Raises UserMistake when the forge does not let us."""
        branch_ref(branch)
        if self._writing is None:
            raise UserMistake("this repository is not written to")
        with _told(self._mirror(repository), _commit(commit)) as git_dir:
            push(git_dir, self._writing(repository), f"{commit}:refs/heads/{branch}")

    def _time(self, repository: Repository, commit: str) -> int:
        """When a commit was made, in seconds since the epoch."""
        _, out = self._fixed(repository, "rev-list", "--max-count=1", "--format=%ct", _commit(commit))
        return int(out.split()[-1])

    def _written(self, repository: Repository, tree: str, parents: Sequence[str], message: bytes, at: int = 0) -> str:
        identity = f"Plumbline <plumbline> {at} +0000"
        above = "".join(f"parent {parent}\n" for parent in parents)
        header = f"tree {tree}\n{above}author {identity}\ncommitter {identity}\n\n"
        arguments = ("hash-object", "-t", "commit", "-w", "--stdin")
        return self._read(repository, *arguments, input=header.encode() + message)[1].decode().strip()

    def _merged(self, repository: Repository, base: str, head: str) -> str | MergeConflict:
        """The tree of two commits merged."""
        pair = (_commit(base), _commit(head))
        if missing := self._mirror(repository).missing(pair):
            raise UserMistake(f"commit {missing[0]} is not here")
        options = ("--write-tree", "-z", "--name-only", "--no-messages")
        try:
            code, out = self._read(repository, "merge-tree", *options, *pair, fine=(0, 1))
        except GitFailed as error:
            if "unrelated histories" in error.error:
                raise UserMistake("the two commits share no history, so they cannot be merged") from None
            raise
        tree, *clashes = out.decode(errors="backslashreplace").split("\0")
        if code:
            return MergeConflict(tuple(sorted({path for path in clashes if path})))
        return tree

    def merge_base(self, repository: Repository, one: str, other: str) -> str | None:
        """The newest common ancestor, None when there is none."""
        code, out = self._fixed(repository, "merge-base", _commit(one), _commit(other), fine=(0, 1))
        return None if code else out.decode().strip()

    def is_ancestor(self, repository: Repository, older: str, newer: str) -> bool:
        """Whether newer contains older; a commit contains itself."""
        pair = (_commit(older), _commit(newer))
        code, _ = self._fixed(repository, "merge-base", "--is-ancestor", *pair, fine=(0, 1))
        return code == 0

    def commits(self, repository: Repository, older: str, newer: str) -> Sequence[str]:
        """First-parent commits of newer that older does not contain, oldest first. Without older: newer alone."""
        if not older:
            self._tree(repository, newer)
            return (newer,)
        listed = ("--first-parent", "--reverse", _commit(newer), f"^{_commit(older)}")
        return tuple(self._fixed(repository, "rev-list", *listed)[1].decode().split())

    def older(self, repository: Repository, commit: str, most: int) -> Sequence[str]:
        """First-parent commits below a commit, newest first, at most so many."""
        listed = ("--first-parent", f"--max-count={most + 1}", _commit(commit))
        return tuple(self._fixed(repository, "rev-list", *listed)[1].decode().split()[1:])

    def tree_id(self, repository: Repository, commit: str, path: str) -> str:
        """The id of the tree or blob at a path, or empty."""
        clean = _path(path)
        if not clean:
            return self._tree(repository, commit)
        entry = self._entry(repository, commit, clean)
        return entry.id.decode() if entry else ""

    def read(self, repository: Repository, commit: str, path: str) -> bytes | None:
        """A regular file's bytes, None when there is none. Raises UserMistake for a folder, a link or over 1 MiB."""
        clean = _path(path)
        entry = self._entry(repository, commit, clean) if clean else Entry(b"040000", b"tree", b"", b"")
        if entry is None:
            return None
        what = {b"040000": "a folder", b"120000": "a symbolic link", b"160000": "a submodule"}.get(entry.mode)
        if what:
            raise UserMistake(f"this is {what}, not a file", "put a plain file there", file=path)
        _, size = self._fixed(repository, "cat-file", "-s", entry.id.decode())
        if int(size) > MAX_READ:
            raise UserMistake(f"this file has {int(size):,} bytes; up to {MAX_READ:,} are read", file=path)
        return self._fixed(repository, "cat-file", "blob", entry.id.decode())[1]

    def folders(self, repository: Repository, commit: str) -> Sequence[str]:
        """Every folder of a commit's tree, sorted."""
        with _told(self._mirror(repository), commit) as git_dir:
            found = entries(git_dir, "-r", "-d", _commit(commit))
        return tuple(sorted(_text(entry.path) for entry in found if entry.kind == b"tree"))

    def changed(self, repository: Repository, one: str, other: str) -> Sequence[str]:
        """Paths of files that differ between two commits, sorted; a renamed file is two of them."""
        options = ("-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
        _, out = self._fixed(repository, "diff-tree", *options, _commit(one), _commit(other))
        return tuple(sorted(_text(path) for path in out.split(b"\0") if path))

    @contextmanager
    def checkout(self, repository: Repository, commit: str) -> Iterator[Path]:
        """The tree as files for as long as the context is open. Nothing in it is run, followed or rewritten."""
        self._tree(repository, commit)
        with self._trees.new() as folder:
            write_tree(self._mirror(repository).git_dir, commit, folder)
            yield folder

    def _mirror(self, repository: Repository) -> Mirror:
        if not re.fullmatch(r"[a-z0-9]+", repository.forge):
            raise ValueError(f"{repository.forge!r} names no forge")
        return Mirror(self._folder, f"{repository.forge}-{repository.id}")

    def _tree(self, repository: Repository, commit: str) -> str:
        """The id of a commit's root tree."""
        with _told(self._mirror(repository), commit) as git_dir:
            return self._listings.root(git_dir, _commit(commit))

    def _entry(self, repository: Repository, commit: str, path: str) -> Entry | None:
        with _told(self._mirror(repository), commit) as git_dir:
            return self._listings.find(git_dir, _commit(commit), path)

    def _fixed(self, repository: Repository, *arguments: str, fine: tuple[int, ...] = (0,)) -> tuple[int, bytes]:
        """`_read` for questions about objects by their ids alone, whose answer never changes: each look asks again."""
        key = "\0".join((str(self._mirror(repository).git_dir), *arguments))
        return self._answers.get(key, lambda: self._read(repository, *arguments, fine=fine))

    def _read(
        self, repository: Repository, *arguments: str, input: bytes = b"", fine: tuple[int, ...] = (0,)
    ) -> tuple[int, bytes]:
        named = [word.removeprefix("^") for word in arguments if arguments[0] != "cat-file"]
        with _told(self._mirror(repository), *named) as git_dir:
            return read(git_dir, *arguments, input=input, fine=fine)


@contextmanager
def _told(mirror: Mirror, *named: str) -> Iterator[Path]:
    """Turn git's failure into a mistake that can be said, when a commit among what was named is not here."""
    if not mirror.ready():
        raise UserMistake("nothing of this repository has been fetched yet")
    try:
        yield mirror.git_dir
    except GitFailed:
        if missing := mirror.missing([name for name in named if _COMMIT.fullmatch(name)]):
            raise UserMistake(f"commit {missing[0]} is not here") from None
        raise


def _commit(text: str) -> str:
    if not _COMMIT.fullmatch(text):
        raise UserMistake(f"{text[:60]!r} is not a commit id", "write all 40 hexadecimal digits")
    return text


def _path(path: str) -> str:
    """A path inside the repository in git's spelling; empty for the root. Raises UserMistake for one that leaves it."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    encodable = path.encode(errors="ignore").decode() == path
    if path.startswith("/") or ".." in parts or "\0" in path or not encodable:
        raise UserMistake(f"{path!r} is not a path inside the repository", "write it from the repository's root")
    return "/".join(parts)


def _text(path: bytes) -> str:
    """A path as text; bytes that are not UTF-8 are spelled out, so that it can be stored and shown."""
    return path.decode(errors="backslashreplace")
