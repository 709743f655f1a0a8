"""What events say about an object, for those who read health: the newest warning. Nothing is decided by age alone."""

from collections.abc import Sequence
from typing import Any

from bot.objects.health.verdict import conditions_of, holds, seconds_since, status_of
from bot.objects.identity import Object

_PODS = 3
"""Of how many pods of one workload the events are asked for."""
_TIMES = ("lastTimestamp", "deprecatedLastTimestamp", "eventTime", "firstTimestamp")


def is_event(body: Object) -> bool:
    """Whether it is an event, of either API group."""
    return body.get("kind") == "Event"


def told_of(body: Object, related: Sequence[Object]) -> list[str]:
    """The UIDs about which events may say more: the object itself, and its first pods that are not ready."""
    pods = [each for each in related if each.get("kind") == "Pod" and not _ready(each)]
    pods.sort(key=lambda each: str(each["metadata"].get("name")))
    return [uid for each in (body, *pods[:_PODS]) if isinstance(uid := each["metadata"].get("uid"), str)]


def newest_warning(related: Sequence[Object], about: Object, now: float, reason: str = "") -> tuple[str, float] | None:
    """Text and age in seconds of the newest warning about an object, of one reason if given; None without one."""
    uid = about["metadata"].get("uid")
    found = [
        (age, _text(each))
        for each in related
        if is_event(each)
        and uid
        and each.get("type") == "Warning"
        and (not reason or each.get("reason") == reason)
        and (each.get("involvedObject") or each.get("regarding") or {}).get("uid") == uid
        and (age := _age(each, now)) is not None
    ]
    return (min(found)[1], min(found)[0]) if found else None


def with_warning(message: str, related: Sequence[Object], about: Object, now: float) -> str:
    """A sentence with the newest warning about an object behind it, when there is one that does not repeat it."""
    found = newest_warning(related, about, now)
    return f"{message}; last event {found[0]}" if found and found[0] not in message else message


def _ready(pod: Object) -> bool:
    return status_of(pod).get("phase") == "Succeeded" or holds(conditions_of(pod), "Ready")


def _text(event: dict[str, Any]) -> str:
    return f"{event.get('reason') or 'Warning'}: {event.get('message') or event.get('note') or 'without a message'}"


def _age(event: dict[str, Any], now: float) -> float | None:
    series = event.get("series") or {}
    times = [series.get("lastObservedTime"), *(event.get(name) for name in _TIMES)]
    ages = [seconds_since(time, now) for time in times if time]
    return min((age for age in ages if age is not None), default=None)
