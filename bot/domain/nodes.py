"""A config file as typed reads: what is wrong is noted with its line and remedy, and reading goes on to find the rest.

A read that fails answers with something of the right type, which nobody sees: whoever reads asks for the mistakes last.
"""

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from bot.domain.errors import UserMistake, UserMistakes
from bot.objects.errors import ManifestError
from bot.objects.read import Located, read_document

Choice = TypeVar("Choice", bound=StrEnum)

_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_SHOWN = 40
_UNKNOWN = 100
"""Of more unknown keys in one map only the first are told."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text must look like, as a regular expression for all of it and in words."""

    pattern: str
    words: str


NAME = Shape(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", "use lower-case letters, digits and inner hyphens, at most 63")
KIND = Shape(r"[A-Z][A-Za-z0-9]{0,62}(?:\.[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)?", "write Kind or Kind.group")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a file, where it stands, and the mistakes of the whole file."""

    value: Any
    path: tuple[str | int, ...]
    document: Located
    mistakes: list[UserMistake] = field(repr=False)

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.document.line(self.path)

    def __str__(self) -> str:
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{_cut(step)}" for step in self.path)
        return f"`{steps.removeprefix('.')}`" if steps else "the file"

    def wrong(self, message: str, remedy: str = "") -> None:
        """Note a mistake here."""
        self.mistakes.append(UserMistake(message, remedy, file=self.document.file, line=self.line))

    def unknown(self, name: str, known: Collection[str], why: str = "") -> None:
        """Note a name that is none of those it could be."""
        close = self._nearest(name, known)
        there = f"write one of {', '.join(sorted(known)[:10])}" if known else "there is none yet"
        remedy = f"did you mean {close}?" if close else there
        self.wrong(f"{self} names {_cut(name)!r}, {why or 'which does not exist'}", remedy)

    def _nearest(self, name: str, known: Collection[str]) -> str:
        """The name that was most likely meant, or empty. Nobody reads the remedy of the hundredth mistake."""
        if len(self.mistakes) >= UserMistakes.SHOWN:
            return ""
        return next(iter(difflib.get_close_matches(_cut(name), known, n=1, cutoff=0.6)), "")

    def key(self, shape: Shape) -> None:
        """Note when the user's own key under which this stands is not in a shape."""
        if not re.fullmatch(shape.pattern, str(self.path[-1])):
            self.wrong(f"{_cut(str(self.path[-1]))!r} cannot be a name", shape.words)

    def at(self, step: str | int) -> "Node":
        """The part of a map or list that is known to be there."""
        return Node(self.value[step], (*self.path, step), self.document, self.mistakes)

    def named(self) -> dict[str, "Node"]:
        """The entries of a map whose keys are the user's own."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.wrong(f"{self} must be a map, not {_type(self.value)}", "write `key: value` lines below it")
            return {}
        return {key: self.at(key) for key in self.value}

    def keys(self, known: Collection[str], required: Collection[str] = ()) -> dict[str, "Node"]:
        """The entries of a map whose keys are ours. Others are mistakes, named with the nearest one; so are gaps."""
        found = self.named()
        for key in [key for key in found if key not in known][:_UNKNOWN]:
            close = self._nearest(key, known)
            found[key].wrong(
                f"{self} has no key {_cut(key)!r}" if self.path else f"there is no key {_cut(key)!r}",
                f"did you mean `{close}`?" if close else f"known here: {', '.join(sorted(known))}",
            )
        if isinstance(self.value, dict) or self.value is None:
            for key in [key for key in required if key not in found]:
                self.wrong(f"{self} has no `{key}`", "it is required")
        return {key: found[key] for key in found if key in known}

    def items(self) -> list["Node"]:
        """The entries of a list."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self.wrong(f"{self} must be a list, not {_type(self.value)}", "write it in brackets: [a, b]")
            return []
        return [self.at(index) for index in range(len(self.value))]

    def text(self, shape: Shape | None = None) -> str:
        """A text that is not empty, in a shape."""
        if not isinstance(self.value, str):
            self.wrong(f"{self} must be text, not {_type(self.value)}", "put it in quotes")
            return ""
        if not self.value.strip():
            self.wrong(f"{self} is empty", "write a value or remove the key")
        elif shape and not re.fullmatch(shape.pattern, self.value):
            self.wrong(f"{self} cannot be {_cut(self.value)!r}", shape.words)
        return self.value

    def texts(self, shape: Shape | None = None) -> tuple[str, ...]:
        """A list of texts, none twice."""
        found: dict[str, None] = {}
        for item in self.items():
            text = item.text(shape)
            if text in found:
                item.wrong(f"{self} names {_cut(text)!r} twice", "remove one")
            found[text] = None
        return tuple(found)

    def whole(self, least: int, most: int) -> int:
        """A whole number between two others, both allowed."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and least <= self.value <= most:
            return self.value
        self.wrong(f"{self} must be a whole number from {least} to {most}")
        return least

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.wrong(f"{self} must be true or false, not {_type(self.value)}")
        return self.value is True

    def choice(self, words: type[Choice], among: Collection[str] = ()) -> Choice:
        """One of an enum's words (or of some of them). YAML reads a bare `off` as false, which is taken as the word."""
        allowed = [word for word in words if not among or word in among]
        said = "off" if self.value is False else self.value
        for word in allowed:
            if said == word.value:
                return word
        close = self._nearest(said, allowed) if isinstance(said, str) else ""
        shown = f"cannot be {_cut(said)!r}" if isinstance(said, str) else f"cannot be {_type(said)}"
        self.wrong(f"{self} {shown}", f"did you mean `{close}`?" if close else f"write one of {', '.join(allowed)}")
        return allowed[0]

    def duration(self, most: float) -> float:
        """Seconds in a text such as `1h30m` or `45s`, more than none."""
        found = _DURATION.fullmatch(self.value) if isinstance(self.value, str) else None
        hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        total = float(hours * 3600 + minutes * 60 + seconds)
        if not 0 < total <= most:
            self.wrong(f"{self} is no duration up to {most / 3600:g}h", "write hours, minutes, seconds: 1h30m or 45s")
        return total

    def percent(self) -> int:
        """A whole percentage such as `20%`."""
        found = re.fullmatch(r"([0-9]{1,3})%", self.value) if isinstance(self.value, str) else None
        if not found or int(found[1]) > 100:
            self.wrong(f"{self} is no percentage", "write 0% to 100%")
            return 0
        return int(found[1])


def open_file(text: bytes, file: str) -> Node:
    """The root of a YAML file. Raises UserMistake for what is not one YAML document."""
    try:
        document = read_document(text, file)
    except ManifestError as error:
        raise UserMistake(error.message, file=error.file or file, line=error.line) from None
    return Node(document.value, (), document, [])


def settle(root: Node) -> None:
    """Raise UserMistakes when anything was noted, in the order of the file."""
    if root.mistakes:
        raise UserMistakes(sorted(root.mistakes, key=lambda mistake: mistake.line))


def _type(value: Any) -> str:
    names = {dict: "a map", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
