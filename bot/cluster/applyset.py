"""The ApplySet format (KEP-3659) as kubectl implements it: the id, and what a parent says of its members. Pure."""

import base64
import hashlib
from collections.abc import Iterable

from bot.objects.identity import Object, ObjectKey

TOOL = "plumbline"
_GROUP = "applyset.kubernetes.io/"
ID = f"{_GROUP}id"
TOOLING = f"{_GROUP}tooling"
_KINDS = f"{_GROUP}contains-group-kinds"
_NAMESPACES = f"{_GROUP}additional-namespaces"
_VERSION = "v1.0.0"
"""Of how we use the format; the format asks for a semantic version behind the tool's name."""


def applyset_id(namespace: str, name: str) -> str:
    """The id of the set whose parent is this ConfigMap: what members carry as `part-of`."""
    digest = hashlib.sha256(f"{name}.{namespace}.ConfigMap.".encode()).digest()
    return f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


def parent_metadata(namespace: str, name: str, members: Iterable[ObjectKey]) -> Object:
    """Label and annotations of a parent that other ApplySet tools can find the members by."""
    keys = list(members)
    kinds = sorted({str(key.of) for key in keys})
    namespaces = sorted({key.namespace for key in keys} - {"", namespace})
    return {
        "name": name,
        "namespace": namespace,
        "labels": {ID: applyset_id(namespace, name), "app.kubernetes.io/managed-by": TOOL},
        "annotations": {
            TOOLING: f"{TOOL}/{_VERSION}",
            _KINDS: ",".join(kinds),
            _NAMESPACES: ",".join(namespaces),
        },
    }


def stranger(parent: Object) -> str:
    """Why a parent is not one of ours; empty when it is. The id is recomputed, as anybody could copy the label."""
    metadata = parent["metadata"]
    tool = (metadata.get("annotations") or {}).get(TOOLING, "").partition("/")[0]
    if tool != TOOL:
        return f"it belongs to {tool!r}" if tool else "it does not say whose it is"
    if (metadata.get("labels") or {}).get(ID) != applyset_id(metadata["namespace"], metadata["name"]):
        return "its ApplySet id is not that of its name"
    return ""
