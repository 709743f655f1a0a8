"""By what the items of a list are told apart: the built-in kinds' list keys, from the API's OpenAPI documents.

The source is `x-kubernetes-list-map-keys`, not the merge keys of strategic merge patches, which differ (`port` against
`port,protocol`). The same names serve for custom resources that embed pod specs: this decides what is shown, and every
change of order is shown too.
"""

from bot.objects.identity import Kind
from bot.objects.paths import Item, Path

_NAMED = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "matchConditions": ("name",),
    "ownerReferences": ("uid",),
    "resourceClaims": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
    "webhooks": ("name",),
}
_AT: dict[tuple[str, Path], tuple[str, ...]] = {
    ("CustomResourceDefinition", ("spec", "versions")): ("name",),
    ("Service", ("spec", "ports")): ("port", "protocol"),
    ("ServiceAccount", ("secrets",)): ("name",),
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def list_keys(kind: Kind, path: Path) -> tuple[str, ...] | None:
    """The names of a list's keys; empty for a set, whose order means nothing; None for any other list."""
    name = path[-1] if path else None
    if path == ("metadata", "finalizers"):
        return ()
    if not isinstance(name, str) or (kind.kind == "ServiceAccount" and name == "imagePullSecrets"):
        return None
    if name == "ports" and len(path) > 2 and isinstance(path[-2], Item) and path[-3] in _CONTAINERS:
        return ("containerPort", "protocol")
    return _AT.get((kind.kind, path)) or _NAMED.get(name)
