"""What `plumbline doctor` finds out: one line about one thing, and what to do about it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How one thing is. WARN works for now, or for some."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Checkup:
    """One thing that was looked at. Texts are plain and hold no secret; remedy is empty where none is needed."""

    health: Health
    about: str
    says: str
    remedy: str = ""


def good(about: str, says: str) -> Checkup:
    """All is well."""
    return Checkup(Health.OK, about, says)


def doubtful(about: str, says: str, remedy: str) -> Checkup:
    """It works for now, or for some."""
    return Checkup(Health.WARN, about, says, remedy)


def bad(about: str, says: str, remedy: str) -> Checkup:
    """It does not work."""
    return Checkup(Health.FAIL, about, says, remedy)
