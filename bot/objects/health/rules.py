"""Rules from a repository's config: CEL expressions that say when the objects of a kind are healthy (DESIGN §3)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from bot.objects.health import cel
from bot.objects.health.verdict import Health, HealthState, current, in_progress
from bot.objects.identity import Kind, Object, kind_of

_SHOWN = 200


class KindRule(Protocol):
    """What a rule says: the kind, and an expression over `object` that `cel.parse` has accepted."""

    @property
    def kind(self) -> Kind:
        """The kind it is about."""
        ...

    @property
    def healthy(self) -> str:
        """The expression."""
        ...


def by_rules(rules: Sequence[KindRule], body: Object) -> Health | None:
    """Current when all rules of the object's kind are true, in progress otherwise; None when none is about it.

    A field that is not there yet makes a rule not true yet. What is neither true nor false, or takes too much work,
    is unknown. managedFields are not shown to rules: they are the largest part and say nothing about health.
    """
    mine = [rule for rule in rules if rule.kind == kind_of(body)]
    metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
    shown = {**body, "metadata": metadata}
    for rule in mine:
        verdict = _judged(rule.healthy, shown)
        if verdict is not None:
            return verdict
    return current("Rule", "its rule in the config is true") if mine else None


def _judged(expression: str, body: Object) -> Health | None:
    shown = expression if len(expression) <= _SHOWN else expression[: _SHOWN - 1] + "…"
    try:
        answer = cel.evaluate(_parsed(expression), {"object": body})
    except cel.ExpressionError as error:
        return Health(HealthState.UNKNOWN, "RuleUnreadable", f"its rule cannot be read: {error}")
    except cel.TooMuchWork as error:
        return Health(HealthState.UNKNOWN, "RuleTooCostly", f"its rule {shown} cannot be decided: {error}")
    except cel.EvaluationError as error:
        return in_progress("RuleNotTrue", f"its rule {shown} is not true yet: {error}")
    if not isinstance(answer, bool):
        return Health(HealthState.UNKNOWN, "RuleNotBoolean", f"its rule {shown} answers neither true nor false")
    return None if answer else in_progress("RuleNotTrue", f"its rule {shown} is not true yet")


@lru_cache(maxsize=256)
def _parsed(expression: str) -> cel.Node:
    return cel.parse(expression)
