"""An object goes away, and what goes with it."""

from bot.objects.identity import Kind, Object, kind_of
from bot.objects.risk.note import Level, RiskNote

_ALONG = {
    Kind("networking.k8s.io", "NetworkPolicy"): (
        "policy-deletion",
        "deletes a policy: what it kept out may come in",
    ),
    Kind("", "Namespace"): ("namespace-deletion", "deletes the namespace and everything in it"),
    Kind("", "PersistentVolume"): ("volume-deletion", "deletes a volume, and its data if it is reclaimed so"),
    Kind("", "PersistentVolumeClaim"): (
        "claim-deletion",
        "deletes a claim, and its data if the volume is reclaimed so",
    ),
    Kind("apiextensions.k8s.io", "CustomResourceDefinition"): (
        "definition-deletion",
        "deletes a kind and every object of it, in all namespaces",
    ),
}
"""Kinds whose deletion takes more along than the object."""

PROTECTED = frozenset(_ALONG) - {Kind("networking.k8s.io", "NetworkPolicy")}
"""Kinds of which deleting one is always confirmed."""


def deleted(before: Object | None, after: Object | None) -> list[RiskNote]:
    """Deletions: a warning, and a block for the kinds that take others or data along."""
    if before is None or after is not None:
        return []
    rule, message = _ALONG.get(kind_of(before), ("deletion", "deletes the object"))
    return [RiskNote(Level.BLOCK if kind_of(before) in PROTECTED else Level.WARN, rule, "", message)]
