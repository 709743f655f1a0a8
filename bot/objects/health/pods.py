"""Pods: on their own, and as the reason why a workload will not become healthy."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.objects.health.verdict import Health, conditions_of, current, failed, holds, in_progress, status_of, told
from bot.objects.identity import Object

_CRASHING = "CrashLoopBackOff"
_RESTARTS = 2
"""Restarts after which a crashing container counts as failed: the first may only have come before what it needs."""

_RETRIED = ("ErrImagePull",)
"""Reasons of a first attempt, which are followed by a `…BackOff` when the next one fails as well."""

_MOVED = ("Evicted", "NodeAffinity", "NodeLost", "NodeShutdown", "OutOfcpu", "OutOfmemory", "Preempting", "Shutdown")
"""Reasons for which a pod fails without its own fault, and is replaced by its workload."""


def pod(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current when Ready or Succeeded; failed, unlike kstatus, in phase Failed or when a container cannot run."""
    phase = status_of(body).get("phase")
    conditions = conditions_of(body)
    if phase == "Succeeded" or holds(conditions, "Ready"):
        return current(str(phase or "Ready"))
    failure = first_failure([body], crashes=True)
    if failure is not None:
        return failure
    if phase == "Failed":
        return failed(
            str(status_of(body).get("reason") or "Failed"), str(status_of(body).get("message") or "the pod failed")
        )
    waiting = conditions.get("PodScheduled") if holds(conditions, "PodScheduled", "False") else conditions.get("Ready")
    return in_progress(*told(waiting, "the pod is not ready yet"))


def first_failure(related: Sequence[Object], *, crashes: bool) -> Health | None:
    """The failure of the first pod, by name, that cannot run: with container, reason and exit code. None if all may.

    Pods that are being deleted, or wait for a node, are passed over. `crashes`: whether crashing counts.
    """
    pods = [each for each in related if each.get("kind") == "Pod" and not each["metadata"].get("deletionTimestamp")]
    for body in sorted(pods, key=lambda each: str(each["metadata"].get("name"))):
        failure = next(_failures(body, crashes=crashes), None)
        if failure is not None:
            return failure
    return None


def _failures(body: Object, *, crashes: bool) -> Iterator[Health]:
    status, name = status_of(body), body["metadata"].get("name")
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        state = container.get("state") or {}
        reason, message = _waiting(container, state.get("waiting") or {}, crashes=crashes)
        if reason:
            yield failed(reason, f"pod {name}, container {container.get('name')}: {message}")
    if crashes and status.get("phase") == "Failed" and status.get("reason") not in _MOVED:
        yield _ended(body, status)


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
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            reason = str(ended.get("reason") or "Error")
            return failed(reason, f"pod {name}, container {container.get('name')}: {_exit(ended, 'ended')}")
    return failed(str(status.get("reason") or "Failed"), f"pod {name}: {status.get('message') or 'failed'}")


def _exit(ended: dict[str, Any], otherwise: str) -> str:
    if not isinstance(ended.get("exitCode"), int):
        return otherwise
    return f"exit code {ended['exitCode']}" + (f", {ended['reason']}" if ended.get("reason") else "")
