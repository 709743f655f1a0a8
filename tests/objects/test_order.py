"""Objects are applied in stages by kind, and in waves inside a stage."""

from typing import Any

import pytest

from bot.objects.order import stage_of, wave_of, waves


def made(api_version: str, kind: str, **annotations: str) -> dict[str, Any]:
    named = {name.replace("__", "/").replace("_", "."): value for name, value in annotations.items()}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": kind.lower(), "annotations": named}}


def test_what_others_need_comes_before_them() -> None:
    order = [
        made("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        made("v1", "Namespace"),
        made("v1", "ServiceAccount"),
        made("v1", "Secret"),
        made("batch/v1", "Job", plumbline_dev__hook="before"),
        made("apps/v1", "Deployment"),
        made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        made("batch/v1", "Job", plumbline_dev__hook="after"),
    ]
    found = waves(list(reversed(order)))
    assert [bodies for _, bodies in found] == [[body] for body in order]
    assert [wave for wave, _ in found] == sorted(wave_of(body) for body in order)


def test_services_workloads_and_unknown_kinds_share_a_wave() -> None:
    bodies = [made("v1", "Service"), made("apps/v1", "Deployment"), made("acme.io/v1", "Secret")]
    assert len({wave_of(body) for body in bodies}) == 1


@pytest.mark.parametrize("annotation", ["plumbline_dev__wave", "argocd_argoproj_io__sync-wave"])
def test_a_wave_moves_an_object_inside_its_stage_only(annotation: str) -> None:
    early, plain = made("apps/v1", "Deployment", **{annotation: "-2"}), made("apps/v1", "Deployment")
    late, service = made("v1", "ConfigMap", **{annotation: "99999999"}), made("v1", "Service")
    assert wave_of(late) < wave_of(early) < wave_of(plain) == wave_of(service)
    assert wave_of(made("apps/v1", "Deployment", **{annotation: "soon"})) == wave_of(plain)


def test_our_annotation_stands_above_the_others() -> None:
    both = made("apps/v1", "Deployment", plumbline_dev__wave="1", **{"argocd_argoproj_io__sync-wave": "5"})
    assert wave_of(both) == wave_of(made("apps/v1", "Deployment")) + 1


@pytest.mark.parametrize(
    ("annotations", "stage"),
    [
        ({"argocd_argoproj_io__hook": "PreSync"}, "BEFORE"),
        ({"argocd_argoproj_io__hook": "PostSync"}, "AFTER"),
        ({"helm_sh__hook": "pre-install, pre-upgrade"}, "BEFORE"),
        ({"helm_sh__hook": "post-upgrade"}, "AFTER"),
        ({"helm_sh__hook": "test"}, "RUNNING"),
    ],
)
def test_hooks_of_other_tools_are_honoured(annotations: dict[str, str], stage: str) -> None:
    assert stage_of(made("batch/v1", "Job", **annotations)).name == stage
