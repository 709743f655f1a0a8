"""Slash commands: their table, and how they are read from a comment.

A new command is a row in `TABLE` here and its reaction in `handlers/commands.py`; help, arity and the nearest match all
read the row. `bot/domain/spoken.py` decides which lines of a comment are its writer's own words.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.config import CommandSettings
from bot.domain.spoken import spoken_lines
from bot.domain.subjects import Target

COMMENT_BYTES = 65536
LINE_CHARACTERS = 500
COMMANDS_PER_COMMENT = 10
SHOWN_CHARACTERS = 40


class Need(StrEnum):
    """Who may use a command (DESIGN §5.1). `bot/domain/permissions.py` decides whether a person is one of them."""

    READ = "read"
    WRITE = "write"
    DEPLOYERS = "deployers"


@dataclass(frozen=True, slots=True)
class Option:
    """A named option. `value` is how its value is written in help, empty for a switch; `shape` must match all of it."""

    name: str
    says: str
    value: str = ""
    shape: str = ""

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
    targets: bool = False
    options: tuple[Option, ...] = ()

    def usage(self, settings: CommandSettings) -> str:
        """How help writes it: `/plumb plan [environment/app…] [--full]`."""
        options = [f"[{option.usage}]" for option in self.options]
        return " ".join([settings.prefix, self.name, *(["[environment/app…]"] if self.targets else []), *options])


FULL = Option("full", "open every difference")
CONFIRM = Option(
    "confirm", "the dangers you have seen, as their row shows", "N@PLAN", "([1-9][0-9]{0,5})@([0-9a-f]{8})"
)

TABLE: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("plan", Need.WRITE, "plan again", targets=True, options=(FULL,)),
        Row(
            "deploy",
            Need.DEPLOYERS,
            "give the word that a merged commit waits for, or try a failed one again",
            targets=True,
            options=(CONFIRM,),
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

    full: every difference is to be shown open. confirmation: what `--confirm` said.
    """

    name: str
    targets: tuple[Target, ...] = ()
    full: bool = False
    confirmation: Confirmation | None = None


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """A word after our prefix that is no command. `nearest` may be empty. Both are the writer's text, cut."""

    word: str
    nearest: str


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A command that cannot be carried out as written. `message` quotes the writer's text, cut."""

    name: str
    message: str
    remedy: str


Said = Command | UnknownCommand | BadCommand


class _Wrong(Exception):
    """Why a line is no command: message and remedy."""


def parse(body: str, settings: CommandSettings) -> tuple[Said, ...]:
    """Every command in a comment's text, in order, the same one once.

    Comments beyond `COMMENT_BYTES` (no forge takes longer ones) hold none. Of more than `COMMANDS_PER_COMMENT` none is
    carried out, so that nobody has to guess which were.
    """
    if len(body.encode(errors="replace")) > COMMENT_BYTES:
        return ()
    words = [found for line in spoken_lines(body) if (found := _addressed(line, settings)) is not None]
    said = tuple(dict.fromkeys(_read(line, settings) for line in words))
    if len(said) > COMMANDS_PER_COMMENT:
        return (BadCommand("", f"{len(said)} commands in one comment", f"write {COMMANDS_PER_COMMENT} at most"),)
    return said


def nearest(word: str) -> str:
    """The command that a mistyped word most likely means, or empty."""
    close = difflib.get_close_matches(word.lower(), TABLE, n=1, cutoff=0.5)
    return close[0] if close else ""


def _addressed(line: str, settings: CommandSettings) -> str | None:
    """What a line says to us behind the prefix; None when it is not to us."""
    first, _, rest = line.partition(" ")
    if first == settings.prefix:
        return rest
    if settings.short and first.startswith("/") and first[1:].lower() in TABLE:
        return f"{first[1:]} {rest}"
    return None


def _read(said: str, settings: CommandSettings) -> Said:
    if len(said) > LINE_CHARACTERS:
        return BadCommand("", f"a command of {len(said)} characters", f"write {LINE_CHARACTERS} at most")
    word, *arguments = said.split() or ["help"]
    row = TABLE.get(word.lower())
    if row is None:
        return UnknownCommand(_cut(word), nearest(word))
    try:
        return _arguments(row, arguments)
    except _Wrong as wrong:
        message, remedy = wrong.args
        return BadCommand(row.name, message, remedy or f"write {row.usage(settings)}")


def _arguments(row: Row, arguments: list[str]) -> Command:
    targets: dict[Target, None] = {}
    options: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        if argument.startswith(("-", "–", "—")):  # phones turn two hyphens into a dash
            option, value = _option(row, argument)
            if option.name in options:
                raise _Wrong(f"--{option.name} stands twice", "")
            options[option.name] = _value(option, value if value is not None or not option.value else next(waiting, ""))
        elif row.targets:
            targets[_target(argument)] = None
        else:
            raise _Wrong(f"{row.name} takes no {_cut(argument)!r}", "")
    confirmed = re.fullmatch(CONFIRM.shape, options.get(CONFIRM.name, ""))
    confirmation = Confirmation(int(confirmed[1]), confirmed[2]) if confirmed else None
    return Command(row.name, tuple(targets), FULL.name in options, confirmation)


def _option(row: Row, argument: str) -> tuple[Option, str | None]:
    name, equals, value = argument.partition("=")
    for option in row.options:
        if name == f"--{option.name}":
            return option, value if equals else None
    names = {option.name: option for option in row.options}
    close = difflib.get_close_matches(name.strip("-–—").lower(), names, n=1, cutoff=0.5)
    raise _Wrong(f"{row.name} has no option {_cut(name)!r}", f"did you mean --{close[0]}?" if close else "")


def _value(option: Option, value: str | None) -> str:
    if not option.value:
        if value is not None:
            raise _Wrong(f"--{option.name} takes no value", "")
        return ""
    if not re.fullmatch(option.shape, value or ""):
        raise _Wrong(f"--{option.name} cannot be {_cut(value or '')!r}", f"write --{option.name} {option.value}")
    return value or ""


def _target(argument: str) -> Target:
    try:
        return Target.parse(argument)
    except ValueError:
        raise _Wrong(f"{_cut(argument)!r} is not a target", "write environment/app, as in prod/web") from None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
