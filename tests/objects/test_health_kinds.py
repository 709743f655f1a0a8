"""Every kind that runs no replicas is judged by its own rule, or by its conditions."""

from typing import Any

import pytest

from bot.objects.health import Health, HealthState, judge, judge_run, told_of
from tests.objects.live_bodies import NOW, condition, made, pod, state, waiting


def job(*conditions: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return made("batch/v1", "Job", {"conditions": list(conditions), "active": 1}, spec=spec)


def test_jobs_are_waited_for() -> None:
    assert state(job()) is HealthState.IN_PROGRESS
    assert state(job(condition("SuccessCriteriaMet"))) is HealthState.IN_PROGRESS
    assert state(job(condition("Complete"))) is HealthState.CURRENT
    assert state(job(suspend=True)) is HealthState.SUSPENDED
    failing = judge(job(condition("FailureTarget", reason="DeadlineExceeded", message="too slow")), (), None, NOW)
    assert failing == Health(HealthState.FAILED, "DeadlineExceeded", "too slow")
    assert state(job(), pod("uid-Job", waiting("ImagePullBackOff"))) is HealthState.FAILED
    assert state(job(), pod("uid-Job", waiting("CrashLoopBackOff"), 5)) is HealthState.IN_PROGRESS


def test_a_job_that_gave_up_says_how_its_pod_ended() -> None:
    ended = {"terminated": {"exitCode": 3, "reason": "Error"}}
    given_up = job(condition("Failed", reason="BackoffLimitExceeded", message="too often"))
    found = judge(given_up, (pod("uid-Job", ended, phase="Failed"),), None, NOW)
    assert found.message == "pod uid-Job-1, container c: exit code 3, Error; too often"
    assert (found.state, found.pod, found.container) == (HealthState.FAILED, "uid-Job-1", "c")


def test_a_hook_has_to_end() -> None:
    runs = [job(suspend=True), job(), pod("x", {"running": {}}, phase="Running", conditions=[condition("Ready")])]
    assert {judge_run(each, (), NOW).state for each in runs} == {HealthState.IN_PROGRESS}
    ended = [job(condition("Complete")), pod("x", {}, phase="Succeeded")]
    assert {judge_run(each, (), NOW).state for each in ended} == {HealthState.CURRENT}
    assert judge_run(job(condition("Failed")), (), NOW).state is HealthState.FAILED


def test_events_are_asked_for_about_the_object_and_its_first_pods_that_are_not_ready() -> None:
    fine = pod("fine", {}, conditions=[condition("Ready")], metadata={"uid": "fine"})
    broken = [pod(name, {}, metadata={"uid": name}) for name in "edcba"]
    assert told_of(job(), [fine, *broken]) == ["uid-Job", "a", "b", "c"]


def namespace(*conditions: dict[str, Any], phase: str = "Active", **metadata: Any) -> dict[str, Any]:
    return made("v1", "Namespace", {"phase": phase, "conditions": list(conditions)}, metadata=metadata)


def test_a_namespace_that_goes_says_what_holds_it_up() -> None:
    assert state(namespace()) is HealthState.CURRENT
    assert state(namespace(phase="")) is HealthState.IN_PROGRESS
    held = condition("NamespaceContentRemaining", message="has 1 pods")
    found = judge(namespace(held, phase="Terminating", deletionTimestamp="x"), (), None, NOW)
    assert found == Health(HealthState.TERMINATING, "Terminating", "has 1 pods")


def test_finalizers_are_named_while_an_object_goes() -> None:
    body = made("v1", "ConfigMap", metadata={"deletionTimestamp": "x", "finalizers": ["a/b"]})
    assert judge(body, (), None, NOW).message == "waits for the finalizers a/b"


def definition(*conditions: dict[str, Any]) -> dict[str, Any]:
    return made("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"conditions": list(conditions)})


def test_definitions_are_current_once_established() -> None:
    assert state(definition()) is HealthState.IN_PROGRESS
    assert state(definition(condition("Established", "False", "Installing"))) is HealthState.IN_PROGRESS
    assert state(definition(condition("NamesAccepted"), condition("Established"))) is HealthState.CURRENT
    assert state(definition(condition("NamesAccepted", "False"))) is HealthState.FAILED
    assert state(definition(condition("Established", "False", "NotAccepted"))) is HealthState.FAILED


def widget(*conditions: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    status = {"conditions": list(conditions)} if conditions else None
    return made("acme.io/v1", "Widget", status, metadata={"generation": 2, **metadata})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (widget(condition("Ready")), HealthState.CURRENT),
        (widget(condition("Ready", "False")), HealthState.IN_PROGRESS),
        (widget(condition("Ready", "Unknown")), HealthState.IN_PROGRESS),
        (widget(condition("Ready", observedGeneration=1)), HealthState.IN_PROGRESS),
        (widget(condition("Ready", observedGeneration=2)), HealthState.CURRENT),
        (widget(condition("Stalled"), condition("Ready")), HealthState.FAILED),
        (widget(condition("Reconciling"), condition("Ready")), HealthState.IN_PROGRESS),
        (widget(creationTimestamp="2026-01-01T09:59:58Z"), HealthState.IN_PROGRESS),
        (widget(creationTimestamp="2026-01-01T09:59:50Z"), HealthState.CURRENT),
        (made("v1", "ConfigMap"), HealthState.CURRENT),
        (made("v1", "Service", {"loadBalancer": {}}, spec={"type": "ClusterIP"}), HealthState.CURRENT),
        (made("v1", "Service", {"loadBalancer": {}}, spec={"type": "LoadBalancer"}), HealthState.IN_PROGRESS),
        (
            made("v1", "Service", {"loadBalancer": {"ingress": [{"ip": "x"}]}}, spec={"type": "LoadBalancer"}),
            HealthState.CURRENT,
        ),
        (made("v1", "PersistentVolumeClaim", {"phase": "Bound"}), HealthState.CURRENT),
        (made("v1", "PersistentVolumeClaim", {"phase": "Lost"}), HealthState.FAILED),
        (made("v1", "PersistentVolumeClaim", {"phase": "Pending"}), HealthState.CURRENT),
        (made("v1", "Pod", {"phase": "Running", "conditions": [condition("Ready")]}), HealthState.CURRENT),
        (made("v1", "Pod", {"phase": "Failed"}), HealthState.FAILED),
        (made("v1", "Pod", {"phase": "Pending"}), HealthState.IN_PROGRESS),
        (made("batch/v1", "CronJob", spec={"suspend": True}), HealthState.SUSPENDED),
        (
            made("apiregistration.k8s.io/v1", "APIService", {"conditions": [condition("Available")]}),
            HealthState.CURRENT,
        ),
    ],
)
def test_other_kinds_are_judged_by_their_conditions_or_phase(body: dict[str, Any], expected: HealthState) -> None:
    assert state(body) is expected


def test_a_claim_whose_class_binds_at_once_is_waited_for() -> None:
    claim = made("v1", "PersistentVolumeClaim", {"phase": "Pending"}, spec={"storageClassName": "web"})
    at_once = made("storage.k8s.io/v1", "StorageClass", volumeBindingMode="Immediate")
    later = made("storage.k8s.io/v1", "StorageClass", volumeBindingMode="WaitForFirstConsumer")
    assert state(claim, at_once) is HealthState.IN_PROGRESS
    assert state(claim, later) is HealthState.CURRENT


def test_an_autoscaler_may_warm_up_before_missing_metrics_fail_it() -> None:
    able = condition("AbleToScale")
    missing = condition("ScalingActive", "False", "FailedGetResourceMetric", lastTransitionTime="2026-01-01T09:59:00Z")
    warm = made("autoscaling/v2", "HorizontalPodAutoscaler", {"conditions": [able, missing]})
    assert state(warm) is HealthState.IN_PROGRESS
    assert judge(warm, (), None, NOW + 120).state is HealthState.FAILED
    assert state(made("autoscaling/v2", "HorizontalPodAutoscaler", {"conditions": [able]})) is HealthState.CURRENT
