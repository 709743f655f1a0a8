"""One bare repository that follows a forge's: made when first needed, written by one process at a time."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.domain.errors import TryLater, UserMistake
from bot.workspace.git import GitFailed, GitTimeout, Remote, fetch, read

_PACKS = 40
_BRANCH = re.compile(r"(?![-/.])(?!.*(\.\.|@\{|//|\.lock$|/$))[^\x00-\x20\x7f~^:?*\[\\]+")
_UPLOAD_PACK = "git -c safe.directory=* -c protocol.allow=never upload-pack"
"""How a repository on this machine is read: whoever owns it, and without it fetching anything itself."""


class Mirror:
    """A bare repository `<folder>/<name>.git` and its lock file. Reading needs no lock; git's objects never change."""

    def __init__(self, folder: Path, name: str) -> None:
        self.git_dir = folder / f"{name}.git"
        self._lock = folder / f"{name}.lock"

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the mirror for writing, against other threads and processes; makes it and clears crash leftovers."""
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._make()
            self._clear()
            yield

    def ready(self) -> bool:
        """Whether it has been made."""
        return (self.git_dir / "HEAD").exists()

    def missing(self, commits: Sequence[str]) -> list[str]:
        """Those of the commits that are not here."""
        if not self.ready() or not commits:
            return list(commits)
        asked = "".join(f"{commit}^{{commit}}\n" for commit in commits).encode()
        _, out = read(self.git_dir, "cat-file", "--batch-check=%(objecttype)", input=asked)
        return [commit for commit, line in zip(commits, out.splitlines(), strict=True) if line != b"commit"]

    def fetch(self, remote: Remote, commits: Sequence[str], branch: str) -> None:
        """Get commits and a branch. Called with the lock held.

        Exact ids are asked for, which every server since git 2.26 answers (protocol v2), so a pull's head needs no ref
        of its own. Raises UserMistake for what the remote does not have, TryLater for everything that may pass.
        """
        specs = [*commits, *([f"+refs/heads/{branch}:{branch_ref(branch)}"] if branch else [])]
        upload = ["--upload-pack", _UPLOAD_PACK] if remote.scheme == "file" else []
        quiet = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        try:
            fetch(self.git_dir, ("fetch", *quiet, *upload, "--end-of-options", remote.url, *specs), remote)
        except GitTimeout:
            self._clear()
            raise
        except GitFailed as error:
            raise _explained(error) from None
        self._gather()

    def _make(self) -> None:
        """Create the repository under another name, so that a crash leaves either nothing or all of it."""
        if self.ready():
            return
        unfinished = self.git_dir.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        read(unfinished, "init", "--quiet", "--bare", "--template=", "--end-of-options", str(unfinished))
        unfinished.rename(self.git_dir)

    def _clear(self) -> None:
        """Remove lock files and half packs that a killed fetch left: only fetches make them, and we hold the lock."""
        refs = self.git_dir / "refs"
        packs = self.git_dir / "objects" / "pack"
        for leftover in (
            *self.git_dir.glob("*.lock"),
            *refs.rglob("*.lock"),
            *packs.glob("tmp_*"),
            *packs.glob(".tmp-*"),
        ):
            leftover.unlink(missing_ok=True)

    def _gather(self) -> None:
        """Many small packs slow every read: join them. Nothing is dropped, so readers are not disturbed."""
        packs = sum(1 for name in os.listdir(self.git_dir / "objects" / "pack") if name.endswith(".pack"))
        if packs > _PACKS:
            fetch(self.git_dir, ("repack", "-d", "-q", "--geometric=2"), Remote("/"))


def push(git_dir: Path, remote: Remote, spec: str) -> None:
    """Send a commit to a branch, never over another one. Raises UserMistake when the remote does not take it, and
    TryLater for what may pass."""
    try:
        fetch(git_dir, ("push", "--quiet", "--no-verify", "--end-of-options", remote.url, spec), remote)
    except GitFailed as error:
        said = error.error
        if re.search(r"rejected|declined|denied|returned error: 403", said):
            remedy = "see which branches the App may write, and that it has contents: write"
            raise UserMistake(f"the forge does not take the branch: {said.splitlines()[-1][:200]}", remedy) from None
        raise TryLater(f"git push: {said}", after=10.0) from None


def branch_ref(branch: str) -> str:
    """Where a branch is kept: hashed, so that `release` and `release/1` may follow each other. Raises UserMistake."""
    if not _BRANCH.fullmatch(branch):
        raise UserMistake(f"{branch!r} is not the name of a branch")
    return f"refs/branches/{hashlib.sha256(branch.encode()).hexdigest()}"


def _explained(error: GitFailed) -> UserMistake | TryLater:
    """What a failed fetch means."""
    said = error.error
    unknown = re.search(r"not our ref ([0-9a-f]{40})", said)
    if unknown:
        return UserMistake(f"commit {unknown[1]} is not in the repository", "it may have been removed by a push")
    if re.search(r"unadvertised object|couldn't find remote ref", said):
        return UserMistake(f"the repository does not have what was asked for: {said.splitlines()[-1]}")
    if "does not appear to be a git repository" in said:
        return UserMistake("this folder is not a git repository")
    if "fsck error" in said or "fsckObjects" in said or "error in object" in said:
        return UserMistake(f"the repository holds a damaged or dangerous object: {said.splitlines()[0]}")
    denied = re.search(r"Authentication failed|returned error: 40[134]|not found|terminal prompts disabled", said)
    return TryLater(f"git fetch: {said}", after=60.0 if denied else 10.0)
