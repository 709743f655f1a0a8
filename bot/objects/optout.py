"""What an object's own annotations say about deleting and replacing it: ours, and those of tools people come from.

Argo CD: user guide, sync options. Flux: Kustomization, `prune` and `force`. Helm: charts, resource policy. cli-utils:
lifecycle directives. kapp: apply and delete strategies.
"""

from typing import Final

from bot.objects.identity import Kind, Object
from bot.objects.paths import ABSENT, value_at

_KEEP: Final = (
    ("plumbline.dev/prune", ("never",)),
    ("argocd.argoproj.io/sync-options", ("Prune=false", "Delete=false", "Prune=confirm", "Delete=confirm")),
    ("kustomize.toolkit.fluxcd.io/prune", ("disabled",)),
    ("helm.sh/resource-policy", ("keep",)),
    ("client.lifecycle.config.k8s.io/deletion", ("detach",)),
    ("cli-utils.sigs.k8s.io/on-remove", ("keep",)),
    ("kapp.k14s.io/delete-strategy", ("orphan",)),
)
_REPLACE: Final = (
    ("plumbline.dev/replace", ("allowed",)),
    ("argocd.argoproj.io/sync-options", ("Replace=true", "Force=true")),
    ("kustomize.toolkit.fluxcd.io/force", ("enabled",)),
    ("kapp.k14s.io/update-strategy", ("fallback-on-replace", "always-replace")),
)
_HOLDS_DATA: Final = frozenset(
    {
        Kind("", "Namespace"),
        Kind("", "PersistentVolume"),
        Kind("", "PersistentVolumeClaim"),
        Kind("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
_STATEFUL_SET: Final = Kind("apps", "StatefulSet")


def keeps_itself(live: Object) -> str:
    """The annotation, as `helm.sh/resource-policy: keep`, by which an object asks not to be deleted; empty if none."""
    return _written(live, _KEEP)


def may_be_replaced(desired: Object) -> str:
    """The annotation by which an object may be deleted and made again where it cannot be changed; empty if none."""
    return _written(desired, _REPLACE)


def holds_data(kind: Kind, body: Object) -> bool:
    """Whether deleting an object takes data or other objects along: never done without a person naming it."""
    claims = value_at(body, ("spec", "volumeClaimTemplates")) if kind == _STATEFUL_SET else ABSENT
    return kind in _HOLDS_DATA or bool(claims and claims is not ABSENT)


def _written(body: Object, table: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    annotations = (body.get("metadata") or {}).get("annotations") or {}
    for name, words in table:
        said = {word.strip() for word in str(annotations.get(name) or "").split(",")}
        found = next((word for word in words if word in said), "")
        if found:
            return f"{name}: {found}"
    return ""
