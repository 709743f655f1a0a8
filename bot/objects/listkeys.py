"""By what the items of a list are told apart: as the server tracks them, else by the built-in kinds' list keys.

An answer of the server tells in its managedFields how it takes each list that anybody applied, those of custom
resources too: so no schema is read. The built-in table is that of the API's OpenAPI documents. Its source is
`x-kubernetes-list-map-keys`, not the merge keys of strategic merge patches, which differ (`port` against
`port,protocol`). The same names serve where a server says nothing, and for the atomic lists of custom resources that
embed pod specs: this decides what is shown, and every change of order is shown too.
"""

from functools import cached_property

from bot.objects.identity import Kind, Object
from bot.objects.ownership import tracked_lists
from bot.objects.paths import Item, Path, plain

_NAMED = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "httpHeaders": ("name",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "matchConditions": ("name",),
    "ownerReferences": ("uid",),
    "parameters": ("name",),
    "params": ("name",),
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


class Lists:
    """The lists of one object, as answers of the server about it and its kind tell them. Read when first needed."""

    def __init__(self, kind: Kind, *answers: Object | None) -> None:
        self.kind = kind
        self._answers = [each for each in answers if each]

    def keys(self, path: Path) -> tuple[str, ...] | None:
        """As `list_keys`."""
        tracked = self._tracked.get(plain(path))
        return list_keys(self.kind, path) if tracked is None else tracked

    @cached_property
    def _tracked(self) -> dict[Path, tuple[str, ...]]:
        return {path: keys for answer in self._answers for path, keys in tracked_lists(answer).items()}
