"""Whether git is installed and new enough. Used by `plumbline doctor`."""

import re
from pathlib import Path

from bot.domain.checkups import Checkup, bad, good
from bot.domain.errors import TryLater, UserMistake
from bot.workspace.git import GitFailed, read

OLDEST = (2, 38)
"""The first git with `merge-tree --write-tree`, which merges without a work tree."""
_REMEDY = "install git 2.38 or newer where the bot runs"


def examine_git() -> Checkup:
    """One line about git."""
    try:
        _, said = read(Path("/"), "version")
    except UserMistake as missing:
        return bad("git", missing.message, missing.remedy)
    except (GitFailed, TryLater):
        return bad("git", "does not run", _REMEDY)
    text = said.decode(errors="replace").strip()
    number = re.search(r"(\d+)\.(\d+)", text)
    if number is None or (int(number[1]), int(number[2])) < OLDEST:
        return bad("git", f"{text[:60]} is too old", _REMEDY)
    return good("git", text[:60])
