"""Reads of one API server as one identity: plain data with kind and apiVersion filled in."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.cluster.answers import classify
from bot.cluster.discovery import Discovery
from bot.cluster.gateway import Gateway
from bot.cluster.paths import list_path, object_path
from bot.cluster.response import Response
from bot.cluster.send import unaddressable
from bot.cluster.surroundings import surroundings
from bot.objects.canonical import PART_OF
from bot.objects.identity import Kind, Object, kind_of
from bot.ports.clusters import ClusterUnreachable, Presence, Refusal, Refused, Resource

Objects = list[Object]
_PAGE = "500"
_JSON = "application/json"
_METADATA = f"{_JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_NAMESPACE = Resource(Kind("", "Namespace"), "v1", "namespaces", False)
_POD = Resource(Kind("", "Pod"), "v1", "pods", True)
_EVENT = Resource(Kind("", "Event"), "v1", "events", True)
_STORAGE_CLASS = Resource(Kind("storage.k8s.io", "StorageClass"), "v1", "storageclasses", False)
_CLAIM = Kind("", "PersistentVolumeClaim")
_LOG_BYTES = 16_384
_REPLICA_SET = Resource(Kind("apps", "ReplicaSet"), "v1", "replicasets", True)
_WORKLOADS = {Kind("apps", kind) for kind in ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")} | {
    Kind("batch", "Job")
}
"""Kinds whose selector is a LabelSelector that the server has checked; what others write there may be anything."""
_OPERATORS = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


class ReadingCluster:
    """What any identity may try to read. Missing rights are empty answers, as the port says."""

    def __init__(self, gateway: Gateway, discovery: Discovery) -> None:
        self.gateway = gateway
        self.discovery = discovery

    def resource(self, kind: Kind, version: str = "") -> Resource | None:
        """How a kind is served, None when it is not."""
        return self.discovery.resource(kind, version)

    def capabilities(self) -> tuple[str, Sequence[str]]:
        """The server's version, and the groups, versions and kinds it serves."""
        return self.discovery.capabilities()

    def list(self, resource: Resource, namespace: str, applyset: str) -> Sequence[Object]:
        """Objects of one kind in one namespace that carry our label with this ApplySet id."""
        return [*self._selected(resource, namespace, f"{PART_OF}={applyset}")]

    def marked(self, resource: Resource, namespace: str) -> Sequence[Object]:
        """Metadata of the objects of one kind in one namespace that carry the label of any ApplySet."""
        return [*self._selected(resource, namespace, PART_OF, _METADATA)]

    def get(self, resource: Resource, namespace: str, name: str) -> Object | Refused | None:
        """One object, None when absent. A name that no object can have is refused without asking."""
        path = object_path(resource, namespace, name)
        if path is None:
            return unaddressable(resource)
        response = self.gateway.get(path)
        if response.status == 404:
            return None
        if response.ok:
            return self._object(response)
        answer = classify(response)
        return answer if isinstance(answer, Refused) else Refused(Refusal.INVALID, response.message)

    def related(self, resource: Resource, body: Object) -> Sequence[Object]:
        """ReplicaSets and Pods that a live workload controls, found by its selector and checked by owner; the
        StorageClass of a claim."""
        if resource.kind == _CLAIM:
            return self._storage_class(body)
        if resource.kind not in _WORKLOADS:
            return []
        selector = label_selector((body.get("spec") or {}).get("selector"))
        metadata = body["metadata"]
        namespace = metadata.get("namespace") or ""
        if not selector or not metadata.get("uid") or not resource.namespaced:
            return []
        owners = {metadata["uid"]}
        sets: Objects = []
        if kind_of(body) == Kind("apps", "Deployment"):
            sets = [found for found in self._selected(_REPLICA_SET, namespace, selector) if _owned(found, owners)]
            owners = {found["metadata"]["uid"] for found in sets}
        return [*sets, *(found for found in self._selected(_POD, namespace, selector) if _owned(found, owners))]

    def surroundings(self, namespace: str) -> str | None:
        """What decides a dry-run besides the object."""
        return surroundings(self.gateway, self.discovery, namespace)

    def events(self, namespace: str, uid: str) -> Sequence[Object]:
        """What was noted about one object. Kept by the server for an hour or so; empty where it may not be read."""
        path = list_path(_EVENT, namespace)
        if path is None or not uid:
            return []
        query = [("fieldSelector", f"involvedObject.uid={uid},type=Warning"), ("limit", _PAGE)]
        response = self.gateway.get(path, query)
        items = self._object(response).get("items") or [] if response.ok else []
        return [{"apiVersion": "v1", "kind": "Event", **item} for item in items]

    def log(self, namespace: str, pod: str, container: str, lines: int) -> Sequence[str]:
        """The last lines that a container wrote, raw; empty where they may not be read or there are none."""
        path = object_path(_POD, namespace, pod)
        if path is None:
            return []
        query = [("container", container), ("tailLines", str(lines)), ("limitBytes", str(_LOG_BYTES))]
        response = self.gateway.get(f"{path}/log", query, accept="*/*")
        return response.body.decode(errors="replace").splitlines()[-lines:] if response.ok else []

    def namespace(self, name: str) -> Presence:
        """Whether a namespace is there. No namespace can have a name that the server calls invalid."""
        found = self.get(_NAMESPACE, "", name)
        if isinstance(found, Refused):
            return Presence.ABSENT if found.why == Refusal.INVALID else Presence.UNKNOWN
        if found is None:
            return Presence.ABSENT
        return Presence.LEAVING if "deletionTimestamp" in found["metadata"] else Presence.THERE

    def _storage_class(self, claim: Object) -> Sequence[Object]:
        name = (claim.get("spec") or {}).get("storageClassName")
        bound = (claim.get("status") or {}).get("phase") == "Bound"
        found = self.get(_STORAGE_CLASS, "", name) if isinstance(name, str) and name and not bound else None
        return [] if found is None or isinstance(found, Refused) else [found]

    def _selected(self, resource: Resource, namespace: str, selector: str, accept: str = _JSON) -> Iterator[Object]:
        path = list_path(resource, namespace)
        if path is None:
            return
        found = self._pages(path, selector, accept)
        if found is None:
            found = self._pages(path, selector, accept)
        if found is None:
            raise ClusterUnreachable(f"cluster {self.gateway.connection.name} forgets lists before they are read")
        for item in found:
            # Items of a list carry neither, other than objects that are read one by one; metadata alone has its own.
            yield {**item, "apiVersion": resource.api_version, "kind": resource.kind.kind}

    def _pages(self, path: str, selector: str, accept: str) -> Objects | None:
        """Every page of a list; None when the server forgot the first one before the last was read (410)."""
        items: Objects = []
        token = ""
        while True:
            query = [("labelSelector", selector), ("limit", _PAGE), *([("continue", token)] if token else [])]
            response = self.gateway.get(path, query, accept)
            if response.status == 410 and token:
                return None
            if not response.ok:
                return []
            page = self._object(response)
            items += page.get("items") or []
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return items

    def _object(self, response: Response) -> Object:
        try:
            return response.json()
        except ValueError:
            name = self.gateway.connection.name
            raise ClusterUnreachable(f"cluster {name} answers with something that is no Kubernetes object") from None


def label_selector(selector: Any) -> str:
    """A workload's selector as a query; empty when there is none. Operators as the API's LabelSelector has them."""
    if not isinstance(selector, dict):
        return ""
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for rule in selector.get("matchExpressions") or ():
        form = _OPERATORS[rule["operator"]]
        terms.append(form.format(key=rule["key"], values=",".join(rule.get("values") or ())))
    return ",".join(sorted(terms))


def _owned(body: Object, owners: set[str]) -> bool:
    references = body["metadata"].get("ownerReferences") or ()
    return any(reference.get("controller") and reference.get("uid") in owners for reference in references)
