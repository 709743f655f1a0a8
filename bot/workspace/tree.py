"""Writes a commit's tree as plain files, and keeps the folders it writes them to."""

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from bot.domain.errors import UserMistake
from bot.workspace.git import READ_SECONDS, GitTimeout, deadline, start
from bot.workspace.listing import Entry, entries

MAX_FILES = 200_000
MAX_BYTES = 1 << 30
_MAX_DEPTH = 100
_CHUNK = 1 << 20


def write_tree(git_dir: Path, commit: str, into: Path) -> None:
    """Write a commit's files below an empty folder: as committed, links as text, submodules as empty folders.

    Raises UserMistake for names that no honest tree has and for trees over 200,000 files or 1 GiB.
    """
    listed = entries(git_dir, "-r", commit)
    if len(listed) > MAX_FILES:
        raise UserMistake(f"the commit has {len(listed):,} files; up to {MAX_FILES:,} are read")
    root, made = os.fsencode(into), set[bytes]()
    for entry in listed:
        _check(entry.path)
        parent = entry.path if entry.kind == b"commit" else entry.path.rpartition(b"/")[0]
        if parent not in made:
            os.makedirs(os.path.join(root, parent), exist_ok=True)
            made.add(parent)
    _write_blobs(git_dir, root, [entry for entry in listed if entry.kind == b"blob"])


def _check(path: bytes) -> None:
    parts = path.split(b"/")
    forbidden = (b"", b".", b"..", b".git")
    if len(parts) > _MAX_DEPTH or len(path) > 2000 or any(p.lower() in forbidden or len(p) > 255 for p in parts):
        shown = path[:200].decode(errors="backslashreplace")
        raise UserMistake(f"the commit has a file with an impossible name: {shown!r}", "rename it")


def _write_blobs(git_dir: Path, root: bytes, blobs: Sequence[Entry]) -> None:
    """Copy blobs into files through one `git cat-file --batch`, which answers in the order asked."""
    with tempfile.TemporaryFile() as asked:
        asked.write(b"".join(blob.id + b"\n" for blob in blobs))
        asked.seek(0)
        arguments = ("cat-file", "--batch", "--buffer")
        process = start(git_dir, arguments, {}, (asked.fileno(), subprocess.PIPE, subprocess.DEVNULL))
        assert process.stdout is not None
        with deadline(process, READ_SECONDS), process.stdout as source:
            left = MAX_BYTES
            for blob in blobs:
                left -= _write_blob(source, os.path.join(root, blob.path), left)


def _write_blob(source: IO[bytes], path: bytes, left: int) -> int:
    """Copy the next blob to a new file; its size."""
    header = source.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise GitTimeout("git stopped before the checkout was complete")
    size = rest = int(header[2])
    if size > left:
        raise UserMistake(f"the commit's files are larger than {MAX_BYTES >> 30} GiB together")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        name = path.rpartition(b"/")[2].decode(errors="backslashreplace")
        raise UserMistake(f"the commit has two files of one name: {name!r}") from None
    with os.fdopen(handle, "wb", buffering=0) as target:
        while rest:
            chunk = source.read(min(rest, _CHUNK))
            if not chunk:
                raise GitTimeout("git stopped before the checkout was complete")
            target.write(chunk)
            rest -= len(chunk)
    source.read(1)
    return size


class Trees:
    """Folders for checkouts. Each is held by a lock that ends with its process, so leftovers of a crash are known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def new(self) -> Iterator[Path]:
        """An empty folder for as long as the context is open."""
        with self._locked() as lock_file:
            tree = lock_file.with_suffix("")
            tree.mkdir(mode=0o700)
            try:
                yield tree
            finally:
                shutil.rmtree(tree, ignore_errors=True)
                lock_file.unlink()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Path]:
        """A lock file of a new name, held. Whoever clears may take one away between its making and its lock."""
        while True:
            lock_file = self._folder / f"{secrets.token_hex(8)}.lock"
            with lock_file.open("x") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if lock_file.exists():
                    yield lock_file
                    return

    def clear(self) -> None:
        """Remove what processes that are gone left behind."""
        for lock_file in self._folder.glob("*.lock"):
            with contextlib.suppress(BlockingIOError, FileNotFoundError), lock_file.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
                lock_file.unlink()
