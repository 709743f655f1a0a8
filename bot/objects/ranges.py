"""Numbers that are too large for their field: an API server takes them without a word and stores another number.

Measured on 1.37 (server-side apply of `replicas: 9999999999` stores 1410065407): what is sent is cut down to 32 bits.
"""

from typing import Any

from bot.objects.identity import Object, kind_of
from bot.objects.leaves import leaves
from bot.objects.listkeys import Lists
from bot.objects.paths import Path, value_at

_BITS = 2**32
_LEAST, _MOST = -(2**31), 2**31 - 1


def cut_down(sent: Object, stored: Object) -> tuple[Path, ...]:
    """The fields of an object whose number the server cuts down, going by its answer: a dry-run's, or what lives."""
    if not _large(sent):
        return ()
    lists = Lists(kind_of(sent), stored)
    return tuple(path for path, value in leaves((), sent, lists) if _large(value) and _cut(value, stored, path))


def _cut(value: Any, stored: Object, path: Path) -> bool:
    found = value_at(stored, path)
    both = all(isinstance(each, int) and not isinstance(each, bool) for each in (value, found))
    return both and value != found and (value - found) % _BITS == 0


def _large(value: Any) -> bool:
    """Whether a number that needs more than 32 bits is anywhere in it."""
    if isinstance(value, dict):
        return any(map(_large, value.values()))
    if isinstance(value, list):
        return any(map(_large, value))
    return isinstance(value, int) and not _LEAST <= value <= _MOST
