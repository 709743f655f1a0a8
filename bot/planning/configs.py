"""Reads `.plumbline.yaml` at commits, with patterns matched against the tree, and joins rules with places."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from bot.domain.config import CONFIG_FILE, Config
from bot.domain.config_patterns import expand
from bot.domain.config_reader import read_config
from bot.domain.config_rules import rules_of
from bot.domain.errors import UserMistake
from bot.domain.pulls import Repository
from bot.ports.workspace import Workspace


def config_at(workspace: Workspace, repository: Repository, commit: str, *, merged: bool = False) -> Config | None:
    """The config of a commit, None when it has none. Raises UserMistake, with file and line, when it cannot be read.

    merged: the commit is on the default branch, where a circle of targets is waited out and is no mistake any more.
    """
    text = workspace.read(repository, commit, CONFIG_FILE)
    if text is None:
        return None
    config = _read(text, merged)
    return expand(config, workspace.folders(repository, commit), merged=merged) if config.patterns else config


@lru_cache(maxsize=64)
def _read(text: bytes, merged: bool) -> Config:
    """A look reads the same few configs again and again; a mistake is found anew each time."""
    return read_config(text, merged=merged)


LOOK_BACK = 100
"""How many commits a config that cannot be read is looked for behind it."""


def rules_at(workspace: Workspace, repository: Repository, commit: str) -> Config | None:
    """The rules as of a commit: its config or, where that cannot be read, the nearest older one that can, so that it
    can be repaired; None when there was none. Raises UserMistake when none of the last `LOOK_BACK` can be read."""
    try:
        return config_at(workspace, repository, commit, merged=True)
    except UserMistake as mistake:
        for older in workspace.older(repository, commit, LOOK_BACK):
            with suppress(UserMistake):
                return config_at(workspace, repository, older, merged=True)
        raise mistake


@dataclass(frozen=True, slots=True)
class Configs:
    """The configs a plan needs. `base` and `head` both carry the rules of the default branch's tip, `merged` those that
    the head brings, which hold once it is merged; it is None where the head has no config."""

    base: Config | None
    head: Config
    mistake: UserMistake | None = None
    merged: Config | None = None


def configs_of(workspace: Workspace, repository: Repository, base: str, head: str) -> Configs | None:
    """Both sides' configs under the base's rules; None when neither has one.

    Where the base's cannot be read, the nearest older one that can holds, so that it can be repaired; the mistake is
    handed on. Raises UserMistake when the head's cannot be read, or no older one within reach can.
    """
    mistake: UserMistake | None = None
    rules: Config | None = None
    try:
        rules = config_at(workspace, repository, base)
    except UserMistake as unreadable:
        mistake = unreadable
        rules = rules_at(workspace, repository, base)
    own = where = config_at(workspace, repository, head)
    if where is None:
        if rules is None:
            return None
        where = Config(apps={}, environments={})
    return Configs(rules, rules_of(rules, where), mistake, own)
