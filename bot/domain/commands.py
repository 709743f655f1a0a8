"""Slash commands: their table. Help, arity and the nearest match all read its rows.

A new command is a row in `TABLE` here, its reaction in a file of its own under `handlers/`, and the line in
`handlers/commands.py` that joins the two. `bot/domain/command_lines.py` reads commands from a comment's text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.config import CommandSettings
from bot.domain.subjects import Target


class Need(StrEnum):
    """Who may use a command (DESIGN §5.1). `bot/domain/permissions.py` decides whether a person is one of them."""

    READ = "read"
    WRITE = "write"
    DEPLOYERS = "deployers"


class Takes(StrEnum):
    """What a command is about, as help writes it. Only TARGETS takes several words."""

    NOTHING = ""
    TARGETS = "[environment/app…]"
    TARGET = "[environment/app]"
    ENVIRONMENT = "[environment]"
    PLACE = "[environment/app or environment]"


@dataclass(frozen=True, slots=True)
class Option:
    """A named option. `value` is how its value is written in help, empty for a switch; `shape` must match all of it.

    A `words` option takes everything up to the next option.
    """

    name: str
    says: str
    value: str = ""
    shape: str = ""
    words: bool = False

    @property
    def usage(self) -> str:
        """How help writes it: `--confirm N@PLAN`."""
        return f"--{self.name} {self.value}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """One command as everybody sees it."""

    name: str
    needs: Need
    says: str
    takes: Takes = Takes.NOTHING
    options: tuple[Option, ...] = ()

    def usage(self, settings: CommandSettings) -> str:
        """How help writes it: `/plumb plan [environment/app…] [--full]`."""
        options = [f"[{option.usage}]" for option in self.options]
        return " ".join([settings.prefix, self.name, *([self.takes.value] if self.takes else []), *options])


FULL = Option("full", "targets that the pull leaves alone too")
CONFIRM = Option(
    "confirm", "the dangers you have seen, as their row shows", "N@PLAN", "([1-9][0-9]{0,5})@([0-9a-f]{8})"
)
OVERRIDE = Option(
    "override", "a condition that need not hold (admins, with --reason)", "WHAT", "(window|order|approvals|history)"
)
NOW = Option("now", "also deploy what ran healthily before, at once (with --reason)")
REASON = Option("reason", "why, for those who read it later", "WORDS", ".{1,200}", words=True)
FOR = Option("for", "how long", "2h", "([1-9][0-9]{0,3})([mhd])")

TABLE: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("plan", Need.WRITE, "plan again", Takes.TARGETS, (FULL,)),
        Row(
            "deploy",
            Need.DEPLOYERS,
            "give the word that a merged commit waits for, or try a failed one again",
            Takes.TARGETS,
            (CONFIRM, OVERRIDE, REASON),
        ),
        Row("approve", Need.DEPLOYERS, "say yes to what somebody else changes there", Takes.ENVIRONMENT),
        Row("hold", Need.WRITE, "deploy nothing that contains this pull"),
        Row("unhold", Need.WRITE, "let it go again"),
        Row("lock", Need.WRITE, "stop deployments and healing there", Takes.PLACE, (REASON, FOR)),
        Row("unlock", Need.WRITE, "open a lock of yours, or anybody's as an admin", Takes.PLACE),
        Row("cancel", Need.DEPLOYERS, "stop after the current step; also for who gave the word"),
        Row("explain", Need.READ, "say what something waits for, who can help, and the next command", Takes.TARGET),
        Row("status", Need.READ, "say where everything stands"),
        Row("config", Need.READ, "show the config as it was read"),
        Row("ok-to-plan", Need.WRITE, "have the head of a fork's pull rendered, as it is now"),
        Row(
            "rollback",
            Need.DEPLOYERS,
            "open a pull that takes back a target's last deployed change",
            Takes.TARGET,
            (NOW, REASON),
        ),
        Row("help", Need.READ, "say what you may use here"),
    )
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`N@PLAN`: that many dangers, under that digest (8 hex digits over them)."""

    dangers: int
    plan: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command that can be carried out, if its writer may. Without targets it means all that the pull touches.

    environment: the one it names instead of targets. full, now: those switches. confirmation, override, reason:
    what those options said. seconds: how long `--for` asks, 0 without.
    """

    name: str
    targets: tuple[Target, ...] = ()
    environment: str = ""
    full: bool = False
    now: bool = False
    confirmation: Confirmation | None = None
    override: str = ""
    reason: str = ""
    seconds: float = 0.0
