"""Objects are applied in an order that their kinds, waves, hooks and dependencies make."""

from itertools import pairwise
from typing import Any

import pytest

from bot.objects.hooks import Phase, goes_when_it_succeeded, has_its_turn, phase_of, run_of, runs_once
from bot.objects.order import OrderMistake, check_order, waves

HOOK, WAVE, DEPENDS = "plumbline.dev/hook", "plumbline.dev/wave", "plumbline.dev/depends-on"
CRD, HOOKS_CONFIG = "apiextensions.k8s.io/v1 CustomResourceDefinition", "admissionregistration.k8s.io/v1"


def made(kind: str, name: str = "", namespace: str = "shop", **annotations: str) -> dict[str, Any]:
    """An object; `kind` is `apps/v1 Deployment`, or a core kind alone. Annotations are given by their last words."""
    version, _, word = kind.rpartition(" ")
    known = {"wave": WAVE, "hook": HOOK, "depends": DEPENDS}
    metadata: dict[str, Any] = {"name": name or word.lower()}
    if word not in ("Namespace", "CustomResourceDefinition"):
        metadata["namespace"] = namespace
    metadata["annotations"] = {known.get(each, each): value for each, value in annotations.items()}
    return {"apiVersion": version or "v1", "kind": word, "metadata": metadata}


def names(bodies: list[dict[str, Any]]) -> list[list[str]]:
    return [[body["metadata"]["name"] for body in step] for step in waves(reversed(bodies))]


def test_what_others_need_comes_before_them() -> None:
    order = [
        made(CRD),
        made("Namespace", "shop"),
        made("ServiceAccount"),
        made("Secret"),
        made("batch/v1 Job", "migrate", hook="before"),
        made("apps/v1 Deployment"),
        made(f"{HOOKS_CONFIG} ValidatingWebhookConfiguration", namespace=""),
        made("batch/v1 Job", "smoke", hook="after"),
    ]
    assert waves(reversed(order)) == [[body] for body in order]


def test_services_workloads_and_unknown_kinds_go_side_by_side() -> None:
    assert len(waves([made("Service"), made("apps/v1 Deployment"), made("acme.io/v1 Secret")])) == 1


@pytest.mark.parametrize("annotation", [WAVE, "argocd.argoproj.io/sync-wave"])
def test_a_whole_wave_goes_before_the_next_whatever_the_kinds(annotation: str) -> None:
    bodies = [
        made("Namespace", "shop", **{annotation: "9"}),
        made("Secret", "db-password", **{annotation: "-1"}),
        made("apps/v1 StatefulSet", "db", **{annotation: "-1"}),
        made("ServiceAccount", "web"),
        made("apps/v1 Deployment", "web"),
        made("ConfigMap", "late", **{annotation: "3"}),
        made(f"{HOOKS_CONFIG} MutatingWebhookConfiguration", "gate", namespace="", **{annotation: "-5"}),
    ]
    assert names(bodies) == [["shop"], ["db-password"], ["db"], ["web"], ["web"], ["late"], ["gate"]]


