"""The words of an expression, with its limits on length. Grammar: cel-spec doc/langdef.md, "Syntax"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.objects.health.cel.errors import ExpressionError

LONGEST = 2000
"""Characters in an expression."""

MOST_TOKENS = 400

_WORDS = re.compile(
    r"(?P<space>[\s]+|//[^\n]*)"
    r"|(?P<number>0x[0-9a-fA-F]+u?|[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]+u?)(?![0-9A-Za-z_])"
    r"|(?P<raw>[rR](?:\"{3}(?s:.*?)\"{3}|'{3}(?s:.*?)'{3}|\"[^\"\n]*\"|'[^'\n]*'))"
    r"|(?P<text>\"{3}(?s:.*?)\"{3}|'{3}(?s:.*?)'{3}|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.S)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"} | {c: c for c in "\\\"'`?"}


class Sort(StrEnum):
    """What a token is."""

    NUMBER = "number"
    TEXT = "text"
    NAME = "name"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its sort, what it stands for, and the character it begins at, from 1."""

    sort: Sort
    value: str | int | float
    at: int


def tokens(text: str) -> list[Token]:
    """All tokens and an END. Raises ExpressionError for what is none and for more than the limits."""
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression is longer than {LONGEST} characters", LONGEST)
    found = [*_tokens(text), Token(Sort.END, "", len(text) + 1)]
    if len(found) > MOST_TOKENS:
        raise ExpressionError(f"the expression has more than {MOST_TOKENS} words and signs", found[MOST_TOKENS].at)
    return found


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _WORDS.match(text, position)
        if found is None:
            raise ExpressionError(f"{text[position]!r} does not belong here", position + 1)
        sort, word, at = found.lastgroup or "", found[0], position + 1
        position = found.end()
        if sort in ("text", "raw"):
            yield Token(Sort.TEXT, _text(word, at), at)
        elif sort == "number":
            yield Token(Sort.NUMBER, _number(word, at), at)
        elif sort != "space":
            yield Token(Sort(sort), word, at)


def _number(word: str, at: int) -> int | float:
    if "x" not in word and any(sign in word for sign in ".eE"):
        return float(word)
    value = int(word.removesuffix("u"), 16 if "x" in word else 10)
    if value > 2**63:
        raise ExpressionError(f"{word} does not fit into 64 bits", at)
    return value


def _text(word: str, at: int) -> str:
    raw, quoted = word[0] in "rR", word.lstrip("rR")
    quotes = 3 if quoted[:3] in ('"""', "'''") and len(quoted) > 5 else 1
    inner = quoted[quotes:-quotes]
    return inner if raw else _ESCAPE.sub(lambda found: _unescaped(found, at), inner)


def _unescaped(found: re.Match[str], at: int) -> str:
    short, four, eight, octal, plain = found.groups()
    if plain is not None:
        if plain not in _PLAIN:
            raise ExpressionError(f"\\{plain} means nothing in text", at)
        return _PLAIN[plain]
    code = int(octal, 8) if octal else int(short or four or eight, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ExpressionError("text names a character that does not exist", at)
    return chr(code)
