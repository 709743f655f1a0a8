"""Two shapes that cover nearly every custom kind: conditions that say how it is, or a phase in one field.

A kind is a row of `bot/objects/health/custom.py`. What its controller may still mend fails only after it has lasted,
counted from the change of the condition or from the last write to the object, whichever came later: what was broken
before our write must not fail the write that repairs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.objects.health.verdict import (
    Health,
    HealthState,
    conditions_of,
    current,
    failed,
    holds,
    in_progress,
    seconds_since,
    told,
)
from bot.objects.identity import Object
from bot.objects.paths import value_at

PATIENCE = 60.0
"""Seconds after which an error that its controller repeats is taken to stay."""

_SETTLING = 5.0
"""Seconds that a controller gets for its first look where its status does not say which version it looked at."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A condition that means something: with this status and, when there are any, one of these reasons."""

    condition: str
    status: str = "False"
    reasons: frozenset[str] = frozenset()
    patience: float = PATIENCE

    def shown_by(self, conditions: dict[str, dict[str, Any]]) -> bool:
        """Whether the conditions hold it."""
        reason = conditions.get(self.condition, {}).get("reason")
        return holds(conditions, self.condition, self.status) and (not self.reasons or reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Current once all of `current` are true; else suspended or failed by its signs; else in progress.

    Not `required`: without conditions it is current.
    """

    current: tuple[str, ...] = ("Ready",)
    failed: tuple[Sign, ...] = ()
    suspended: tuple[Sign, ...] = ()
    required: bool = True

    def __call__(self, body: Object, related: Sequence[Object], now: float) -> Health:
        """The verdict about a live object; `now` in seconds since the epoch."""
        conditions = conditions_of(body)
        stopped = next((sign.condition for sign in self.suspended if sign.shown_by(conditions)), "")
        if stopped:
            return Health(HealthState.SUSPENDED, *told(conditions[stopped], "its controller leaves it alone"))
        missing = [name for name in self.current if not holds(conditions, name)]
        if not missing:
            return young(body, now) or current(*told(conditions.get("".join(self.current[:1])), ""))
        for sign in self.failed:
            if sign.shown_by(conditions):
                return lasting(conditions[sign.condition], sign.patience, body, now)
        if any(name in conditions for name in missing):
            name = next(name for name in missing if name in conditions)
            return in_progress(*told(conditions[name], f"its condition {name} is not true yet"))
        if self.required or conditions:
            return in_progress("New", f"its controller has not said {' and '.join(missing)} yet")
        return young(body, now) or current()


@dataclass(frozen=True, slots=True)
class Phases:
    """Judged by the word in one field; every word that is not listed is in progress."""

    field: tuple[str, ...] = ("status", "phase")
    current: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    suspended: frozenset[str] = frozenset()
    message: tuple[str, ...] = ("status", "message")
    patience: float = 0.0

    def __call__(self, body: Object, related: Sequence[Object], now: float) -> Health:
        """The verdict about a live object; `now` in seconds since the epoch."""
        phase, message = _text(body, self.field), _text(body, self.message)
        if phase in self.suspended:
            return Health(HealthState.SUSPENDED, phase, message or "it is paused")
        if phase in self.current:
            return young(body, now) or current(phase, message)
        if phase in self.failed:
            return lasting({"reason": phase, "message": message}, self.patience, body, now)
        return in_progress(phase or "New", message or (f"it is {phase}" if phase else "its controller has not looked"))


def lasting(condition: dict[str, Any], patience: float, body: Object, now: float) -> Health:
    """Failed when a condition has lasted longer than that many seconds; in progress before, or when nobody knows."""
    told_so = told(condition, "its controller reports an error")
    if not patience:
        return failed(*told_so)
    since = [seconds_since(condition.get("lastTransitionTime"), now), since_write(body, now)]
    known = [seconds for seconds in since if seconds is not None]
    return failed(*told_so) if known and min(known) >= patience else in_progress(*told_so)


def young(body: Object, now: float) -> Health | None:
    """In progress while a status that names no version may be about an older one; None when it can be believed."""
    status = body.get("status")
    status = status if isinstance(status, dict) else {}
    conditions = status.get("conditions")
    holders = [status, *(each for each in (conditions if isinstance(conditions, list) else []))]
    if any(isinstance(each, dict) and "observedGeneration" in each for each in holders):
        return None
    since = since_write(body, now)
    if since is None or abs(since) >= _SETTLING:
        return None
    return in_progress("New", "its controller may not have looked yet")


def since_write(body: Object, now: float) -> float | None:
    """Seconds since the object was created or anything but its status was written; None when it does not say."""
    metadata = body["metadata"]
    fields = metadata.get("managedFields")
    writes = [each.get("time") for each in (fields if isinstance(fields, list) else []) if not each.get("subresource")]
    known = [seconds_since(time, now) for time in (metadata.get("creationTimestamp"), *writes)]
    return min((seconds for seconds in known if seconds is not None), default=None)


def _text(body: Object, path: tuple[str, ...]) -> str:
    value = value_at(body, path)
    return value if isinstance(value, str) else ""
