"""The golden table of stateful and daemon sets: each situation with our verdict, held against that of kstatus."""

from typing import Any

import pytest

from fixtures.health.rows import Row, event, made, pod, waits


def stateful_set(spec: Any = None, **status: Any) -> dict[str, Any]:
    counted = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "currentReplicas"), 2)
    full = {"observedGeneration": 2, **counted, "currentRevision": "r2", "updateRevision": "r2", **status}
    return made("apps/v1", "StatefulSet", full, {"replicas": 2, **(spec or {})})


def daemon_set(spec: Any = None, **status: Any) -> dict[str, Any]:
    names = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
    counted = dict.fromkeys((*names, "numberAvailable", "numberReady"), 2)
    annotations = {"deprecated.daemonset.template.generation": "2"}
    full = {"observedGeneration": 2, **counted, **status}
    return made("apps/v1", "DaemonSet", full, spec or {}, annotations=annotations)


EARLIER = "a pod that cannot start is told before any deadline"

ROWS = [
    Row("a stateful set with all pods of one revision is current", "current", stateful_set()),
    Row("a stateful set with a pod missing is in progress", "in_progress", stateful_set(replicas=1, readyReplicas=1)),
    Row("a stateful set with a pod not ready is in progress", "in_progress", stateful_set(readyReplicas=1)),
    Row("a stateful set with a pod too many is in progress", "in_progress", stateful_set(replicas=3)),
    Row(
        "a stateful set between two revisions is in progress",
        "in_progress",
        stateful_set(currentRevision="r1", updatedReplicas=1, currentReplicas=1),
        says="1 of 2 updated",
    ),
    Row(
        "a stateful set with a partition is current once the pods above it are updated",
        "current",
        stateful_set({"updateStrategy": {"rollingUpdate": {"partition": 1}}}, updatedReplicas=1, currentRevision="r1"),
    ),
    Row(
        "a stateful set with a partition is in progress before that",
        "in_progress",
        stateful_set({"updateStrategy": {"rollingUpdate": {"partition": 1}}}, updatedReplicas=0, currentRevision="r1"),
    ),
    Row(
        "a stateful set that is updated by deleting pods is current at once",
        "current",
        stateful_set({"updateStrategy": {"type": "OnDelete"}}, updatedReplicas=0, currentRevision="r1"),
    ),
    Row(
        "a stateful set whose pods a quota refuses has failed",
        "failed",
        stateful_set(replicas=0, readyReplicas=0),
        (event("uid-StatefulSet", "FailedCreate", "exceeded quota: rq"),),
        says="exceeded quota",
        why="only an event tells, and it is newer than the last write",
    ),
    Row(
        "a stateful set whose newest pod cannot pull its image has failed",
        "failed",
        stateful_set(readyReplicas=1),
        (pod("uid-StatefulSet", state=waits("ImagePullBackOff", "denied")),),
        says="denied",
        why=EARLIER,
    ),
    Row("a daemon set on every node is current", "current", daemon_set()),
    Row(
        "a daemon set that no node wants is current",
        "current",
        daemon_set(**dict.fromkeys(("desiredNumberScheduled", "currentNumberScheduled", "numberReady"), 0)),
    ),
    Row("a daemon set with a node missing is in progress", "in_progress", daemon_set(currentNumberScheduled=1)),
    Row("a daemon set with an old pod is in progress", "in_progress", daemon_set(updatedNumberScheduled=1)),
    Row("a daemon set with a pod not available is in progress", "in_progress", daemon_set(numberAvailable=1)),
    Row("a daemon set with a pod not ready is in progress", "in_progress", daemon_set(numberReady=1)),
    Row("a daemon set that nobody has counted is in progress", "in_progress", made("apps/v1", "DaemonSet", {}, {})),
    Row(
        "a daemon set that knows no number of nodes is in progress",
        "in_progress",
        made("apps/v1", "DaemonSet", {"observedGeneration": 2}, {}),
    ),
    Row(
        "a daemon set that is updated by deleting pods is current at once",
        "current",
        daemon_set({"updateStrategy": {"type": "OnDelete"}}, updatedNumberScheduled=0),
        why="nobody but a person will update it, as for stateful sets",
    ),
    Row(
        "a daemon set whose newest pod is misconfigured has failed",
        "failed",
        daemon_set(numberReady=1),
        (pod("uid-DaemonSet", state=waits("CreateContainerConfigError", 'secret "x" not found')),),
        says='secret "x" not found',
        why=EARLIER,
    ),
    Row(
        "a daemon set whose pod was refused long before the last write is in progress",
        "in_progress",
        daemon_set(currentNumberScheduled=1) | {"spec": {}},
        (event("uid-DaemonSet", "FailedCreate", "exceeded quota", age=9000),),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_stateful_and_daemon_sets_are_judged_as_the_table_says(row: Row) -> None:
    row.check()
    row.check_against_kstatus()
