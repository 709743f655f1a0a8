"""In which order the objects of a target are applied: stages by kind, and waves inside a stage.

Stages: definitions, namespaces, identity and policy, config and storage, before-hooks, everything that runs, webhooks
and API services, after-hooks. The last kinds come after their backends run, so that a broken webhook cannot refuse its
own backend. A wave annotation (ours, or Argo CD's) moves an object inside its stage only.
"""

import re
from enum import IntEnum
from typing import Final

from bot.objects.identity import Object, key_of

WAVE: Final = "plumbline.dev/wave"
HOOK: Final = "plumbline.dev/hook"

_WAVES = (WAVE, "argocd.argoproj.io/sync-wave")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_SPAN = 10_000
_FURTHEST = 4_999


class Stage(IntEnum):
    """The fixed part of the order. Numbers say only what comes first."""

    DEFINITIONS = 0
    NAMESPACES = 1
    IDENTITY = 2
    CONFIG = 3
    BEFORE = 4
    RUNNING = 5
    GATES = 6
    AFTER = 7


_STAGES = {
    Stage.DEFINITIONS: "CustomResourceDefinition",
    Stage.NAMESPACES: "Namespace",
    Stage.IDENTITY: "ClusterRole ClusterRoleBinding GatewayClass IngressClass LimitRange NetworkPolicy PriorityClass "
    "ResourceQuota Role RoleBinding RuntimeClass ServiceAccount",
    Stage.CONFIG: "CSIDriver ConfigMap PersistentVolume PersistentVolumeClaim Secret StorageClass "
    "VolumeAttributesClass VolumeSnapshotClass",
    Stage.GATES: "APIService MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration "
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
}
_BY_KIND = {kind: stage for stage, kinds in _STAGES.items() for kind in kinds.split()}
_GROUPS = {
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "gateway.networking.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "snapshot.storage.k8s.io",
    "storage.k8s.io",
}
_HOOKS = {
    HOOK: {"before": Stage.BEFORE, "after": Stage.AFTER},
    "argocd.argoproj.io/hook": {"PreSync": Stage.BEFORE, "PostSync": Stage.AFTER},
    "helm.sh/hook": {
        "pre-install": Stage.BEFORE,
        "pre-upgrade": Stage.BEFORE,
        "post-install": Stage.AFTER,
        "post-upgrade": Stage.AFTER,
    },
}


def stage_of(body: Object) -> Stage:
    """The stage of a desired object: by its hook annotation if it has one, else by its kind."""
    annotations = body["metadata"].get("annotations") or {}
    for name, stages in _HOOKS.items():
        words = str(annotations.get(name) or "").replace(" ", "").split(",")
        found = next((stages[word] for word in words if word in stages), None)
        if found is not None:
            return found
    key = key_of(body)
    return _BY_KIND.get(key.kind, Stage.RUNNING) if key.group in _GROUPS else Stage.RUNNING


def wave_of(body: Object) -> int:
    """The wave of a desired object: lower ones go first, and are healthy before the next. Any integer.

    A wave annotation beyond ±4,999 counts as that; one that is no whole number counts as 0.
    """
    annotations = body["metadata"].get("annotations") or {}
    written = next((str(annotations[name]) for name in _WAVES if annotations.get(name)), "0")
    inside = int(written) if _WHOLE.fullmatch(written) else 0
    return stage_of(body) * _SPAN + max(-_FURTHEST, min(_FURTHEST, inside))


def waves(bodies: list[Object]) -> list[tuple[int, list[Object]]]:
    """Objects by wave, first to apply first; inside a wave by kind, namespace and name."""
    found: dict[int, list[Object]] = {}
    for body in sorted(bodies, key=key_of):
        found.setdefault(wave_of(body), []).append(body)
    return sorted(found.items())
