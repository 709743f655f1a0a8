"""One server-side apply of one object: where it goes, what is refused before it is sent, what the answer means."""

from bot.cluster.answers import classify
from bot.cluster.discovery import Discovery
from bot.cluster.gateway import Gateway
from bot.cluster.paths import object_path
from bot.objects.canonical import encode
from bot.objects.errors import ManifestError
from bot.objects.identity import Object, kind_of
from bot.ports.clusters import Answer, ClusterUnreachable, Refusal, Refused, Resource

_LARGEST = 1_500_000
"""Bytes of a body. etcd refuses about 1.6 MB, which a dry-run does not see (measured on 1.37)."""


def send(gateway: Gateway, discovery: Discovery, body: Object, *, force: bool, dry: bool) -> Answer:
    """Apply an object that has been canonicalised. Raises ClusterUnreachable."""
    kind, metadata = kind_of(body), body["metadata"]
    resource = discovery.resource(kind, body["apiVersion"].rpartition("/")[2])
    if resource is None:
        return Refused(Refusal.NO_KIND, f"the cluster does not serve {kind} in {body['apiVersion']}")
    path = object_path(resource, metadata.get("namespace") or "", metadata.get("name") or "")
    if path is None:
        return unaddressable(resource)
    try:
        encoded = encode(body)
    except ManifestError as error:
        return Refused(Refusal.INVALID, error.message)
    if len(encoded) > _LARGEST:
        said = f"{len(encoded)} bytes are more than etcd takes in one object ({_LARGEST})"
        return Refused(Refusal.TOO_LARGE, said)
    try:
        return classify(gateway.apply(path, encoded, force=force, dry=dry))
    except ValueError:
        raise ClusterUnreachable(f"cluster {gateway.connection.name} answers with no Kubernetes object") from None


def unaddressable(resource: Resource) -> Refused:
    """The refusal of an object that has no path: said here, since sending it would address something else."""
    said = f"the name or namespace of this {resource.kind} is missing, or one that no object can have"
    return Refused(Refusal.INVALID, said, "metadata.name")
