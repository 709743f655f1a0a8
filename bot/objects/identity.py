"""Names of Kubernetes objects: kinds, keys, and how they are written for people."""

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""One Kubernetes object as JSON data. Treated as immutable: functions return new ones."""


@dataclass(frozen=True, order=True, slots=True)
class Kind:
    """A group and a kind, without the version: what identity depends on. Group is empty for the core group."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @classmethod
    def parse(cls, text: str) -> "Kind":
        """Read `Kind` or `Kind.group`, as config, grants and ApplySet hints write it."""
        kind, _, group = text.partition(".")
        return cls(group, kind)


@dataclass(frozen=True, order=True, slots=True)
class ObjectKey:
    """What an object is called in a cluster. Namespace is empty for cluster-scoped objects."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"

    @property
    def of(self) -> Kind:
        """The kind without namespace and name."""
        return Kind(self.group, self.kind)


def group_of(api_version: str) -> str:
    """The group in an apiVersion: `apps/v1` → `apps`, `v1` → empty."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


def kind_of(body: Object) -> Kind:
    """The kind of an object that has been read (apiVersion and kind are present and strings)."""
    return Kind(group_of(body["apiVersion"]), body["kind"])


def key_of(body: Object) -> ObjectKey:
    """The key of an object that has been read. A namespace that is not written is empty."""
    metadata = body["metadata"]
    return ObjectKey(group_of(body["apiVersion"]), body["kind"], metadata.get("namespace") or "", metadata["name"])
