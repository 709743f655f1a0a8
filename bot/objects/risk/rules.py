"""Every risk rule, in the order in which they are told."""

from collections.abc import Callable

from bot.objects.identity import Object
from bot.objects.risk import deletion, gates, pods, rights, scale, traffic
from bot.objects.risk.note import RiskNote

Rule = Callable[[Object | None, Object | None], list[RiskNote]]

RULES: tuple[Rule, ...] = (
    deletion.deleted,
    pods.powers,
    rights.wider_rules,
    rights.wider_bindings,
    gates.dropped_versions,
    gates.strict_webhooks,
    gates.blocking_budget,
    scale.to_zero,
    traffic.opened,
    traffic.pointed_elsewhere,
    pods.care,
    pods.tags,
)


def notes(before: Object | None, after: Object | None) -> list[RiskNote]:
    """The risks of one object's change. None: it does not exist on that side. Takes canonical or server-side bodies."""
    return [note for rule in RULES for note in rule(before, after)]
