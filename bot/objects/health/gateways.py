"""Gateway API: objects whose conditions stand apart for each listener and each parent.

Every condition carries the generation it is about; older ones count as not there. Sources: GEP-1364 (conditions) and
the API reference at gateway-api.sigs.k8s.io.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.objects.health.signs import PATIENCE, Conditions, Sign, lasting
from bot.objects.health.verdict import (
    Health,
    HealthState,
    conditions_within,
    current,
    holds,
    in_progress,
)
from bot.objects.identity import Object

_WHOLE = Conditions(
    current=("Accepted", "Programmed"),
    failed=(
        Sign("Accepted", reasons=frozenset({"Invalid", "InvalidParameters", "ListenersNotValid", "NotReconciled"})),
        Sign("Programmed", reasons=frozenset({"Invalid", "NoResources", "AddressNotUsable"})),
    ),
)
_REFUSED = (Sign("Conflicted", "True"), Sign("Accepted"), Sign("ResolvedRefs"))
_UNDECIDED = frozenset({"Pending", "NotReconciled"})


def gateway(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once it is accepted and programmed and so is each listener; the first listener that is not is named."""
    whole = _WHOLE(body, related, now)
    if whole.state is HealthState.FAILED:
        return whole
    judged = [_part(body, each, f"listener {each.get('name')}", now) for each in _entries(body, "listeners")]
    return _worst([*judged, whole])


def route(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once every parent that it names has accepted it and resolved what it points at."""
    judged = []
    entries = list(_entries(body, "parents"))
    spec = body.get("spec") or {}
    for reference in spec.get("parentRefs") or []:
        wanted = _identity(reference, body)
        name = f"parent {wanted[3]}" + (f", {wanted[4]}" if wanted[4] else "")
        found = [each for each in entries if _identity(each.get("parentRef") or {}, body) == wanted]
        if not found:
            judged.append(in_progress("New", f"{name}: no controller has said anything yet"))
        judged += [_part(body, each, name, now) for each in found]
    return _worst(judged) if judged else current("Unattached", "it names no parent")


def _part(body: Object, entry: dict[str, Any], name: str, now: float) -> Health:
    conditions = conditions_within(entry, body)
    for sign in _REFUSED:
        if sign.shown_by(conditions) and conditions[sign.condition].get("reason") not in _UNDECIDED:
            verdict = lasting(conditions[sign.condition], PATIENCE, body, now)
            return Health(verdict.state, verdict.reason, f"{name}: {verdict.message}")
    for wanted in ("Accepted", "ResolvedRefs"):
        if not holds(conditions, wanted):
            return in_progress("Pending", f"{name}: not {wanted} yet")
    if holds(conditions, "Programmed", "False"):
        return in_progress("Pending", f"{name}: {conditions['Programmed'].get('message') or 'not Programmed yet'}")
    return current("Accepted")


def _worst(judged: list[Health]) -> Health:
    for state in (HealthState.FAILED, HealthState.IN_PROGRESS, HealthState.SUSPENDED):
        found = next((each for each in judged if each.state is state), None)
        if found is not None:
            return found
    return judged[-1]


def _entries(body: Object, field: str) -> Iterator[dict[str, Any]]:
    status = body.get("status")
    entries = status.get(field) if isinstance(status, dict) else None
    yield from (each for each in (entries if isinstance(entries, list) else []) if isinstance(each, dict))


def _identity(reference: dict[str, Any], body: Object) -> tuple[Any, ...]:
    """A reference with the API's defaults filled in, for comparing one in the spec with one in the status."""
    return (
        reference.get("group", "gateway.networking.k8s.io"),
        reference.get("kind", "Gateway"),
        reference.get("namespace") or body["metadata"].get("namespace"),
        reference.get("name"),
        reference.get("sectionName") or "",
        reference.get("port"),
    )
