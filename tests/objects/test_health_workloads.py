"""Workloads are never judged on an old copy, and fail as soon as their newest pods cannot run."""

import copy
from typing import Any

import pytest

from bot.objects.health import Health, HealthState, judge
from tests.objects.live_bodies import NOW, condition, made, pod, state, waiting

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "web:2"}]},
}


def deployment(generation: int = 2, observed: int | None = 2, **status: Any) -> dict[str, Any]:
    full: dict[str, Any] = {
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "conditions": [condition("Progressing", reason="NewReplicaSetAvailable"), condition("Available")],
    }
    seen = {} if observed is None else {"observedGeneration": observed}
    spec = {"replicas": 2, "template": TEMPLATE, "progressDeadlineSeconds": 600}
    return made("apps/v1", "Deployment", {**full, **seen, **status}, spec=spec, metadata={"generation": generation})


def replica_set(name: str, image: str, **status: Any) -> dict[str, Any]:
    template = copy.deepcopy(TEMPLATE)
    template["metadata"]["labels"]["pod-template-hash"] = name
    template["spec"]["containers"][0]["image"] = image
    owner = {"name": name, "uid": name, "ownerReferences": [{"uid": "uid-Deployment"}]}
    return made("apps/v1", "ReplicaSet", status, metadata=owner, spec={"template": template})


ROLLING: dict[str, Any] = {
    "updatedReplicas": 1,
    "conditions": [condition("Progressing", reason="ReplicaSetUpdated"), condition("Available")],
}
NEW, OLD = replica_set("new", "web:2"), replica_set("old", "web:1")


def test_what_does_not_exist_is_not_found() -> None:
    assert state(None) is HealthState.NOT_FOUND


def test_a_finished_rollout_is_current() -> None:
    assert judge(deployment(), (), 2, NOW) == Health(HealthState.CURRENT, "Available", "2 of 2 available")


def test_a_copy_older_than_our_write_is_never_judged() -> None:
    assert judge(deployment(), (), 3, NOW).reason == "OldCopy"
    assert judge(deployment(generation=3), (), 3, NOW).reason == "NotObserved"
    assert state(deployment(observed=None)) is HealthState.IN_PROGRESS


@pytest.mark.parametrize(
    "status",
    [
        {"updatedReplicas": 1},
        {"replicas": 3},
        {"readyReplicas": 1},
        {"availableReplicas": 1},
        {"conditions": [condition("Progressing", reason="NewReplicaSetAvailable")]},
        {"conditions": [condition("Progressing", reason="ReplicaSetUpdated"), condition("Available")]},
    ],
)
def test_a_rollout_that_lacks_anything_is_in_progress(status: dict[str, Any]) -> None:
    assert state(deployment(**status)) is HealthState.IN_PROGRESS


def test_a_deployment_of_no_replicas_has_no_counters_and_is_current() -> None:
    body = deployment()
    body["spec"]["replicas"] = 0
    body["status"] = {
        "observedGeneration": 2,
        "conditions": [condition("Progressing", reason="NewReplicaSetAvailable")],
    }
    assert state(body) is HealthState.CURRENT


def test_a_paused_deployment_is_suspended() -> None:
    body = deployment()
    body["spec"]["paused"] = True
    assert state(body) is HealthState.SUSPENDED


def test_a_passed_deadline_fails_with_the_controllers_words() -> None:
    stuck = condition("Progressing", "False", "ProgressDeadlineExceeded", "timed out")
    assert judge(deployment(conditions=[stuck]), (), 2, NOW) == Health(HealthState.FAILED, stuck["reason"], "timed out")


def test_pods_that_a_quota_refuses_fail_the_rollout_early() -> None:
    refusal = condition("ReplicaFailure", reason="FailedCreate", message="exceeded quota: rq")
    blocked = deployment(**{**ROLLING, "conditions": [*ROLLING["conditions"], refusal]})
    assert judge(blocked, (), 2, NOW) == Health(HealthState.FAILED, "FailedCreate", "exceeded quota: rq")
    assert state(blocked, replica_set("new", "web:2", conditions=[refusal])) is HealthState.FAILED


def test_an_old_template_that_a_quota_refuses_does_not_fail_its_repair() -> None:
    refusal = condition("ReplicaFailure", reason="FailedCreate")
    repaired = deployment(**{**ROLLING, "conditions": [*ROLLING["conditions"], refusal]})
    assert state(repaired, NEW, replica_set("old", "web:1", conditions=[refusal])) is HealthState.IN_PROGRESS


