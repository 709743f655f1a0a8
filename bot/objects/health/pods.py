"""Pods: on their own, and as the reason why a workload will not become healthy, or is not yet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from bot.objects.health.events import is_event, with_warning
from bot.objects.health.verdict import (
    Health,
    HealthState,
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

_CRASHING = "CrashLoopBackOff"
_RESTARTS = 2
"""Restarts after which a crashing container counts as failed: the first may only have come before what it needs."""

_RETRIED = ("ErrImagePull",)
"""Reasons of a first attempt, which are followed by a `…BackOff` when the next one fails as well."""

_MOVED = ("Evicted", "NodeAffinity", "NodeLost", "NodeShutdown", "OutOfcpu", "OutOfmemory", "Preempting", "Shutdown")
"""Reasons for which a pod fails without its own fault, and is replaced by its workload."""

_SCHEDULING = 15.0
"""Seconds in which a pod on its own may look for a node, as in kstatus."""

_NO_CLAIM = 60.0
"""Seconds after which a pod whose claim does not exist will not get one: more nodes do not help it."""


def pod(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current when Ready or Succeeded; failed, unlike kstatus, in phase Failed or when a container cannot run."""
    status, conditions = status_of(body), conditions_of(body)
    phase = status.get("phase")
    if phase == "Succeeded" or (phase != "Failed" and holds(conditions, "Ready")):
        return current(str(phase or "Ready"))
    if phase == "Unknown":
        return Health(HealthState.UNKNOWN, "NodeLost", "its node does not say how it is")
    failure = first_failure([body, *filter(is_event, related)], now, crashes=True)
    if failure is not None:
        return failure
    if phase == "Failed":
        return failed(str(status.get("reason") or "Failed"), str(status.get("message") or "the pod failed"))
    if holds(conditions, "PodScheduled", "False"):
        scheduled = conditions["PodScheduled"]
        verdict = failed if _unscheduled_for(body, scheduled, now) >= _SCHEDULING else in_progress
        return verdict(*told(scheduled, "no node takes the pod"))
    reason, message = told(conditions.get("Ready"), "the pod is not ready yet")
    return in_progress(reason, with_warning(message, related, body, now))


def own(related: Sequence[Object], chosen: Callable[[Object], bool]) -> list[Object]:
    """The chosen ones of what is related, and all events."""
    return [each for each in related if is_event(each) or chosen(each)]


def first_failure(related: Sequence[Object], now: float, *, crashes: bool) -> Health | None:
    """The failure of the first pod, by name, that cannot run: with container, reason and exit code. None if all may.

    Pods that are being deleted, or wait for a node, are passed over, but not those that wait for a claim which does
    not exist. `crashes`: whether crashing counts.
    """
    for body in _alive(related):
        failure = next(_failures(body, now, crashes=crashes), None)
        if failure is not None:
            return replace(failure, message=with_warning(failure.message, related, body, now))
    return None


def waiting_on(related: Sequence[Object], now: float) -> str:
    """What the first pod that is not ready waits for, to stand behind another sentence; empty when all are."""
    for body in _alive(related):
        conditions = conditions_of(body)
        if status_of(body).get("phase") == "Succeeded" or holds(conditions, "Ready"):
            continue
        text = f"pod {body['metadata'].get('name')} {_wait(body, conditions)}"
        return "; " + with_warning(text, related, body, now)
    return ""


def _alive(related: Sequence[Object]) -> list[Object]:
    pods = [each for each in related if each.get("kind") == "Pod" and not each["metadata"].get("deletionTimestamp")]
    return sorted(pods, key=lambda each: str(each["metadata"].get("name")))


def _wait(body: Object, conditions: dict[str, dict[str, Any]]) -> str:
    if holds(conditions, "PodScheduled", "False"):
        return f"waits for a node: {told(conditions['PodScheduled'], 'none takes it')[1]}"
    for container in _containers(body):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "PodInitializing"):
            said = f": {waiting['message']}" if waiting.get("message") else ""
            return f"waits, container {container.get('name')}: {waiting['reason']}{said}"
    for container in status_of(body).get("containerStatuses") or []:
        if not container.get("ready") and (container.get("state") or {}).get("running") is not None:
            return f"is not ready, container {container.get('name')} runs and does not pass its probe"
    return "is not ready"


def _failures(body: Object, now: float, *, crashes: bool) -> Iterator[Health]:
    status, name = status_of(body), body["metadata"].get("name")
    scheduled = conditions_of(body).get("PodScheduled", {})
    message = str(scheduled.get("message") or "")
    claimless = scheduled.get("status") == "False" and 'persistentvolumeclaim "' in message and '" not found' in message
    if claimless and _unscheduled_for(body, scheduled, now) >= _NO_CLAIM:
        yield failed("Unschedulable", f"pod {name}: {message}")
    for container in _containers(body):
        state = container.get("state") or {}
        reason, message = _waiting(container, state.get("waiting") or {}, crashes=crashes)
        if reason:
            named = str(container.get("name"))
            yield replace(failed(reason, f"pod {name}, container {named}: {message}"), pod=str(name), container=named)
    if crashes and status.get("phase") == "Failed" and status.get("reason") not in _MOVED:
        yield _ended(body, status)


def _containers(body: Object) -> list[dict[str, Any]]:
    status = status_of(body)
    return (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])


def _unscheduled_for(body: Object, scheduled: dict[str, Any], now: float) -> float:
    times = (scheduled.get("lastTransitionTime"), body["metadata"].get("creationTimestamp"))
    return max((age for time in times if (age := seconds_since(time, now)) is not None), default=0.0)


def _waiting(container: dict[str, Any], waiting: dict[str, Any], *, crashes: bool) -> tuple[str, str]:
    """Reason and sentence when a container waits for what will not come; empty reason otherwise."""
    reason = str(waiting.get("reason") or "")
    if reason == _CRASHING:
        if not crashes or (container.get("restartCount") or 0) < _RESTARTS:
            return "", ""
        return reason, _exit(((container.get("lastState") or {}).get("terminated")) or {}, "crashes again and again")
    if reason in _RETRIED or not (
        reason.startswith("Err") or reason.endswith(("BackOff", "Error", "InvalidImageName"))
    ):
        return "", ""
    return reason, str(waiting.get("message") or "cannot start")


def _ended(body: Object, status: dict[str, Any]) -> Health:
    """A pod whose containers ended and are not started again."""
    name = body["metadata"].get("name")
    for container in _containers(body):
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            reason = str(ended.get("reason") or "Error")
            named = str(container.get("name"))
            said = failed(reason, f"pod {name}, container {named}: {_exit(ended, 'ended')}")
            return replace(said, pod=str(name), container=named)
    return failed(str(status.get("reason") or "Failed"), f"pod {name}: {status.get('message') or 'failed'}")


def _exit(ended: dict[str, Any], otherwise: str) -> str:
    if not isinstance(ended.get("exitCode"), int):
        return otherwise
    return f"exit code {ended['exitCode']}" + (f", {ended['reason']}" if ended.get("reason") else "")
