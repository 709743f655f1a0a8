"""Whether an object became what was asked for: the rules that come before those of its kind, and which rule is whose.

After kstatus, with what Argo CD and kapp found missing in it: a copy older than our write is never judged.
"""

from collections.abc import Callable, Mapping, Sequence

from bot.objects.health import extensions, generic, jobs, namespaces, plain, pods, workloads
from bot.objects.health.verdict import Health, HealthState, conditions_of, failed, holds, in_progress, status_of, told
from bot.objects.identity import Kind, Object, kind_of

Rule = Callable[[Object, Sequence[Object], float], Health]

RULES: Mapping[Kind, Rule] = {
    Kind("", "Namespace"): namespaces.namespace,
    Kind("", "PersistentVolumeClaim"): plain.claim,
    Kind("", "Pod"): pods.pod,
    Kind("", "ReplicationController"): workloads.replica_set,
    Kind("", "Service"): plain.service,
    Kind("apiextensions.k8s.io", "CustomResourceDefinition"): extensions.definition,
    Kind("apiregistration.k8s.io", "APIService"): extensions.api_service,
    Kind("apps", "DaemonSet"): workloads.daemon_set,
    Kind("apps", "Deployment"): workloads.deployment,
    Kind("apps", "ReplicaSet"): workloads.replica_set,
    Kind("apps", "StatefulSet"): workloads.stateful_set,
    Kind("autoscaling", "HorizontalPodAutoscaler"): plain.autoscaler,
    Kind("batch", "CronJob"): jobs.cron_job,
    Kind("batch", "Job"): jobs.job,
}
"""A row per kind. Every other kind is judged by its conditions."""


def judge(body: Object | None, related: Sequence[Object], written_generation: int | None, now: float) -> Health:
    """The health of a live object, None when it does not exist.

    `related` are ReplicaSets and Pods of a workload, or the StorageClass of a claim; more does no harm. The
    `written_generation` is what our write's answer said: an older copy is in progress. `now` is in seconds since the
    epoch.
    """
    if body is None:
        return Health(HealthState.NOT_FOUND, "NotFound", "it does not exist")
    metadata = body["metadata"]
    if metadata.get("deletionTimestamp"):
        return _terminating(body)
    generation = metadata.get("generation")
    if written_generation is not None and isinstance(generation, int) and generation < written_generation:
        return in_progress("OldCopy", "the copy that was read is older than what was written")
    observed = status_of(body).get("observedGeneration")
    if isinstance(observed, int) and isinstance(generation, int) and observed < generation:
        return in_progress("NotObserved", "its controller has not seen the newest version yet")
    conditions = conditions_of(body)
    if holds(conditions, "Stalled"):
        return failed(*told(conditions["Stalled"], "it is stalled"))
    if holds(conditions, "Reconciling"):
        return in_progress(*told(conditions["Reconciling"], "it is being reconciled"))
    return RULES.get(kind_of(body), generic.by_conditions)(body, related, now)


def _terminating(body: Object) -> Health:
    waiting = ", ".join(str(name) for name in body["metadata"].get("finalizers") or [])
    message = namespaces.what_remains(body) or (
        f"waits for the finalizers {waiting}" if waiting else "is being deleted"
    )
    return Health(HealthState.TERMINATING, "Terminating", message)