@pytest.mark.parametrize(
    ("broken", "reason", "says"),
    [
        (pod("new", waiting("ImagePullBackOff", "no such image")), "ImagePullBackOff", "no such image"),
        (pod("new", waiting("InvalidImageName", "bad")), "InvalidImageName", "bad"),
        (
            pod("new", waiting("CreateContainerConfigError", 'secret "x" not found')),
            "CreateContainerConfigError",
            "not found",
        ),
        (
            pod("new", waiting("CrashLoopBackOff"), 3, container={"lastState": {"terminated": {"exitCode": 3}}}),
            "CrashLoopBackOff",
            "exit code 3",
        ),
        (
            pod("new", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, phase="Failed"),
            "OOMKilled",
            "exit code 137",
        ),
    ],
)
def test_newest_pods_that_cannot_run_fail_the_rollout(broken: dict[str, Any], reason: str, says: str) -> None:
    found = judge(deployment(**ROLLING), (NEW, OLD, broken), 2, NOW)
    assert (found.state, found.reason) == (HealthState.FAILED, reason)
    assert "container c" in found.message
    assert says in found.message


@pytest.mark.parametrize(
    "harmless",
    [
        pod("old", waiting("ImagePullBackOff")),
        pod("new", waiting("ImagePullBackOff"), metadata={"deletionTimestamp": "2026-01-01T10:00:00Z"}),
        pod("new", waiting("ContainerCreating")),
        pod("new", waiting("ErrImagePull")),
        pod("new", waiting("CrashLoopBackOff"), 1),
        pod("new", {}, phase="Failed", reason="Evicted"),
        pod("other", waiting("ImagePullBackOff")),
    ],
)
def test_pods_that_are_old_or_going_or_may_recover_say_nothing(harmless: dict[str, Any]) -> None:
    assert state(deployment(**ROLLING), NEW, OLD, harmless) is HealthState.IN_PROGRESS


def test_init_containers_speak_too() -> None:
    broken = pod("new", {"waiting": {"reason": "PodInitializing"}})
    broken["status"]["initContainerStatuses"] = [{"name": "init", "state": waiting("ImagePullBackOff", "gone")}]
    found = judge(deployment(**ROLLING), (NEW, broken), 2, NOW)
    assert found == Health(HealthState.FAILED, "ImagePullBackOff", "pod new-1, container init: gone", "new-1", "init")


def stateful(spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    revisions = {"currentRevision": "r2", "updateRevision": "r2", "observedGeneration": 1}
    full = {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 2, **revisions}
    return made(
        "apps/v1", "StatefulSet", full | status, spec={"replicas": 2, **(spec or {})}, metadata={"generation": 1}
    )


def test_stateful_sets_count_the_pods_that_their_strategy_updates() -> None:
    assert state(stateful()) is HealthState.CURRENT
    assert state(stateful(updatedReplicas=1, currentRevision="r1")) is HealthState.IN_PROGRESS
    partitioned = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
    assert state(stateful(partitioned, updatedReplicas=1, currentRevision="r1")) is HealthState.CURRENT
    assert state(stateful({"updateStrategy": {"type": "OnDelete"}}, updatedReplicas=0)) is HealthState.CURRENT
    broken = pod(
        "uid-StatefulSet", waiting("ImagePullBackOff"), metadata={"labels": {"controller-revision-hash": "r2"}}
    )
    assert state(stateful(readyReplicas=1), broken) is HealthState.FAILED
    broken["metadata"]["labels"]["controller-revision-hash"] = "r1"
    assert state(stateful(readyReplicas=1), broken) is HealthState.IN_PROGRESS


def daemon(**status: Any) -> dict[str, Any]:
    counters = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberReady",
    )
    full = {"observedGeneration": 1, **dict.fromkeys(counters, 2)}
    return made("apps/v1", "DaemonSet", full | status, spec={}, metadata={"generation": 1})


def test_daemon_sets_count_nodes() -> None:
    assert state(daemon()) is HealthState.CURRENT
    assert state(daemon(updatedNumberScheduled=1)) is HealthState.IN_PROGRESS
    assert state(daemon(desiredNumberScheduled=0, currentNumberScheduled=0)) is HealthState.CURRENT
