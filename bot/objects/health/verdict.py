"""What a judgement of health says, and how conditions are read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.objects.identity import Object


class HealthState(StrEnum):
    """How an object stands. The words of kstatus, and `suspended` for what its owner paused."""

    IN_PROGRESS = "in_progress"
    CURRENT = "current"
    FAILED = "failed"
    TERMINATING = "terminating"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Health:
    """A state with its reason in one word, as Kubernetes writes reasons, and a sentence.

    The sentence may hold text from the cluster: it goes through a Redactor before anyone sees it. `pod` and `container`
    name the one that the sentence is about, if it is about one that has run.
    """

    state: HealthState
    reason: str
    message: str
    pod: str = ""
    container: str = ""


def current(reason: str = "Current", message: str = "") -> Health:
    """As desired."""
    return Health(HealthState.CURRENT, reason, message)


def in_progress(reason: str, message: str) -> Health:
    """Not yet, and nothing says that it will not be."""
    return Health(HealthState.IN_PROGRESS, reason, message)


def failed(reason: str, message: str) -> Health:
    """Will not become healthy by waiting."""
    return Health(HealthState.FAILED, reason, message)


def status_of(body: Object) -> dict[str, Any]:
    """The status, empty when there is none."""
    status = body.get("status")
    return status if isinstance(status, dict) else {}


def conditions_of(body: Object) -> dict[str, dict[str, Any]]:
    """Conditions by type. Those that are older than the object's generation, and say so, are left out."""
    return conditions_within(status_of(body), body)


def conditions_within(part: dict[str, Any], body: Object) -> dict[str, dict[str, Any]]:
    """The same for a part of an object's status that has conditions of its own."""
    conditions = part.get("conditions")
    generation = body["metadata"].get("generation") or 0
    return {
        condition["type"]: condition
        for condition in (conditions if isinstance(conditions, list) else [])
        if isinstance(condition, dict)
        and isinstance(condition.get("type"), str)
        and not 0 < _number(condition.get("observedGeneration")) < generation
    }


def holds(conditions: dict[str, dict[str, Any]], name: str, status: str = "True") -> bool:
    """Whether a condition is there with this status."""
    return conditions.get(name, {}).get("status") == status


def told(condition: dict[str, Any] | None, otherwise: str) -> tuple[str, str]:
    """A condition's reason and message; the fallback as the message when it is missing or silent."""
    condition = condition or {}
    return str(condition.get("reason") or condition.get("type") or "Waiting"), str(
        condition.get("message") or otherwise
    )


def count(mapping: dict[str, Any], name: str, default: int = 0) -> int:
    """A number in spec or status. Counters that are zero are absent in the API."""
    value = mapping.get(name)
    return value if isinstance(value, int) else default


def seconds_since(text: Any, now: float) -> float | None:
    """Seconds from an RFC 3339 time to `now` (seconds since the epoch); None when there is no such time."""
    if not isinstance(text, str):
        return None
    try:
        return now - datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def owned_by(body: Object, owner: Object) -> bool:
    """Whether the other object's UID is among the owners."""
    uid = owner["metadata"].get("uid")
    owners = body["metadata"].get("ownerReferences") or []
    return bool(uid) and any(reference.get("uid") == uid for reference in owners)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
