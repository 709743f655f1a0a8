"""Who reaches what: Services that open to the world or point elsewhere, and policies that go."""

from bot.objects.identity import Kind, Object, kind_of
from bot.objects.paths import ABSENT, value_at
from bot.objects.risk.note import Level, RiskNote

_SERVICE = Kind("", "Service")
_TYPE = ("spec", "type")
_SELECTOR = ("spec", "selector")
_OPEN = ("LoadBalancer", "NodePort")


def opened(before: Object | None, after: Object | None) -> list[RiskNote]:
    """A Service that can be reached from outside of the cluster from now on."""
    if after is None or kind_of(after) != _SERVICE:
        return []
    kind = value_at(after, _TYPE)
    if kind not in _OPEN or value_at(before or {}, _TYPE) in (kind, "LoadBalancer"):
        return []
    return [RiskNote(Level.WARN, "service-opened", "spec.type", "it can be reached from outside of the cluster")]


def pointed_elsewhere(before: Object | None, after: Object | None) -> list[RiskNote]:
    """A Service that selects other pods: until some match, nobody answers."""
    if before is None or after is None or kind_of(after) != _SERVICE:
        return []
    old, new = value_at(before, _SELECTOR), value_at(after, _SELECTOR)
    if old in (ABSENT, None) or old == new:
        return []
    return [RiskNote(Level.WARN, "selector-changed", "spec.selector", "it selects other pods than before")]
