"""A scratch git repository and `plumbline` in this process, for tests that plan against a real API server."""

import contextlib
import io
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.__main__ import main


@dataclass(frozen=True)
class Scratch:
    """A git repository that tests commit to."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Scratch":
        """An empty one with a first commit."""
        folder.mkdir(parents=True)
        scratch = cls(folder)
        scratch.git("init", "-q", "-b", "main")
        return scratch

    def git(self, *arguments: str) -> str:
        """Run git there as ana; its output without line ends around it."""
        identity = ("-c", "user.name=ana", "-c", "user.email=ana@example.org")
        command = ["git", "-C", str(self.folder), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, files: dict[str, str | None], *, onto: str = "") -> str:
        """Write these files (None deletes) and commit them, on a given commit if named; the new commit."""
        if onto:
            self.git("checkout", "-q", "--detach", onto)
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "edit")
        return self.git("rev-parse", "HEAD")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


def plumbline(*arguments: object) -> Ended:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Ended(code, out.getvalue(), err.getvalue())


def plan(scratch: Scratch, base: str, head: str, *more: object) -> Ended:
    """`plumbline plan` of two commits."""
    return plumbline("plan", "--repo", scratch.folder, "--base", base, "--head", head, *more)


def rendered(scratch: Scratch, target: str, revision: str) -> str:
    """`plumbline render`: the objects as they are sent."""
    return plumbline("render", target, "--repo", scratch.folder, "--revision", revision).out
