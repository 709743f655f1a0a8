"""The golden table of built-in kinds that keep no pods running, held against what kstatus says of the same object."""

from typing import Any

import pytest

from bot.objects.health import judge
from fixtures.health.rows import NOW, Row, ago, event, made, off, on, pod, waits

ARGO = "as Argo CD judges it"


def alone(phase: str = "Running", *conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    return made("v1", "Pod", {"phase": phase, "conditions": list(conditions), **status}, {"containers": []})


def job(*conditions: dict[str, Any], spec: Any = None, **status: Any) -> dict[str, Any]:
    full = {"startTime": ago(60), "conditions": list(conditions), **status}
    return made("batch/v1", "Job", full, {"completions": 1, **(spec or {})})


def service(status: Any, **spec: Any) -> dict[str, Any]:
    return made("v1", "Service", status, {"clusterIP": "10.0.0.1", **spec})


def claim(phase: str, **spec: Any) -> dict[str, Any]:
    return made("v1", "PersistentVolumeClaim", {"phase": phase}, {"storageClassName": "fast", **spec})


def storage_class(mode: str) -> dict[str, Any]:
    return made("storage.k8s.io/v1", "StorageClass", name="fast") | {"volumeBindingMode": mode}


def autoscaler(*conditions: dict[str, Any]) -> dict[str, Any]:
    return made("autoscaling/v2", "HorizontalPodAutoscaler", {"conditions": list(conditions)}, {})


def definition(*conditions: dict[str, Any]) -> dict[str, Any]:
    return made("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"conditions": list(conditions)}, {})


def api_service(*conditions: dict[str, Any]) -> dict[str, Any]:
    return made("apiregistration.k8s.io/v1", "APIService", {"conditions": list(conditions)}, {})


def autoscaler_v1(conditions: str) -> dict[str, Any]:
    annotations = {"autoscaling.alpha.kubernetes.io/conditions": conditions}
    return made("autoscaling/v1", "HorizontalPodAutoscaler", {"currentReplicas": 0}, {}, annotations=annotations)


SINCE_OLD = 'no metrics" , "lastTransitionTime": "2026-01-01T09:00:00Z'
CRASHING = {"name": "c", "restartCount": 3, "state": waits("CrashLoopBackOff")}
GOING = {"deletionTimestamp": ago(9), "finalizers": ["acme.io/keep"]}
UNSCHEDULABLE = off("PodScheduled", "Unschedulable", "0/3 nodes are available")
NO_METRICS = "FailedGetResourceMetric"

ROWS = [
    Row("a pod that is ready is current", "current", alone("Running", on("Ready"))),
    Row("a pod that succeeded is current", "current", alone("Succeeded")),
    Row("a pod that runs and is not ready is in progress", "in_progress", alone("Running", off("Ready"))),
    Row("a pod that is pending is in progress", "in_progress", alone("Pending")),
    Row("a pod without a phase is in progress", "in_progress", made("v1", "Pod", {}, {})),
    Row("a pod that failed has failed", "failed", alone("Failed", message="evicted"), says="evicted", why=ARGO),
    Row(
        "a pod whose container ended badly has failed with its exit code",
        "failed",
        alone(
            "Failed",
            containerStatuses=[{"name": "c", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}],
        ),
        says="container c: exit code 137, OOMKilled",
        why=ARGO,
    ),
    Row(
        "a pod whose container crashes has failed",
        "failed",
        alone("Running", off("Ready"), containerStatuses=[CRASHING]),
    ),
    Row("a pod that no node takes for long has failed", "failed", alone("Pending", UNSCHEDULABLE), says="0/3 nodes"),
    Row(
        "a pod whose image is not there has failed",
        "failed",
        pod("", state=waits("ImagePullBackOff", "not found")),
        says="not found",
        why="it will not come by waiting, " + ARGO,
    ),
    Row(
        "a pod whose node is silent is unknown",
        "unknown",
        alone("Unknown"),
        why="kstatus answers with an error",
    ),
    Row("a job that completed is current", "current", job(on("Complete"), succeeded=1)),
    Row(
        "a job that failed has failed",
        "failed",
        job(on("Failed", reason="BackoffLimitExceeded")),
        says="BackoffLimitExceeded",
    ),
    Row(
        "a job that is about to fail has failed",
        "failed",
        job(on("FailureTarget", reason="DeadlineExceeded")),
        says="DeadlineExceeded",
        why="it ends a second later as failed",
    ),
    Row(
        "a job that runs is in progress",
        "in_progress",
        job(active=1),
        says="1 active",
        why="hooks are waited for, " + ARGO,
    ),
    Row(
        "a job whose criteria are met is in progress until it is complete",
        "in_progress",
        job(on("SuccessCriteriaMet"), succeeded=1),
        why="pods are still ending",
    ),
    Row("a job that has not started is in progress", "in_progress", job(startTime="")),
    Row("a job that is suspended is suspended", "suspended", job(on("Suspended"), spec={"suspend": True}), why=ARGO),
    Row(
        "a job whose pods a quota refuses has failed",
        "failed",
        job(),
        (event("uid-Job", "FailedCreate", "exceeded quota: rq"),),
        says="exceeded quota",
        why="only an event tells",
    ),
    Row("a cron job is current", "current", made("batch/v1", "CronJob", {}, {"schedule": "* * * * *"})),
    Row(
        "a cron job that is suspended is suspended",
        "suspended",
        made("batch/v1", "CronJob", {}, {"suspend": True}),
        why="its owner paused it",
    ),
    Row("a service inside the cluster is current", "current", service({"loadBalancer": {}}, type="ClusterIP")),
    Row("a service that only names another is current", "current", service({}, type="ExternalName")),
    Row(
        "a load balancer with an address is current",
        "current",
        service({"loadBalancer": {"ingress": [{"ip": "x"}]}}, type="LoadBalancer"),
    ),
    Row(
        "a load balancer without an address is in progress and says why",
        "in_progress",
        service({"loadBalancer": {}}, type="LoadBalancer"),
        (event("uid-Service", "SyncLoadBalancerFailed", "no quota"),),
        says="no address yet; last event SyncLoadBalancerFailed: no quota",
        why="an address inside the cluster is not what was asked for, " + ARGO,
    ),
    Row(
        "an ingress without an address is current, with a note",
        "current",
        made("networking.k8s.io/v1", "Ingress", {"loadBalancer": {}}, {}),
        says="no address yet",
    ),
    Row("a claim that is bound is current", "current", claim("Bound")),
    Row("a claim that lost its volume has failed", "failed", claim("Lost"), why=ARGO),
    Row(
        "a claim of a class that binds at once is in progress",
        "in_progress",
        claim("Pending"),
        (storage_class("Immediate"),),
    ),
    Row(
        "a claim of a class that waits for a pod is current, with a note",
        "current",
        claim("Pending"),
        (storage_class("WaitForFirstConsumer"),),
        says="binds when a pod uses it",
        why="the pod comes in a later wave, which would wait for this one",
    ),
    Row(
        "a claim that cannot be provisioned is in progress and says why",
        "in_progress",
        claim("Pending"),
        (event("uid-PersistentVolumeClaim", "ProvisioningFailed", "no space"),),
        says="no space",
    ),
    Row("a volume is current", "current", made("v1", "PersistentVolume", {"phase": "Available"}, {})),
    Row(
        "a volume that could not be reclaimed has failed",
        "failed",
        made("v1", "PersistentVolume", {"phase": "Failed", "message": "in use"}, {}),
        why="its phase says so",
    ),
    Row("a budget is current", "current", made("policy/v1", "PodDisruptionBudget", {"observedGeneration": 2}, {})),
    Row(
        "a budget whose status is old is in progress",
        "in_progress",
        made("policy/v1", "PodDisruptionBudget", {"observedGeneration": 1}, {}),
    ),
    Row(
        "a budget that nobody can work out is current and says so",
        "current",
        made(
            "policy/v1", "PodDisruptionBudget", {"conditions": [off("DisruptionAllowed", "SyncFailed", "no scale")]}, {}
        ),
        says="no scale",
    ),
    Row("an autoscaler that can scale is current", "current", autoscaler(on("AbleToScale"), on("ScalingActive"))),
    Row("an autoscaler at its limit is current", "current", autoscaler(on("ScalingLimited"))),
    Row(
        "an autoscaler of nothing is current",
        "current",
        autoscaler(on("AbleToScale"), off("ScalingActive", "ScalingDisabled")),
    ),
    Row("an autoscaler that nobody looked at is in progress", "in_progress", autoscaler(), why=ARGO),
    Row(
        "an autoscaler whose metrics are missing for a minute is in progress",
        "in_progress",
        autoscaler(on("AbleToScale"), off("ScalingActive", NO_METRICS, "no metrics", lastTransitionTime=ago(60))),
        says="no metrics",
        why=ARGO + ", with time for the first metrics",
    ),
    Row(
        "an autoscaler whose metrics are missing for minutes has failed",
        "failed",
        autoscaler(on("AbleToScale"), off("ScalingActive", NO_METRICS, "no metrics")),
        says="no metrics",
        why=ARGO,
    ),
    Row(
        "an autoscaler of the first version is read from its annotation",
        "failed",
        autoscaler_v1('[{"type": "ScalingActive", "status": "False", "message": "' + SINCE_OLD + '"}]'),
        says="no metrics",
        why=ARGO,
    ),
    Row("a definition that is established is current", "current", definition(on("NamesAccepted"), on("Established"))),
    Row("a definition that is new is in progress", "in_progress", definition()),
    Row(
        "a definition that is being installed is in progress",
        "in_progress",
        definition(off("Established", "Installing")),
    ),
    Row(
        "a definition whose names are taken has failed", "failed", definition(off("NamesAccepted", "ListKindConflict"))
    ),
    Row("a definition that cannot be established has failed", "failed", definition(off("Established", "NotAccepted"))),
    Row("an API service that answers is current", "current", api_service(on("Available"))),
    Row(
        "an API service that does not answer is in progress",
        "in_progress",
        api_service(off("Available", "MissingEndpoints", "no endpoints")),
        says="no endpoints",
        why=ARGO,
    ),
    Row("a namespace that is active is current", "current", made("v1", "Namespace", {"phase": "Active"})),
    Row(
        "a namespace that goes is terminating",
        "terminating",
        made("v1", "Namespace", {"phase": "Terminating"}, **GOING),
    ),
    Row("a config map is current", "current", made("v1", "ConfigMap")),
    Row("a secret is current", "current", made("v1", "Secret")),
    Row("a service account is current", "current", made("v1", "ServiceAccount")),
    Row("a role is current", "current", made("rbac.authorization.k8s.io/v1", "Role")),
    Row("a role binding is current", "current", made("rbac.authorization.k8s.io/v1", "RoleBinding")),
    Row("a network policy is current", "current", made("networking.k8s.io/v1", "NetworkPolicy", None, {})),
    Row("a priority class is current", "current", made("scheduling.k8s.io/v1", "PriorityClass")),
    Row("a storage class is current", "current", storage_class("Immediate")),
    Row(
        "a webhook configuration is current",
        "current",
        made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ),
    Row("a lease is current", "current", made("coordination.k8s.io/v1", "Lease", None, {})),
    Row(
        "an object that is deleted names its finalizers",
        "terminating",
        made("v1", "ConfigMap", **GOING),
        says="acme.io/keep",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_other_built_in_kinds_are_judged_as_the_table_says(row: Row) -> None:
    row.check()
    row.check_against_kstatus()


def test_a_pod_that_no_node_takes_yet_is_in_progress() -> None:
    found = judge(alone("Pending", UNSCHEDULABLE), (), None, NOW - 7200 + 10)
    assert (found.state, found.message) == ("in_progress", "0/3 nodes are available")
