"""Services, routes, claims, volumes, budgets and autoscalers: kinds that are judged by one or two fields."""

import json
from collections.abc import Sequence
from typing import Any

from bot.objects.health.events import newest_warning, with_warning
from bot.objects.health.signs import lasting
from bot.objects.health.verdict import (
    Health,
    conditions_of,
    conditions_within,
    current,
    failed,
    holds,
    in_progress,
    status_of,
    told,
)
from bot.objects.identity import Object

_WARM_UP = 120.0
"""Seconds in which an autoscaler without metrics is taken to wait for its first ones."""


def service(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current at once; a load balancer once it has an address. A rule of the config for Service sets that aside."""
    if (body.get("spec") or {}).get("type") != "LoadBalancer":
        return current()
    if (status_of(body).get("loadBalancer") or {}).get("ingress"):
        return current("Balanced")
    return in_progress("NoAddress", with_warning("the load balancer has no address yet", related, body, now))


def ingress(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current at once: many controllers never write an address (Argo CD waits for one, and hangs)."""
    if (status_of(body).get("loadBalancer") or {}).get("ingress"):
        return current("Balanced")
    return current("NoAddress", "it has no address yet, which not every controller writes")


def budget(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current, as in kstatus; with the reason when its controller cannot work out what it allows."""
    allowed = conditions_of(body).get("DisruptionAllowed", {})
    return current(*told(allowed, "")) if allowed.get("reason") == "SyncFailed" else current()


def volume(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current unless its reclaiming failed."""
    status = status_of(body)
    if status.get("phase") == "Failed":
        return failed(str(status.get("reason") or "Failed"), str(status.get("message") or "the volume failed"))
    return current(str(status.get("phase") or "Current"))


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
    unmade = newest_warning(related, body, now, "ProvisioningFailed")
    if unmade is not None:
        return in_progress("ProvisioningFailed", unmade[0].removeprefix("ProvisioningFailed: "))
    if found is not None and found.get("volumeBindingMode", "Immediate") == "Immediate":
        return in_progress("Pending", with_warning("the claim is not bound yet", related, body, now))
    return current("Pending", "the claim binds when a pod uses it, or when a volume for it exists")


def autoscaler(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current when it can scale. Metrics or targets that are missing for two minutes are a failure."""
    conditions = conditions_of(body) or _annotated(body)
    for name in ("AbleToScale", "ScalingActive"):
        condition = conditions.get(name)
        if (
            condition is not None
            and condition.get("status") == "False"
            and condition.get("reason") != "ScalingDisabled"
        ):
            return lasting(condition, _WARM_UP, body, now)
    if holds(conditions, "AbleToScale") or holds(conditions, "ScalingLimited"):
        return current()
    return in_progress("New", "its controller has not looked yet")


def _annotated(body: Object) -> dict[str, dict[str, Any]]:
    """The conditions of autoscaling/v1, which has no field for them: the API server writes them as an annotation."""
    text = (body["metadata"].get("annotations") or {}).get("autoscaling.alpha.kubernetes.io/conditions")
    try:
        found = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        return {}
    return conditions_within({"conditions": found}, body)
