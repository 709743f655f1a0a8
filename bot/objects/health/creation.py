"""Pods that a controller cannot create, where it says so only in events: stateful sets, daemon sets and jobs."""

from collections.abc import Sequence

from bot.objects.health.events import newest_warning
from bot.objects.health.signs import since_write
from bot.objects.health.verdict import Health, failed
from bot.objects.identity import Object

_PATIENCE = 10.0
"""Seconds in which what the pods need, such as their service account, may still come."""


def uncreated(body: Object, lacking: int, related: Sequence[Object], now: float) -> Health | None:
    """Failed when a quota or a policy refused its pods after the last write to it and pods are lacking; else None."""
    found = newest_warning(related, body, now, "FailedCreate")
    written = since_write(body, now)
    if lacking <= 0 or found is None or written is None or not max(_PATIENCE, found[1]) <= written:
        return None
    return failed("FailedCreate", found[0].removeprefix("FailedCreate: "))
