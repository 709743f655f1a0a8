"""Services, claims and autoscalers: kinds that are judged by one or two fields."""

from collections.abc import Sequence

from bot.objects.health.verdict import (
    Health,
    conditions_of,
    current,
    failed,
    holds,
    in_progress,
    seconds_since,
    status_of,
    told,
)
from bot.objects.identity import Object

_WARM_UP = 120.0
"""Seconds in which an autoscaler without metrics is taken to wait for its first ones."""


def service(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current at once; a load balancer once it has an address."""
    if (body.get("spec") or {}).get("type") != "LoadBalancer":
        return current()
    if (status_of(body).get("loadBalancer") or {}).get("ingress"):
        return current("Balanced")
    return in_progress("NoAddress", "the load balancer has no address yet")


def claim(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once bound. Unbound is current too, unless the class in `related` binds at once.

    Other classes bind when the first pod needs the claim, which only a later wave may create.
    """
    phase = status_of(body).get("phase")
    if phase == "Bound":
        return current("Bound")
    if phase == "Lost":
        return failed("Lost", "the volume behind the claim is gone")
    wanted = (body.get("spec") or {}).get("storageClassName")
    classes = (each for each in related if each.get("kind") == "StorageClass" and each["metadata"]["name"] == wanted)
    found = next(classes, None)
    if found is not None and found.get("volumeBindingMode", "Immediate") == "Immediate":
        return in_progress("Pending", "the claim is not bound yet")
    return current("Pending", "the claim binds when a pod uses it, or when a volume for it exists")


def autoscaler(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current when it can scale. Metrics or targets that are missing for two minutes are a failure."""
    conditions = conditions_of(body)
    for name in ("AbleToScale", "ScalingActive"):
        condition = conditions.get(name)
        if condition is None or condition.get("status") != "False" or condition.get("reason") == "ScalingDisabled":
            continue
        since = seconds_since(condition.get("lastTransitionTime"), now)
        verdict = failed if since is not None and since >= _WARM_UP else in_progress
        return verdict(*told(condition, "it cannot scale"))
    if holds(conditions, "AbleToScale") or holds(conditions, "ScalingLimited"):
        return current()
    return in_progress("New", "its controller has not looked yet")
