"""Which other tool keeps an object as it wants it, by the marks that tools leave, and how it is made to let go."""

from dataclasses import dataclass

from bot.objects.identity import Object
from bot.objects.paths import ABSENT, Path, value_at


@dataclass(frozen=True, slots=True)
class Tool:
    """`fights`: it writes again by itself. `manager` is its field manager, `release` the command to let go."""

    name: str
    manager: str
    fights: bool
    release: str


# Helm forgets a release with its secrets and touches none of its objects; `helm uninstall` would delete them.
_MARKS: tuple[tuple[Path, Tool], ...] = (
    (
        ("metadata", "annotations", "argocd.argoproj.io/tracking-id"),
        Tool("Argo CD", "argocd-controller", True, "argocd app delete NAME --cascade=false"),
    ),
    (
        ("metadata", "labels", "argocd.argoproj.io/instance"),
        Tool("Argo CD", "argocd-controller", True, "argocd app delete NAME --cascade=false"),
    ),
    (
        ("metadata", "labels", "kustomize.toolkit.fluxcd.io/name"),
        Tool("Flux", "kustomize-controller", True, "flux suspend kustomization NAME"),
    ),
    (
        ("metadata", "labels", "helm.toolkit.fluxcd.io/name"),
        Tool("Flux", "helm-controller", True, "flux suspend helmrelease NAME"),
    ),
    (
        ("metadata", "annotations", "meta.helm.sh/release-name"),
        Tool("Helm", "helm", False, "kubectl delete secret -l owner=helm,name=NAME"),
    ),
)


def kept_by(live: Object, ours: Object) -> tuple[Tool, str] | None:
    """The tool whose mark a live object carries, and what the tool calls its own; None when there is none.

    A mark that our own object carries says nothing about the present.
    """
    for path, tool in _MARKS:
        value = value_at(live, path)
        if isinstance(value, str) and value and value_at(ours, path) is ABSENT:
            return tool, value.partition(":")[0]
    return None
