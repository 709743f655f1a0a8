"""What a change does to the pods of a workload: more power over the node, less care for them, images that move."""

import re
from collections.abc import Iterator
from typing import Any

from bot.objects.identity import Object
from bot.objects.paths import ABSENT, Path, str_path, value_at
from bot.objects.risk.note import Level, RiskNote

_TEMPLATES: tuple[Path, ...] = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec",),
)
_CONTAINERS = ("containers", "initContainers")
_MIGHTY = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)
"""Capabilities with which a container can leave its bounds (capabilities(7))."""

_PROBES = {"livenessProbe": "liveness", "readinessProbe": "readiness", "startupProbe": "startup"}
_TAGGED = re.compile(r"(?:.*/)?[^/:@]+(?::(?P<tag>[^/:@]+))?(?P<digest>@.+)?")


def powers(before: Object | None, after: Object | None) -> list[RiskNote]:
    """Powers over the node that the pods did not have: the Baseline of the Pod Security Standards is crossed."""
    had = {note.field for note in _powers(before)}
    return [note for note in _powers(after) if note.field not in had]


def care(before: Object | None, after: Object | None) -> list[RiskNote]:
    """Probes and limits that containers had and lose. A container that goes as a whole loses nothing."""
    found = []
    lives = dict(_containers(after))
    for place, old in _containers(before):
        new = lives.get(place)
        if new is None:
            continue
        for field, word in _PROBES.items():
            if old.get(field) and not new.get(field):
                message = f"the {word} probe is removed"
                found.append(RiskNote(Level.WARN, "probe-removed", f"{place}.{field}", message))
        for group in ("limits", "requests"):
            if value_at(old, ("resources", group)) not in (ABSENT, {}) and not (new.get("resources") or {}).get(group):
                message = f"the resource {group} are removed"
                found.append(RiskNote(Level.WARN, f"{group}-removed", f"{place}.resources.{group}", message))
    return found


def tags(before: Object | None, after: Object | None) -> list[RiskNote]:
    """Images that come in under a name whose content can change: no tag, or latest, and no digest."""
    had = {(place, container.get("image")) for place, container in _containers(before)}
    return [
        RiskNote(Level.WARN, "mutable-tag", f"{place}.image", "the image can change under the same name: pin it")
        for place, container in _containers(after)
        if (place, container.get("image")) not in had and _moves(container.get("image"))
    ]


def _moves(image: object) -> bool:
    found = _TAGGED.fullmatch(image) if isinstance(image, str) else None
    return found is not None and not found["digest"] and found["tag"] in (None, "latest")


def _powers(body: Object | None) -> Iterator[RiskNote]:
    path, pod = _pod(body)
    start = str_path(path)
    for field, what in (("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "memory")):
        if pod.get(field) is True:
            yield RiskNote(Level.BLOCK, "host-access", f"{start}.{field}", f"the pods share the node's {what}")
    for volume in _maps(pod.get("volumes")):
        if volume.get("hostPath") is not None:
            place = f"{start}.volumes[name={volume.get('name')}].hostPath"
            yield RiskNote(Level.BLOCK, "host-path", place, "the pods mount a folder of the node")
    for place, container in _containers(body):
        context = container.get("securityContext")
        if not isinstance(context, dict):
            continue
        place = f"{place}.securityContext"
        if context.get("privileged") is True:
            yield RiskNote(Level.BLOCK, "privileged", f"{place}.privileged", "the container runs privileged")
        added = value_at(context, ("capabilities", "add"))
        mighty = sorted(
            _MIGHTY & {str(each).removeprefix("CAP_") for each in added or []} if isinstance(added, list) else []
        )
        if mighty:
            message = f"the container gets {', '.join(mighty)}"
            yield RiskNote(Level.BLOCK, "capability", f"{place}.capabilities.add", message)


def _pod(body: Object | None) -> tuple[Path, dict[str, Any]]:
    """The pod that a body describes and where; an empty one when it describes none."""
    for path in _TEMPLATES:
        spec = value_at(body or {}, path)
        if isinstance(spec, dict) and isinstance(spec.get("containers"), list):
            return path, spec
    return (), {}


def _containers(body: Object | None) -> Iterator[tuple[str, dict[str, Any]]]:
    path, pod = _pod(body)
    for group in _CONTAINERS:
        for container in _maps(pod.get(group)):
            yield f"{str_path(path)}.{group}[name={container.get('name')}]", container


def _maps(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
