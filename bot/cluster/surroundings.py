"""What decides a dry-run besides the object: schemas, admission and defaults, as one text that changes with them.

Schemas of all kinds are told by the hashes in the index of `/openapi/v3` (KEP-2896), which any authenticated account
may read and which cover the server's version too: a changed CRD changes its own. Quotas are left out, since what
changes nothing uses up nothing.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from bot.cluster.discovery import Discovery
from bot.cluster.gateway import Gateway
from bot.cluster.paths import list_path, object_path
from bot.objects.identity import Kind, Object
from bot.ports.clusters import Resource

GROUP = "admissionregistration.k8s.io"
ADMISSION = (
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
)
"""Kinds that say who else has a word in every write."""

_NAMESPACE = Resource(Kind("", "Namespace"), "v1", "namespaces", False)
_LIMITS = Resource(Kind("", "LimitRange"), "v1", "limitranges", True)


def surroundings(gateway: Gateway, discovery: Discovery, namespace: str) -> str | None:
    """See `PlanCluster.surroundings`. Raises ClusterUnreachable."""
    if namespace:
        paths = [object_path(_NAMESPACE, "", namespace), list_path(_LIMITS, namespace)]
    else:
        served = (discovery.resource(Kind(GROUP, kind)) for kind in ADMISSION)
        paths = ["/openapi/v3", *(list_path(resource, "") for resource in served if resource)]
    with ThreadPoolExecutor(len(paths)) as pool:
        found = list(pool.map(lambda path: _version(gateway, path) if path else None, paths))
    return None if None in found else "\n".join(map(str, found))


def _version(gateway: Gateway, path: str) -> str | None:
    """What stands at a path, by its versions. None when it may not be read, or takes parameters from other objects."""
    response = gateway.get(path)
    if not response.ok:
        return None
    if path == "/openapi/v3":
        return hashlib.sha256(response.body).hexdigest()
    try:
        answer = response.json()
    except ValueError:
        return None
    items = answer.get("items") or [] if "items" in answer else [answer]
    if any((item.get("spec") or {}).get("paramKind") for item in items):
        return None
    return f"{path}: {', '.join(sorted(_told(item['metadata']) for item in items))}"


def _told(metadata: Object) -> str:
    """A generation, where there is one, stays while only a status is written."""
    return f"{metadata['uid']} {metadata.get('generation') or metadata['resourceVersion']}"
