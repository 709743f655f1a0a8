"""Git mirrors and checkouts, through the git command line.

A checkout is written from `git cat-file`, not with `git worktree`: as fast in a measurement on 20,000 files, and there
is no index, attribute, filter, hook or worktree record that a tree could speak to or that a crash could leave behind.
"""

from bot.workspace.git import Remote
from bot.workspace.git_workspace import GitWorkspace
from bot.workspace.local import LocalRepository

__all__ = ["GitWorkspace", "LocalRepository", "Remote"]
