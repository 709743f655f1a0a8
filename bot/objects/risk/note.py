"""What a risk rule says."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a note weighs. `block` stops a deployment until a person accepts it."""

    NOTE = "note"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class RiskNote:
    """One risk of one object's change. `rule` is its stable name, `field` a path as text, empty for the whole object.

    `message` says what happens, without values: names of objects are added by who shows it.
    """

    level: Level
    rule: str
    field: str
    message: str
