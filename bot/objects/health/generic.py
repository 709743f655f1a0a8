"""Kinds without a rule of their own: their conditions, or simply that they exist."""

from collections.abc import Sequence

from bot.objects.health.signs import PATIENCE, lasting, young
from bot.objects.health.verdict import Health, HealthState, conditions_of, current, holds, in_progress, status_of, told
from bot.objects.identity import Object, kind_of

_BUILT_IN = frozenset(
    {
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "internal.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "resource",
        "scheduling",
        "storage",
        "storagemigration",
    }
)
"""Groups below k8s.io that are Kubernetes itself; others there extend it. Built-in groups elsewhere have no dot."""


def by_conditions(body: Object, related: Sequence[Object], now: float) -> Health:
    """`Ready` (or `Available` where there is no `Ready`) decides; without them an object that exists is current.

    What Crossplane composes has kinds of every group, and says with `Synced` whether the newest version was taken.
    """
    conditions = conditions_of(body)
    synced = conditions.get("Synced", {})
    if synced.get("reason") == "ReconcilePaused":
        return Health(HealthState.SUSPENDED, *told(synced, "its controller leaves it alone"))
    if "Ready" in conditions and holds(conditions, "Synced", "False"):
        return lasting(synced, PATIENCE, body, now)
    for name in ("Ready", "Available"):
        if holds(conditions, name):
            return (young(body, now) if _is_custom(body) else None) or current(*told(conditions[name], ""))
        if name in conditions:
            return in_progress(*told(conditions[name], f"its condition {name} is not true yet"))
    if (status_of(body).get("conditions") or []) and not conditions:
        return in_progress("NotObserved", "its conditions are about an older version")
    return (young(body, now) if _is_custom(body) and not status_of(body) else None) or current()


def _is_custom(body: Object) -> bool:
    group = kind_of(body).group
    return "." in group and group.removesuffix(".k8s.io") not in _BUILT_IN
