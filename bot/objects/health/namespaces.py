"""Namespaces: active, or held up while they go."""

from collections.abc import Sequence

from bot.objects.health.verdict import Health, conditions_of, current, in_progress, status_of
from bot.objects.identity import Object

_HELD = ("NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure")


def namespace(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once its phase is Active."""
    phase = str(status_of(body).get("phase") or "Pending")
    return current(phase) if phase == "Active" else in_progress(phase, "the namespace is not active yet")


def what_remains(body: Object) -> str:
    """What a namespace that is being deleted still waits for, in the server's words; empty for any other object."""
    held = (condition for name, condition in conditions_of(body).items() if name in _HELD)
    return "; ".join(str(condition.get("message") or "") for condition in held if condition.get("status") == "True")
