"""Which kinds an API server serves and how: aggregated discovery (KEP-3352) in memory, read again for new kinds.

Two conditional requests instead of one per group; servers before 1.26 answer the same requests with the old lists,
which are then followed group by group. Any authenticated account may read this.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bot.cluster.gateway import Gateway
from bot.cluster.response import Response
from bot.objects.identity import Kind
from bot.ports.clusters import ClusterUnreachable, Resource

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
_VERSION = re.compile(r"v\d+\.\d+[0-9A-Za-z.+-]{0,60}")
_AGAIN = 2.0
"""Seconds between reads for the sake of an unknown kind: a repository may name any number of those."""


class Discovery:
    """Safe across threads; one per API server."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._lock = threading.Lock()
        self._answers: dict[str, Response] = {}
        self._served: dict[Kind, list[Resource]] = {}
        self._read_at: float | None = None
        self._version = ""

    def resource(self, kind: Kind, version: str = "") -> Resource | None:
        """How a kind is served: in that version, or in the server's preferred one. Raises ClusterUnreachable."""
        with self._lock:
            if self._read_at is None:
                self._read()
            found = self._find(kind, version)
            if found is None and (self._read_at is None or time.monotonic() - self._read_at >= _AGAIN):
                self._read()
                found = self._find(kind, version)
            return found

    def capabilities(self) -> tuple[str, tuple[str, ...]]:
        """The server's version, and what it serves as `helm template --api-versions` takes it: group/version, and
        group/version/Kind. Raises ClusterUnreachable."""
        with self._lock:
            if self._read_at is None:
                self._read()
            if not self._version:
                answer = self._gateway.get("/version")
                found = answer.json().get("gitVersion") if answer.ok else None
                self._version = found if isinstance(found, str) and _VERSION.fullmatch(found) else ""
            served = {(each.api_version, each.kind.kind) for kinds in self._served.values() for each in kinds}
        versions = {version for version, _ in served}
        return self._version, tuple(sorted({*versions, *(f"{version}/{kind}" for version, kind in served)}))

    def expire(self) -> None:
        """Kinds may have changed: the next question is asked of the server."""
        with self._lock:
            self._read_at = None

    def _find(self, kind: Kind, version: str) -> Resource | None:
        served = self._served.get(kind, [])
        return next((resource for resource in served if version in ("", resource.version)), None)

    def _read(self) -> None:
        core, groups = self._ask("/api"), self._ask("/apis")
        served: dict[Kind, list[Resource]] = {}
        for resource in (*self._resources(core, "/api"), *self._resources(groups, "/apis")):
            served.setdefault(resource.kind, []).append(resource)
        self._served = served
        self._read_at = time.monotonic()

    def _ask(self, path: str) -> Response:
        before = self._answers.get(path)
        response = self._gateway.get(path, accept=_AGGREGATED, etag=before.headers.get("etag", "") if before else "")
        if response.status == 304 and before is not None:
            return before
        if not response.ok:
            raise ClusterUnreachable(
                f"cluster {self._gateway.connection.name} does not say which kinds it serves (HTTP {response.status})"
            )
        self._answers[path] = response
        return response

    def _resources(self, response: Response, root: str) -> Iterator[Resource]:
        try:
            answer = response.json()
            if answer.get("kind") == "APIGroupDiscoveryList":
                yield from _aggregated(answer)
            elif answer.get("kind") == "APIVersions":
                for version in answer["versions"]:
                    yield from self._legacy("", version, f"{root}/{version}")
            else:
                for group in answer["groups"]:
                    for version in _by_preference(group):
                        yield from self._legacy(group["name"], version, f"{root}/{group['name']}/{version}")
        except (ValueError, KeyError, TypeError) as error:
            name = self._gateway.connection.name
            raise ClusterUnreachable(f"cluster {name} describes its kinds in a way that cannot be read") from error

    def _legacy(self, group: str, version: str, path: str) -> Iterator[Resource]:
        try:
            response = self._gateway.get(path)
        except ClusterUnreachable:
            return  # An aggregated API whose own server is away must not hide the others.
        if not response.ok:
            return
        for entry in response.json()["resources"]:
            if "/" not in entry["name"]:
                kind = Kind(entry.get("group") or group, entry["kind"])
                yield Resource(kind, entry.get("version") or version, entry["name"], entry["namespaced"])


def _aggregated(answer: Mapping[str, Any]) -> Iterator[Resource]:
    """Groups and versions come most preferred first."""
    for item in answer["items"]:
        group = item["metadata"].get("name", "")
        for version in item["versions"]:
            for entry in version.get("resources") or ():
                name = (entry.get("responseKind") or {}).get("kind")
                if name:
                    scope = entry["scope"] == "Namespaced"
                    yield Resource(Kind(group, name), version["version"], entry["resource"], scope)


def _by_preference(group: Mapping[str, Any]) -> list[str]:
    preferred = (group.get("preferredVersion") or {}).get("version")
    versions = [entry["version"] for entry in group["versions"]]
    return sorted(versions, key=lambda version: version != preferred)
