"""How kubectl reads a plain YAML scalar: YAML 1.1 with `y` and `n`, no dates, no sexagesimals, 64-bit integers.

The rules are those of sigs.k8s.io/yaml, which kubectl and the API server's clients use: text → Go value → JSON.
"""

import math
import re

_TRUE = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"}
_FALSE = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"}
_WORDS: dict[str, bool | None] = (
    dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False) | dict.fromkeys(("", "~", "null", "Null", "NULL"))
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = ((2, 16), (3, 2), (4, 8), (5, 10))
_WIDEST = 80
"""No integer of 64 bits is longer, in any base: what is longer is never handed to `int`."""

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)


def resolve(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar. Raises ValueError for infinity and NaN, which JSON cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("JSON has no infinity and no NaN")
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is None:
        return text if (number := _float(digits)) is None else number
    return integer if MIN_INTEGER <= integer <= MAX_INTEGER else float(integer)


def _integer(digits: str) -> int | None:
    """The integer, up to the range of a Go uint64; None when it is none or too large to be one."""
    match = _INTEGER.fullmatch(digits) if len(digits) <= _WIDEST else None
    if match is None:
        return None
    group, base = next(pair for pair in _BASES if match[pair[0]])
    value = int(match[group], base) * (-1 if match[1] == "-" else 1)
    return value if MIN_INTEGER <= value < 2**64 else None


def _float(digits: str) -> int | float | None:
    """A float, whole ones as integers as JSON prints them; None when it is none or overflows."""
    value = float(digits) if _FLOAT.fullmatch(digits) else math.inf
    return None if math.isinf(value) else whole(value)


def whole(value: float) -> int | float:
    """A float without a fraction as the integer that JSON makes of it, within 64 bits; others unchanged."""
    return int(value) if value.is_integer() and MIN_INTEGER <= value <= MAX_INTEGER else value
