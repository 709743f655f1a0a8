"""Other tools are known by the marks they leave, and each is named with the commands after which it lets go."""

from typing import Any

import pytest

from bot.objects.identity import Object
from bot.objects.tools import Keeper, kept_by

ARGO, INSTANCE = "argocd.argoproj.io/tracking-id", "app.kubernetes.io/instance"
KUSTOMIZE, RELEASE = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"


def web(*, labels: dict[str, str] | None = None, by: str = "", **metadata: Any) -> Object:
    """A Deployment with these marks, whose labels were written by one manager if it is named."""
    fields: Object = {"f:metadata": {"f:labels": {f"f:{name}": {} for name in labels or {}}}}
    entries = [{"manager": by, "operation": "Apply", "fieldsV1": fields}] if by else []
    told = {"name": "web", "namespace": "shop", "labels": labels or {}, "managedFields": entries, **metadata}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": told}


def found(live: Object, ours: Object | None = None) -> Keeper | None:
    return kept_by(live, ours or web())


@pytest.mark.parametrize(
    ("live", "tool", "name", "release"),
    [
        (
            web(annotations={ARGO: "shop:apps/Deployment:shop/web"}),
            "Argo CD",
            "shop",
            ("argocd app delete shop --cascade=false", f"kubectl annotate deployment.apps/web -n shop {ARGO}-"),
        ),
        (
            web(annotations={ARGO: "teams_shop:apps/Deployment:shop/web"}),
            "Argo CD",
            "teams_shop",
            ("argocd app delete teams/shop --cascade=false", f"kubectl annotate deployment.apps/web -n shop {ARGO}-"),
        ),
        (
            web(labels={INSTANCE: "shop"}, by="argocd-controller"),
            "Argo CD",
            "shop",
            ("argocd app delete shop --cascade=false", f"kubectl label deployment.apps/web -n shop {INSTANCE}-"),
        ),
        (
            web(labels={f"{KUSTOMIZE}/name": "apps"}),
            "Flux",
            "Kustomization apps",
            (f"kubectl annotate deployment.apps/web -n shop {KUSTOMIZE}/reconcile=disabled",),
        ),
        (
            web(labels={f"{RELEASE}/name": "web", f"{RELEASE}/namespace": "flux"}),
            "Flux",
            "HelmRelease web",
            ("flux suspend helmrelease web -n flux", f"kubectl label deployment.apps/web -n shop {RELEASE}/name-"),
        ),
        (
            web(annotations={"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "apps"}),
            "Helm",
            "release web",
            (
                "kubectl delete secret -n apps -l owner=helm,name=web",
                "kubectl annotate deployment.apps/web -n shop meta.helm.sh/release-name-",
            ),
        ),
        (web(ownerReferences=[{"kind": "Canary", "name": "web", "controller": True}]), "the Canary web", "", ()),
    ],
)
def test_a_tool_is_known_by_its_mark(live: Object, tool: str, name: str, release: tuple[str, ...]) -> None:
    keeper = found(live)
    assert keeper is not None
    assert (keeper.tool, keeper.name, keeper.release) == (tool, name, release)
    assert keeper.fights is (tool != "Helm")


@pytest.mark.parametrize(
    "live",
    [
        web(),
        web(annotations={ARGO: "shop:apps/Deployment:shop/another"}),
        web(labels={INSTANCE: "shop"}, by="helm"),
        web(labels={f"{KUSTOMIZE}/name": "apps"}, annotations={f"{KUSTOMIZE}/reconcile": "disabled"}),
        web(labels={f"{KUSTOMIZE}/name": "apps", f"{KUSTOMIZE}/ssa": "Ignore"}),
        web(ownerReferences=[{"kind": "Node", "name": "n"}]),
    ],
)
def test_a_copied_mark_a_charts_label_and_an_object_left_alone_say_nothing(live: Object) -> None:
    assert found(live) is None


def test_a_mark_that_git_has_too_says_nothing_unless_the_tool_wrote_it() -> None:
    helm = web(annotations={"meta.helm.sh/release-name": "web"})
    assert found(helm, helm) is None
    labelled = web(labels={INSTANCE: "shop"}, by="argocd-controller")
    assert found(labelled, labelled) is not None


def test_names_from_the_cluster_are_quoted_in_commands() -> None:
    keeper = found(web(annotations={ARGO: "a; rm -rf ~:apps/Deployment:shop/web"}))
    assert keeper is not None
    assert keeper.release[0] == "argocd app delete 'a; rm -rf ~' --cascade=false"
