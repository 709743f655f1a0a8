"""What can keep others from working: webhooks that must answer, budgets that hold every pod, versions that go."""

from typing import Any

from bot.objects.identity import Kind, Object, kind_of
from bot.objects.paths import value_at
from bot.objects.risk.note import Level, RiskNote

_GROUP = "admissionregistration.k8s.io"
_BUDGET = Kind("policy", "PodDisruptionBudget")
_DEFINITION = Kind("apiextensions.k8s.io", "CustomResourceDefinition")


def strict_webhooks(before: Object | None, after: Object | None) -> list[RiskNote]:
    """Webhooks without which the API server refuses requests; Fail is what it assumes where nothing is written."""
    if after is None or kind_of(after).group != _GROUP:
        return []
    had = {hook.get("name") for hook in _maps((before or {}).get("webhooks")) if _strict(hook)}
    message = "requests are refused while the webhook does not answer"
    return [
        RiskNote(Level.WARN, "webhook-fails-closed", f"webhooks[name={hook.get('name')}].failurePolicy", message)
        for hook in _maps(after.get("webhooks"))
        if _strict(hook) and hook.get("name") not in had
    ]


def blocking_budget(before: Object | None, after: Object | None) -> list[RiskNote]:
    """A budget that lets no pod be evicted, so that nodes cannot be drained."""
    if after is None or kind_of(after) != _BUDGET or _holds_all(before):
        return []
    field = _holds_all(after)
    message = "no pod may be evicted, so nodes cannot be drained"
    return [RiskNote(Level.WARN, "budget-blocks", field, message)] if field else []


def dropped_versions(before: Object | None, after: Object | None) -> list[RiskNote]:
    """A kind is no longer served in a version that others may use."""
    if before is None or after is None or kind_of(after) != _DEFINITION:
        return []
    gone = sorted(_served(before) - _served(after))
    message = f"the kind is no longer served as {', '.join(gone)}"
    return [RiskNote(Level.BLOCK, "version-dropped", "spec.versions", message)] if gone else []


def _strict(hook: dict[str, Any]) -> bool:
    return (hook.get("failurePolicy") or "Fail") == "Fail"


def _holds_all(body: Object | None) -> str:
    if value_at(body or {}, ("spec", "maxUnavailable")) in (0, "0%"):
        return "spec.maxUnavailable"
    return "spec.minAvailable" if value_at(body or {}, ("spec", "minAvailable")) == "100%" else ""


def _served(body: Object) -> set[str]:
    versions = _maps(value_at(body, ("spec", "versions")))
    return {str(version.get("name")) for version in versions if version.get("served") is True}


def _maps(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
