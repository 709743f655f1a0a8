"""A person's git repository, for tests that fetch from it: honest commits, and trees that no honest git makes."""

import subprocess
from pathlib import Path

from bot.domain.pulls import Repository

SHOP = Repository("github", 12, "acme/shop", 1)


class Person:
    """Ana at her repository. Every method that makes a commit answers its id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, input: bytes = b"") -> str:
        """Run git there; what it prints."""
        who = ["-c", "user.name=ana", "-c", "user.email=ana@acme.io", "-c", "protocol.file.allow=always"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.folder, input=input, capture_output=True, check=True, timeout=120
        )
        return done.stdout.decode().strip()

    def commit(self, files: dict[str, str | bytes | None], branch: str = "") -> str:
        """Write files (None removes one) and commit everything, on a branch that is made when it is new."""
        if branch and branch != self.git("branch", "--show-current"):
            known = self.git("branch", "--list", branch)
            self.git("checkout", "--quiet", *([branch] if known else ["-b", branch]))
        for name, text in files.items():
            place = self.folder / name
            if text is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change files")
        return self.git("rev-parse", "HEAD")

    def blob(self, data: bytes = b"kind: ConfigMap\n") -> str:
        """Store a file's content."""
        return self.git("hash-object", "-w", "--stdin", input=data)

    def tree(self, *rows: tuple[str, str, str]) -> str:
        """Store a tree of (mode, name, what it is), whatever the names are."""
        body = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(what) for mode, name, what in rows)
        return self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", input=body)

    def commit_tree(self, tree: str, *parents: str) -> str:
        """A commit of a stored tree that no branch points to."""
        return self.git(
            "commit-tree", tree, "-m", "Made by hand", *(word for parent in parents for word in ("-p", parent))
        )
