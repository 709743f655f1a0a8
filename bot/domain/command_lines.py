"""Reads slash commands from a comment's text. `bot/domain/spoken.py` decides which lines are its writer's own words."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.commands import (
    CONFIRM,
    FOR,
    FULL,
    NOW,
    OVERRIDE,
    REASON,
    TABLE,
    Command,
    Confirmation,
    Option,
    Row,
    Takes,
)
from bot.domain.config import CommandSettings
from bot.domain.spoken import spoken_lines
from bot.domain.subjects import Target

COMMENT_BYTES = 65536
LINE_CHARACTERS = 500
COMMANDS_PER_COMMENT = 10
SHOWN_CHARACTERS = 40
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
_DASHES = ("-", "–", "—")
"""Phones turn two hyphens into a dash."""
_NAMED = re.compile(r"(--|[–—])[A-Za-z]")


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """A word after our prefix that is no command. `nearest` may be empty. Both are the writer's text, cut."""

    word: str
    nearest: str


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A command that cannot be carried out as written. `message` quotes the writer's text, cut."""

    message: str
    remedy: str


Spoken = Command | UnknownCommand | BadCommand


class _Wrong(Exception):
    """Why a line is no command: message and remedy."""


def parse(body: str, settings: CommandSettings) -> tuple[Spoken, ...]:
    """Every command in a comment's text, in order, the same one once.

    Comments beyond `COMMENT_BYTES` (no forge takes longer ones) hold none. Of more than `COMMANDS_PER_COMMENT` none is
    carried out, so that nobody has to guess which were.
    """
    if len(body.encode(errors="replace")) > COMMENT_BYTES:
        return ()
    words = [found for line in spoken_lines(body) if (found := _addressed(line, settings)) is not None]
    said = tuple(dict.fromkeys(_read(line, settings) for line in words))
    if len(said) > COMMANDS_PER_COMMENT:
        return (BadCommand(f"{len(said)} commands in one comment", f"write {COMMANDS_PER_COMMENT} at most"),)
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


def _read(said: str, settings: CommandSettings) -> Spoken:
    if len(said) > LINE_CHARACTERS:
        return BadCommand(f"a command of {len(said)} characters", f"write {LINE_CHARACTERS} at most")
    word, *arguments = said.split() or ["help"]
    row = TABLE.get(word.lower())
    if row is None:
        return UnknownCommand(_cut(word), nearest(word))
    try:
        return _arguments(row, arguments)
    except _Wrong as wrong:
        message, remedy = wrong.args
        return BadCommand(message, remedy or f"write {row.usage(settings)}")


def _arguments(row: Row, arguments: list[str]) -> Command:
    about: list[str] = []
    options: dict[str, str] = {}
    waiting = _Words(arguments)
    for argument in waiting:
        if argument.startswith(_DASHES):
            option, value = _option(row, argument)
            if option.name in options:
                raise _Wrong(f"--{option.name} stands twice", "")
            options[option.name] = _value(option, value, waiting)
        elif row.takes is Takes.TARGETS or (row.takes and not about):
            about.append(argument)
        else:
            raise _Wrong(f"{row.name} takes no {_cut(argument)!r}", "")
    return _command(row, about, options)


def _command(row: Row, about: list[str], options: dict[str, str]) -> Command:
    named = row.takes is Takes.ENVIRONMENT or (row.takes is Takes.PLACE and "/" not in "".join(about))
    confirmed = re.fullmatch(CONFIRM.shape, options.get(CONFIRM.name, ""))
    lasts = re.fullmatch(FOR.shape, options.get(FOR.name, ""))
    return Command(
        row.name,
        targets=() if named else tuple(dict.fromkeys(_target(word) for word in about)),
        environment=_environment(about[0]) if named and about else "",
        full=FULL.name in options,
        now=NOW.name in options,
        confirmation=Confirmation(int(confirmed[1]), confirmed[2]) if confirmed else None,
        override=options.get(OVERRIDE.name, ""),
        reason=options.get(REASON.name, ""),
        seconds=int(lasts[1]) * _UNITS[lasts[2]] if lasts else 0.0,
    )


class _Words:
    """The words of a line, one after the other."""

    def __init__(self, words: list[str]) -> None:
        self._left = words[::-1]

    def __iter__(self) -> Iterator[str]:
        while self._left:
            yield self._left.pop()

    def sentence(self) -> str:
        """All words up to the next option."""
        words = []
        while self._left and not _NAMED.match(self._left[-1]):
            words.append(self._left.pop())
        return " ".join(words)


def _option(row: Row, argument: str) -> tuple[Option, str | None]:
    name, equals, value = argument.partition("=")
    for option in row.options:
        if name == f"--{option.name}":
            return option, value if equals else None
    names = {option.name: option for option in row.options}
    close = difflib.get_close_matches(name.strip("-–—").lower(), names, n=1, cutoff=0.5)
    raise _Wrong(f"{row.name} has no option {_cut(name)!r}", f"did you mean --{close[0]}?" if close else "")


def _value(option: Option, value: str | None, waiting: "_Words") -> str:
    if not option.value:
        if value is not None:
            raise _Wrong(f"--{option.name} takes no value", "")
        return ""
    if option.words:
        value = " ".join(filter(None, (value, waiting.sentence()))).strip("\"'“”„‘’")
    elif value is None:
        value = next(iter(waiting), "")
    if not re.fullmatch(option.shape, value):
        raise _Wrong(f"--{option.name} cannot be {_cut(value)!r}", f"write --{option.name} {option.value}")
    return value


def _environment(argument: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", argument):
        raise _Wrong(f"{_cut(argument)!r} is not an environment", "write its name, as in prod")
    return argument


def _target(argument: str) -> Target:
    try:
        return Target.parse(argument)
    except ValueError:
        raise _Wrong(f"{_cut(argument)!r} is not a target", "write environment/app, as in prod/web") from None


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
