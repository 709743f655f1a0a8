"""A git repository on this machine, for the command line: read where it lies, never written."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.workspace.git import GitFailed, Remote, read


@dataclass(frozen=True, slots=True)
class LocalRepository:
    """A person's own repository. `git_dir` is its `.git` folder, or itself when it is bare."""

    folder: Path
    git_dir: Path

    @classmethod
    def open(cls, folder: Path) -> "LocalRepository":
        """Find the repository that a folder is in. Raises UserMistake when there is none."""
        here = folder.resolve()
        for place in (here, *here.parents):
            if (place / ".git").exists():
                return cls(place, place / ".git")
            if place == here and (place / "HEAD").is_file() and (place / "objects").is_dir():
                return cls(place, place)
        raise UserMistake(f"{folder} is not in a git repository", "name one with --repo")

    def resolve(self, revision: str) -> str:
        """The commit id of a revision such as HEAD, main~2 or a tag. Raises UserMistake when it names none."""
        try:
            asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            _, out = read(self.git_dir, *asked)
        except GitFailed:
            message = f"{revision!r} names no commit in {self.folder}"
            raise UserMistake(message, "name a branch, tag or commit that is there; fetch it first") from None
        if not re.fullmatch(r"[0-9a-f]{40}", found := out.decode().strip()):
            raise UserMistake(f"{self.folder} uses another kind of commit id than SHA-1, which is not supported")
        return found

    def remote(self, repository: Repository) -> Remote:
        """Where a workspace fetches it from: this machine, whatever the repository is called."""
        return Remote(str(self.git_dir))