def test_before_hooks_run_when_the_first_wave_gets_to_what_runs_and_sort_among_themselves() -> None:
    bodies = [
        made("ConfigMap", "early", wave="-2"),
        made("Secret", "settings", wave="-1"),
        made("ServiceAccount", "migrator", hook="before", wave="5"),
        made("batch/v1 Job", "second", hook="before", wave="5"),
        made("batch/v1 Job", "third", **{"helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "6"}),
        made("apps/v1 Deployment", "db", wave="-1"),
        made("apps/v1 Deployment", "web", wave="4"),
        made("batch/v1 Job", "smoke", wave="-9", **{"argocd.argoproj.io/hook": "PostSync"}),
    ]
    assert names(bodies) == [
        ["early"], ["settings"], ["migrator"], ["second"], ["third"], ["db"], ["web"], ["smoke"],
    ]  # fmt: skip


def test_hooks_of_helm_with_one_weight_run_one_after_the_other_by_kind_and_name_and_others_side_by_side() -> None:
    helm = {"helm.sh/hook": "pre-install,pre-upgrade"}
    bodies = [
        made("batch/v1 Job", "b", **helm),
        made("batch/v1 Job", "a", **helm),
        made("Pod", "z", **helm),
        made("batch/v1 Job", "lighter", **{**helm, "helm.sh/hook-weight": "-1"}),
        made("ServiceAccount", "hooks", **helm),
        made("Secret", "hooks", **helm),
        made("batch/v1 Job", "ours", hook="after"),
        made("batch/v1 Job", "too", hook="after"),
    ]
    assert names(bodies) == [["lighter"], ["hooks"], ["hooks"], ["z"], ["a"], ["b"], ["ours", "too"]]


def test_our_wave_stands_above_the_others_and_theirs_may_be_nonsense() -> None:
    both = made("ConfigMap", "both", wave="1", **{"argocd.argoproj.io/sync-wave": "-5"})
    soon = made("ConfigMap", "soon", **{"argocd.argoproj.io/sync-wave": "soon"})
    weight = made("ConfigMap", "weight", **{"helm.sh/hook-weight": "7"})
    assert names([soon, weight, both]) == [["soon", "weight"], ["both"]]


@pytest.mark.parametrize("annotation", [DEPENDS, "config.kubernetes.io/depends-on"])
def test_an_object_comes_after_what_it_depends_on(annotation: str) -> None:
    bodies = [
        made("apps/v1 StatefulSet", "db"),
        made("apps/v1 Deployment", "api", **{annotation: "apps/namespaces/shop/StatefulSet/db"}),
        made("apps/v1 Deployment", "web", **{annotation: "apps/namespaces/shop/Deployment/api, /namespaces/x/Pod/y"}),
        made("ConfigMap", "report", **{annotation: "apps/namespaces/shop/Deployment/api"}),
    ]
    assert names(bodies) == [["db"], ["api"], ["report", "web"]]


def test_contents_come_after_a_namespace_and_a_definition_that_had_to_wait_themselves() -> None:
    definition = made(CRD, "widgets.acme.io", depends="/namespaces/shop/ConfigMap/first")
    definition["spec"] = {"group": "acme.io", "names": {"kind": "Widget"}}
    bodies = [
        made("ConfigMap", "first"),
        made("Namespace", "late", depends="/namespaces/shop/ConfigMap/first"),
        definition,
        made("Secret", "inside", "late"),
        made("acme.io/v1 Widget", "widget", wave="-7"),
    ]
    assert names(bodies) == [["first"], ["late", "widgets.acme.io"], ["inside", "widget"]]


def test_a_binding_comes_after_its_role_and_an_autoscaler_after_its_workload() -> None:
    rbac = "rbac.authorization.k8s.io/v1"
    binding, scaler = made(f"{rbac} RoleBinding", "a"), made("autoscaling/v2 HorizontalPodAutoscaler", "b")
    binding["roleRef"] = {"kind": "Role", "name": "z"}
    scaler["spec"] = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    bodies = [binding, made(f"{rbac} Role", "z"), scaler, made("apps/v1 Deployment", "web", wave="3")]
    assert names(bodies) == [["z"], ["a"], ["web"], ["b"]]


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"depends": "apps/namespaces/shop/Deployment/gone"}, "depends on Deployment.apps shop/gone, which is not in"),
        ({"depends": "Deployment/web"}, "names no object in `Deployment/web`"),
        ({"config.kubernetes.io/depends-on": "apps/namespace/shop/Deployment/web"}, "names no object"),
        ({"wave": "soon"}, "is not a whole number"),
        ({"hook": "during"}, "is neither before nor after"),
    ],
)
def test_an_order_that_cannot_be_is_a_mistake_about_its_object(annotations: dict[str, str], said: str) -> None:
    body = made("ConfigMap", "a", **annotations)
    with pytest.raises(OrderMistake, match=said) as found:
        check_order([made("apps/v1 Deployment", "web"), body])
    assert found.value.key.name == "a"


