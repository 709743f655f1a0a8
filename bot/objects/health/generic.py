"""Kinds without a rule of their own: their conditions, or simply that they exist."""

from collections.abc import Sequence

from bot.objects.health.verdict import Health, conditions_of, current, in_progress, seconds_since, status_of, told
from bot.objects.identity import Object, kind_of

_SETTLING = 5.0
"""Seconds in which a new custom resource without any status is taken to wait for its controller's first look."""


def by_conditions(body: Object, related: Sequence[Object], now: float) -> Health:
    """`Ready` (or `Available` where there is no `Ready`) decides; without them an object that exists is current."""
    conditions = conditions_of(body)
    for name in ("Ready", "Available"):
        if name in conditions:
            if conditions[name].get("status") == "True":
                return current(*told(conditions[name], ""))
            return in_progress(*told(conditions[name], f"its condition {name} is not true yet"))
    if (status_of(body).get("conditions") or []) and not conditions:
        return in_progress("NotObserved", "its conditions are about an older version")
    age = seconds_since(body["metadata"].get("creationTimestamp"), now)
    if _is_custom(body) and not status_of(body) and age is not None and age < _SETTLING:
        return in_progress("New", "its controller may not have looked yet")
    return current()


def _is_custom(body: Object) -> bool:
    group = kind_of(body).group
    return "." in group and not group.endswith(".k8s.io")
