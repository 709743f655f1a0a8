"""The audit's chain: what is noted, and how each entry is sealed to the one before it. Pure.

Whoever changes, removes or inserts an entry has to write every later one anew, and the newest hash with them: kept
elsewhere, that one hash vouches for everything before it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass

BOT = "plumbline"
"""The actor of what nobody asked for in person."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done, decided or refused. at: seconds since the epoch.

    repository is its key and target is written `prod/web`; both may be empty. actor is a login or BOT, action one word
    (`began`, `failed`, `word`, `refused`, …), subject what it was done to (a commit, a pull, an object). detail is
    plain text that was redacted: no secret stands in an entry.
    """

    at: float
    repository: str
    target: str
    actor: str
    action: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry in its place. number counts from 1 without gaps; hash seals it and everything before it."""

    number: int
    entry: Entry
    hash: str


START = Noted(0, Entry(0.0, "", "", "", "", ""), "")
"""What stands before the first entry."""


def seal(before: str, number: int, entry: Entry) -> str:
    """The hash of an entry: SHA-256 over the hash before it, its number and its content, as hex digits."""
    content = json.dumps([before, number, float(entry.at), *astuple(entry)[1:]], separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def first_break(last: Noted, following: Iterable[Noted]) -> str | None:
    """At which entry those that follow one do not hold, and why; None when all do."""
    for noted in following:
        expected = last.number + 1
        if noted.number != expected:
            return f"entry {expected} is missing"
        if noted.hash != seal(last.hash, noted.number, noted.entry):
            return f"entry {noted.number} is not what was noted, or the one before it is not"
        last = noted
    return None
