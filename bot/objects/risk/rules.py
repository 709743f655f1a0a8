"""Every risk rule, in the order in which they are told."""

from collections.abc import Callable

from bot.objects.identity import Object
from bot.objects.risk import deletion, scale
from bot.objects.risk.note import RiskNote

Rule = Callable[[Object | None, Object | None], list[RiskNote]]

RULES: tuple[Rule, ...] = (deletion.deleted, scale.to_zero)


def notes(before: Object | None, after: Object | None) -> list[RiskNote]:
    """The risks of one object's change. None: it does not exist on that side. Takes canonical or server-side bodies."""
    return [note for rule in RULES for note in rule(before, after)]