def test_a_circle_of_dependencies_names_its_path_and_still_has_some_order() -> None:
    bodies = [
        made("ConfigMap", "a", depends="/namespaces/shop/ConfigMap/b"),
        made("ConfigMap", "b", depends="/namespaces/shop/ConfigMap/c"),
        made("ConfigMap", "c", depends="/namespaces/shop/ConfigMap/a"),
    ]
    with pytest.raises(OrderMistake) as found:
        check_order(bodies)
    path = found.value.message.partition(": ")[2].split(" → ")
    assert (len(path), path[0]) == (4, path[-1])
    following = {"a": "b", "b": "c", "c": "a"}
    assert all(following[one[-1]] == other[-1] for one, other in pairwise(path))
    assert names(bodies) == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("annotations", "phase"),
    [
        ({"argocd.argoproj.io/hook": "PreSync"}, Phase.BEFORE),
        ({"argocd.argoproj.io/hook": "PostSync"}, Phase.AFTER),
        ({"argocd.argoproj.io/hook": "Sync"}, None),
        ({"helm.sh/hook": "pre-install, pre-upgrade"}, Phase.BEFORE),
        ({"helm.sh/hook": "post-upgrade"}, Phase.AFTER),
        ({"helm.sh/hook": "crd-install"}, None),
        ({"helm.sh/hook": "test"}, None),
        ({"hook": "after"}, Phase.AFTER),
    ],
)
def test_hooks_of_other_tools_are_honoured(annotations: dict[str, str], phase: Phase | None) -> None:
    assert phase_of(made("batch/v1 Job", **annotations)) is phase


def test_only_what_ends_runs_once_per_commit_and_is_named_by_it() -> None:
    job, config = made("batch/v1 Job", "migrate", hook="before"), made("ConfigMap", hook="before")
    assert [runs_once(job), runs_once(config), runs_once(made("batch/v1 Job"))] == [True, False, False]
    commit = "1a2b3c4d5e6f" + "0" * 28
    assert run_of(job, commit, 1)["metadata"]["name"] == "migrate-1a2b3c4d5e"
    assert run_of(job, commit, 2)["metadata"]["name"] == "migrate-1a2b3c4d5e-2"
    assert job["metadata"]["name"] == "migrate"
    long = run_of(made("batch/v1 Job", "m" * 51 + "." + "n" * 30, hook="after"), commit, 1)["metadata"]["name"]
    assert (long, len(long) <= 63) == ("m" * 51 + "-1a2b3c4d5e", True)


@pytest.mark.parametrize(
    ("annotations", "first", "later"),
    [
        ({"helm.sh/hook": "pre-install"}, True, False),
        ({"helm.sh/hook": "post-upgrade"}, False, True),
        ({"helm.sh/hook": "pre-install,pre-upgrade"}, True, True),
        ({"helm.sh/hook": "pre-install", "hook": "before"}, True, True),
        ({"argocd.argoproj.io/hook": "PreSync"}, True, True),
        ({"hook": "after"}, True, True),
    ],
)
def test_install_hooks_have_their_turn_at_first_and_upgrade_hooks_after_that(
    annotations: dict[str, str], first: bool, later: bool
) -> None:
    hook = made("batch/v1 Job", **annotations)
    assert (has_its_turn(hook, installs=True), has_its_turn(hook, installs=False)) == (first, later)


@pytest.mark.parametrize(
    ("annotations", "goes"),
    [
        ({"helm.sh/hook-delete-policy": "before-hook-creation, hook-succeeded"}, True),
        ({"helm.sh/hook-delete-policy": "before-hook-creation,hook-failed"}, False),
        ({"argocd.argoproj.io/hook-delete-policy": "HookSucceeded"}, True),
        ({}, False),
    ],
)
def test_only_what_says_so_goes_when_it_succeeded(annotations: dict[str, str], goes: bool) -> None:
    assert goes_when_it_succeeded(made("batch/v1 Job", hook="before", **annotations)) is goes
