"""Answers of the API server → what can be compared: without what only the server or its controllers write."""

from typing import Any

from bot.objects.canonical import LAST_APPLIED, SERVERS, without, without_entries
from bot.objects.identity import Object, kind_of

_BINDING = {
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
}
_JOB_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
_PLACEHOLDERS = ("clusterIP", "clusterIPs", "healthCheckNodePort")
"""Service fields that a dry-run create makes up: an address or port that the real create will not get."""


def strip_live(body: Object) -> Object:
    """A live or dry-run object without status, managedFields, other server metadata and controllers' bookkeeping.

    A dry-run create is known by its missing resourceVersion; what such an answer only makes up goes too. Our label
    stays: see `unlabelled`.
    """
    created_dry = not (body.get("metadata") or {}).get("resourceVersion")
    owned = _owned(body) if created_dry else frozenset()
    metadata = without_entries(without(body.get("metadata") or {}, SERVERS), "annotations", _bookkeeping)
    clean = {**without(body, ("status",)), "metadata": metadata}
    kind = kind_of(body)
    if kind.kind == "Namespace" and not kind.group:
        clean["metadata"] = without_entries(metadata, "labels", "kubernetes.io/metadata.name".__eq__)
    if kind.kind == "Service" and not kind.group and created_dry:
        return _without_made_up(clean, owned)
    return _without_job_labels(clean) if kind.kind == "Job" and kind.group == "batch" else clean


def _bookkeeping(name: str) -> bool:
    return name == LAST_APPLIED or name in _BINDING or name.startswith("deployment.kubernetes.io/")


def _owned(body: Object) -> frozenset[str]:
    """Names of the fields that anyone applied, at any depth of `spec`."""
    names: set[str] = set()
    waiting: list[Any] = [
        (entry.get("fieldsV1") or {}).get("f:spec") for entry in (body.get("metadata") or {}).get("managedFields") or []
    ]
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, dict):
            names.update(key.removeprefix("f:") for key in tree)
            waiting.extend(tree.values())
    return frozenset(names)


def _without_made_up(body: Object, owned: frozenset[str]) -> Object:
    spec = {k: v for k, v in (body.get("spec") or {}).items() if k not in _PLACEHOLDERS or k in owned}
    if isinstance(spec.get("ports"), list) and "nodePort" not in owned:
        spec["ports"] = [without(port, ("nodePort",)) for port in spec["ports"]]
    return {**body, "spec": spec}


def _without_job_labels(body: Object) -> Object:
    """A Job without the labels that hold its random UID, on itself, its selector and its template."""
    spec = dict(body.get("spec") or {})
    for group, field in (("selector", "matchLabels"), ("template", "metadata")):
        inner = spec.get(group)
        if not isinstance(inner, dict) or not isinstance(inner.get(field), dict):
            continue
        kept = _pruned(inner[field]) if group == "selector" else without_entries(inner[field], "labels", _is_job_label)
        spec[group] = {**without(inner, (field,)), **({field: kept} if kept else {})}
    if not spec.get("selector"):
        spec.pop("selector", None)
    return {**body, "metadata": without_entries(body["metadata"], "labels", _is_job_label), "spec": spec}


def _pruned(labels: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in labels.items() if not _is_job_label(name)}


def _is_job_label(name: str) -> bool:
    return name in _JOB_LABELS
