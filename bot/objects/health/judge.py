"""Whether an object became what was asked for: the rules that come before those of its kind, and which rule is whose.

After kstatus, with what Argo CD and kapp found missing in it: a copy older than our write is never judged.
"""

from collections.abc import Callable, Mapping, Sequence

from bot.objects.health import custom, extensions, generic, jobs, namespaces, plain, pods, workloads
from bot.objects.health.rules import KindRule, by_rules
from bot.objects.health.verdict import Health, HealthState, conditions_of, failed, holds, in_progress, status_of, told
from bot.objects.identity import Kind, Object, kind_of

Rule = Callable[[Object, Sequence[Object], float], Health]

RULES: Mapping[Kind, Rule] = {
    Kind("", "Namespace"): namespaces.namespace,
    Kind("", "PersistentVolumeClaim"): plain.claim,
    Kind("", "PersistentVolume"): plain.volume,
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
    Kind("networking.k8s.io", "Ingress"): plain.ingress,
    Kind("policy", "PodDisruptionBudget"): plain.budget,
}
"""A row per built-in kind; `custom.py` has the others. Every other kind is judged by its conditions."""


def judge(
    body: Object | None,
    related: Sequence[Object],
    written_generation: int | None,
    now: float,
    rules: Sequence[KindRule] = (),
) -> Health:
    """The health of a live object, None when it does not exist.

    `related` are ReplicaSets and Pods of a workload, the StorageClass of a claim, and events about any of them; more
    does no harm. The `written_generation` is what our write's answer said: an older copy is in progress. `now` is in
    seconds since the epoch. `rules` are the config's: for their kinds they decide what is healthy, though what the
    kind's own rule calls failed while they are not true stays failed.
    """
    if body is None:
        return Health(HealthState.NOT_FOUND, "NotFound", "it does not exist")
    metadata = body["metadata"]
    if metadata.get("deletionTimestamp"):
        return _terminating(body)
    early = _unjudged(body, written_generation)
    if early is not None:
        return early
    ruled = by_rules(rules, body) if rules else None
    if ruled is not None and ruled.state is not HealthState.IN_PROGRESS:
        return ruled
    found = _by_kind(body, related, now)
    return found if ruled is None or found.state is HealthState.FAILED else ruled


def gone(desired: Object, written: float, now: float) -> Health:
    """The health of an object that is not there any more: not found, unless it is a Job that ended and expired.

    `written` is when we wrote it; both times in seconds since the epoch.
    """
    return jobs.expired(desired, written, now) or judge(None, (), None, now)


def _unjudged(body: Object, written_generation: int | None) -> Health | None:
    """What is said before any rule is asked: that the copy or its status is old, or that nobody works on it."""
    generation = body["metadata"].get("generation")
    if written_generation is not None and isinstance(generation, int) and generation < written_generation:
        return in_progress("OldCopy", "the copy that was read is older than what was written")
    if custom.is_paused(body):
        return Health(HealthState.SUSPENDED, "Suspended", "its controller is told to leave it alone")
    observed = status_of(body).get("observedGeneration")
    if isinstance(observed, str) and observed.isdecimal() and observed.isascii():  # Argo Rollouts writes it as text
        observed = int(observed)
    if isinstance(observed, int) and isinstance(generation, int) and observed != generation:
        return in_progress("NotObserved", "its controller has not seen the newest version yet")
    return None


def _by_kind(body: Object, related: Sequence[Object], now: float) -> Health:
    conditions = conditions_of(body)
    if holds(conditions, "Stalled"):
        return failed(*told(conditions["Stalled"], "it is stalled"))
    if holds(conditions, "Reconciling"):
        return in_progress(*told(conditions["Reconciling"], "it is being reconciled"))
    kind = kind_of(body)
    rule = RULES.get(kind) or custom.rule_for(kind) or generic.by_conditions
    return rule(body, related, now)


def _terminating(body: Object) -> Health:
    waiting = ", ".join(str(name) for name in body["metadata"].get("finalizers") or [])
    message = namespaces.what_remains(body) or (
        f"waits for the finalizers {waiting}" if waiting else "is being deleted"
    )
    return Health(HealthState.TERMINATING, "Terminating", message)
