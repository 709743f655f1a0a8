"""Workloads that keep pods running: rolled out when enough pods of the newest template are available.

Their pods speak first: those of the newest template that crash, cannot pull an image or cannot start will not get
better, and are told before any deadline passes. Older pods and pods without a node yet say nothing.
"""

from collections.abc import Sequence
from typing import Any

from bot.objects.difference import same
from bot.objects.health.creation import uncreated
from bot.objects.health.pods import first_failure, own, waiting_on
from bot.objects.health.verdict import (
    Health,
    HealthState,
    conditions_of,
    count,
    current,
    failed,
    holds,
    in_progress,
    owned_by,
    status_of,
    told,
)
from bot.objects.identity import Object

_HASH = "pod-template-hash"
_REVISION = "controller-revision-hash"
_DAEMON_GENERATION = ("pod-template-generation", "deprecated.daemonset.template.generation")
_NEVER = 2**31 - 1
"""A progress deadline that stands for none: the controller then sets no Progressing condition."""


def deployment(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once every replica is updated and available, and the rollout says that it is done."""
    spec, status, conditions = _spec(body), status_of(body), conditions_of(body)
    if spec.get("paused") is True:
        return Health(HealthState.SUSPENDED, "Paused", "the deployment is paused")
    if "observedGeneration" not in status:
        return in_progress("New", "its controller has not looked yet")
    newest = [each for each in related if each.get("kind") == "ReplicaSet" and _is_newest(each, body)]
    blocked = next((refusal for each in newest or [body] if (refusal := _refusal(each))), None)
    if blocked is not None:
        return blocked
    progressing = conditions.get("Progressing")
    if progressing and progressing.get("status") == "False":
        return failed(*told(progressing, "the rollout does not progress"))
    wanted = count(spec, "replicas", 1)
    if _rolled_out(status, wanted) and _is_done(conditions, wanted, count(spec, "progressDeadlineSeconds", _NEVER)):
        return current("Available", f"{wanted} of {wanted} available")
    pods = own(related, lambda each: any(owned_by(each, replica_set) for replica_set in newest))
    updated, available = count(status, "updatedReplicas"), count(status, "availableReplicas")
    message = f"{updated} of {wanted} updated, {available} available"
    return first_failure(pods, now, crashes=True) or in_progress("RollingOut", message + waiting_on(pods, now))


def replica_set(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once as many pods as wanted are ready and available."""
    spec, status, refusal = _spec(body), status_of(body), _refusal(body)
    if refusal is not None:
        return refusal
    wanted = count(spec, "replicas", 1)
    counters = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    enough = all(count(status, name) >= wanted for name in counters)
    if "observedGeneration" in status and enough and count(status, "replicas") <= wanted:
        return current("Available", f"{wanted} of {wanted} available")
    pods = own(related, lambda each: owned_by(each, body))
    message = f"{count(status, 'readyReplicas')} of {wanted} ready"
    return first_failure(pods, now, crashes=True) or in_progress("Starting", message + waiting_on(pods, now))


def stateful_set(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once every pod that its strategy updates is of the newest revision and ready; at once with OnDelete."""
    spec, status = _spec(body), status_of(body)
    if "observedGeneration" not in status:
        return in_progress("New", "its controller has not looked yet")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return current("OnDelete", "pods take the new version when they are deleted")
    wanted, ready = count(spec, "replicas", 1), count(status, "readyReplicas")
    partition = count(strategy.get("rollingUpdate") or {}, "partition")
    updated = count(status, "updatedReplicas") >= wanted - partition
    if not partition and wanted:
        updated = updated and status.get("currentRevision") == status.get("updateRevision")
    if updated and ready >= wanted and count(status, "replicas") <= wanted:
        return current("Ready", f"{wanted} of {wanted} ready")
    revision = status.get("updateRevision")
    newest = own(related, lambda each: owned_by(each, body) and _label(each, _REVISION) == revision)
    message = f"{count(status, 'updatedReplicas')} of {wanted} updated, {ready} ready"
    failure = uncreated(body, wanted - count(status, "replicas"), related, now) or first_failure(
        newest, now, crashes=True
    )
    return failure or in_progress("RollingOut", message + waiting_on(newest, now))


def daemon_set(body: Object, related: Sequence[Object], now: float) -> Health:
    """Current once every node that wants a pod has the newest one available; at once with OnDelete."""
    status = status_of(body)
    if "observedGeneration" not in status:
        return in_progress("New", "its controller has not looked yet")
    if (_spec(body).get("updateStrategy") or {}).get("type") == "OnDelete":
        return current("OnDelete", "pods take the new version when they are deleted")
    wanted = count(status, "desiredNumberScheduled")
    counters = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    if "desiredNumberScheduled" in status and all(count(status, name) >= wanted for name in counters):
        return current("Available", f"{wanted} of {wanted} available")
    label, annotation = _DAEMON_GENERATION
    generation = (body["metadata"].get("annotations") or {}).get(annotation)
    newest = own(related, lambda each: owned_by(each, body) and bool(generation) and _label(each, label) == generation)
    message = (
        f"{count(status, 'updatedNumberScheduled')} of {wanted} updated, {count(status, 'numberAvailable')} available"
    )
    failure = uncreated(body, wanted - count(status, "currentNumberScheduled"), related, now) or first_failure(
        newest, now, crashes=True
    )
    return failure or in_progress("RollingOut", message + waiting_on(newest, now))


def _refusal(body: Object) -> Health | None:
    """The failure of a workload whose pods are refused, by a quota or a policy. Its controller repeats in vain.

    A Deployment carries this condition for its old ReplicaSets too, so it counts there only while no newest is known.
    """
    conditions = conditions_of(body)
    if not holds(conditions, "ReplicaFailure"):
        return None
    return failed(*told(conditions["ReplicaFailure"], "its pods cannot be created"))


def _rolled_out(status: dict[str, Any], wanted: int) -> bool:
    enough = all(count(status, name) >= wanted for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return enough and count(status, "replicas") == wanted


def _is_done(conditions: dict[str, dict[str, Any]], wanted: int, deadline: int) -> bool:
    if wanted and not holds(conditions, "Available"):
        return False
    reason = conditions.get("Progressing", {}).get("reason")
    return reason == "NewReplicaSetAvailable" or deadline == _NEVER


def _is_newest(replica_set: Object, body: Object) -> bool:
    """Whether a ReplicaSet is the Deployment's own and of its present template, as the controller compares them."""
    template = dict(_spec(replica_set).get("template") or {})
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {name: value for name, value in (metadata.get("labels") or {}).items() if name != _HASH}
    wanted = dict(_spec(body).get("template") or {})
    wanted["metadata"] = {"labels": {}, **(wanted.get("metadata") or {})}
    return owned_by(replica_set, body) and same({**template, "metadata": metadata}, wanted)


def _spec(body: Object) -> dict[str, Any]:
    spec = body.get("spec")
    return spec if isinstance(spec, dict) else {}


def _label(body: Object, name: str) -> Any:
    return (body["metadata"].get("labels") or {}).get(name)
