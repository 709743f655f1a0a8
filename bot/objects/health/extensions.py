"""What extends the API: custom resource definitions and aggregated API services."""

from collections.abc import Sequence

from bot.objects.health.verdict import Health, conditions_of, current, failed, holds, in_progress, told
from bot.objects.identity import Object


def definition(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once Established. The caller still waits until discovery shows the kind."""
    conditions = conditions_of(body)
    if holds(conditions, "NamesAccepted", "False"):
        return failed(*told(conditions["NamesAccepted"], "its names are taken"))
    if holds(conditions, "Established"):
        return current("Established")
    established = conditions.get("Established")
    if established and established.get("status") == "False" and established.get("reason") != "Installing":
        return failed(*told(established, "it cannot be established"))
    return in_progress(*told(established, "the API server does not serve it yet"))


def api_service(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once Available; its backend may come later, so it never fails."""
    conditions = conditions_of(body)
    if holds(conditions, "Available"):
        return current("Available")
    return in_progress(*told(conditions.get("Available"), "its backend does not answer yet"))
