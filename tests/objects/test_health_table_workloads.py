"""The golden table of deployments and replica sets: each situation with our verdict, held against that of kstatus."""

from typing import Any

import pytest

from fixtures.health.rows import Row, event, made, off, on, pod, waits

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "web:2"}]}}
DONE = (on("Progressing", reason="NewReplicaSetAvailable"), on("Available"))
ROLLING = (on("Progressing", reason="ReplicaSetUpdated"), on("Available"))
EARLIER = "a pod that cannot start is told before any deadline"


def deployment(*conditions: dict[str, Any], spec: Any = None, **status: Any) -> dict[str, Any]:
    counted = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 2)
    full = {"observedGeneration": 2, **counted, "conditions": list(conditions or DONE), **status}
    wanted = {"replicas": 2, "progressDeadlineSeconds": 600, "template": TEMPLATE, **(spec or {})}
    return made("apps/v1", "Deployment", full, wanted)


def replica_set(*conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    counted = dict.fromkeys(("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"), 2)
    full = {"observedGeneration": 2, **counted, "conditions": list(conditions), **status}
    owner = [{"uid": "uid-Deployment", "controller": True}]
    return made("apps/v1", "ReplicaSet", full, {"replicas": 2, "template": TEMPLATE}, ownerReferences=owner)


UNSCHEDULABLE = off("PodScheduled", "Unschedulable", "0/3 nodes are available: 3 Insufficient cpu.")
CLAIMLESS = off("PodScheduled", "Unschedulable", '0/3 nodes are available: persistentvolumeclaim "data" not found.')
NEWEST = replica_set()
CRASHED = {"lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}}
PAUSED = on("Progressing", "Unknown", "DeploymentPaused")
QUOTA = on("ReplicaFailure", "True", "FailedCreate", "exceeded quota: rq")

ROWS = [
    Row("a deployment that is rolled out is current", "current", deployment()),
    Row("a deployment with an old pod left is in progress", "in_progress", deployment(replicas=3)),
    Row(
        "a deployment with one of two updated is in progress",
        "in_progress",
        deployment(*ROLLING, updatedReplicas=1),
        says="1 of 2 updated",
    ),
    Row(
        "a deployment with one of two ready is in progress",
        "in_progress",
        deployment(readyReplicas=1),
    ),
    Row(
        "a deployment with one of two available is in progress",
        "in_progress",
        deployment(availableReplicas=1),
    ),
    Row(
        "a deployment whose counters are full before its controller says so is in progress",
        "in_progress",
        deployment(*ROLLING),
    ),
    Row(
        "a deployment whose status is about an older version is in progress",
        "in_progress",
        deployment(observedGeneration=1),
        says="not seen the newest version",
    ),
    Row(
        "a deployment whose status is from another life is in progress",
        "in_progress",
        deployment(observedGeneration=7),
    ),
    Row("a deployment without a status is in progress", "in_progress", made("apps/v1", "Deployment", {}, {})),
    Row(
        "a deployment of no replicas has no counters and is current",
        "current",
        made("apps/v1", "Deployment", {"observedGeneration": 2, "conditions": list(DONE)}, {"replicas": 0}),
    ),
    Row(
        "a deployment without a progress deadline needs no word about progress",
        "current",
        deployment(on("Available"), spec={"progressDeadlineSeconds": 2**31 - 1}),
    ),
    Row(
        "a deployment that passed its deadline has failed",
        "failed",
        deployment(off("Progressing", "ProgressDeadlineExceeded", "timed out"), on("Available"), updatedReplicas=1),
        says="timed out",
    ),
    Row(
        "a deployment that cannot create its replica set has failed",
        "failed",
        deployment(off("Progressing", "ReplicaSetCreateError", "is forbidden"), updatedReplicas=0),
        why="any Progressing=False stops the rollout, as kapp reads it",
    ),
    Row(
        "a deployment that is paused is suspended",
        "suspended",
        deployment(PAUSED, on("Available"), spec={"paused": True}, updatedReplicas=0),
        why="nothing moves until it is resumed, as Argo CD says",
    ),
    Row(
        "a deployment whose pods a quota refuses has failed",
        "failed",
        deployment(*ROLLING, QUOTA, updatedReplicas=0),
        says="exceeded quota",
        why="the quota is known at once, the deadline comes minutes later",
    ),
    Row(
        "a deployment waits for a pod that no node takes, and says so",
        "in_progress",
        deployment(*ROLLING, updatedReplicas=1),
        (NEWEST, pod("uid-ReplicaSet", UNSCHEDULABLE)),
        says="pod web-1 waits for a node: 0/3 nodes",
    ),
    Row(
        "a deployment whose pod waits for a claim that does not exist has failed",
        "failed",
        deployment(*ROLLING, updatedReplicas=1),
        (NEWEST, pod("uid-ReplicaSet", CLAIMLESS)),
        says='persistentvolumeclaim "data" not found',
        why="no new node brings a claim",
    ),
    Row(
        "a deployment whose image is not there has failed",
        "failed",
        deployment(*ROLLING, updatedReplicas=1),
        (NEWEST, pod("uid-ReplicaSet", state=waits("ImagePullBackOff", "no such image"))),
        says="pod web-1, container c: no such image",
        why=EARLIER,
    ),
    Row(
        "a deployment whose container crashes has failed with its exit code and the last event",
        "failed",
        deployment(*ROLLING, updatedReplicas=1),
        (
            NEWEST,
            pod("uid-ReplicaSet", state=waits("CrashLoopBackOff"), restarts=4, **CRASHED),
            event("uid-pod", "BackOff", "Back-off restarting"),
        ),
        says="container c: exit code 3, Error; last event BackOff: Back-off restarting",
        why=EARLIER,
    ),
    Row(
        "a deployment whose container crashed once is in progress",
        "in_progress",
        deployment(*ROLLING, updatedReplicas=1),
        (NEWEST, pod("uid-ReplicaSet", state=waits("CrashLoopBackOff"), restarts=1)),
        says="container c: CrashLoopBackOff",
    ),
    Row(
        "a deployment says which event holds a new pod up",
        "in_progress",
        deployment(*ROLLING, updatedReplicas=1),
        (
            NEWEST,
            pod("uid-ReplicaSet", state=waits("ContainerCreating")),
            event("uid-pod", "FailedMount", 'secret "tls" not found'),
        ),
        says='ContainerCreating; last event FailedMount: secret "tls" not found',
    ),
    Row(
        "a deployment says that a running pod does not pass its probe",
        "in_progress",
        deployment(*ROLLING, updatedReplicas=1),
        (NEWEST, pod("uid-ReplicaSet", state={"running": {}}, ready=False)),
        says="does not pass its probe",
    ),
    Row("a replica set with all pods is current", "current", replica_set()),
    Row("a replica set with a pod not ready is in progress", "in_progress", replica_set(readyReplicas=1)),
    Row("a replica set with a pod not available is in progress", "in_progress", replica_set(availableReplicas=1)),
    Row("a replica set with a pod not labelled is in progress", "in_progress", replica_set(fullyLabeledReplicas=1)),
    Row("a replica set with a pod too many is in progress", "in_progress", replica_set(replicas=3)),
    Row(
        "a replica set whose pods a quota refuses has failed",
        "failed",
        replica_set(QUOTA, replicas=0),
        why="Argo CD calls it degraded: its controller repeats in vain",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_deployments_and_replica_sets_are_judged_as_the_table_says(row: Row) -> None:
    row.check()
    row.check_against_kstatus()
