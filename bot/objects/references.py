"""Whether an object names another one: for what is named by a hash of its contents, where any equal text counts."""

from collections.abc import Iterable
from typing import Any

from bot.objects.identity import Kind, Object, ObjectKey, kind_of

_PODS = Kind("", "Pod")
_REPLICA_SETS = Kind("apps", "ReplicaSet")


def users_of(key: ObjectKey, bodies: Iterable[Object]) -> list[Object]:
    """The live objects of the same namespace that name another one anywhere in them.

    Pods that end or have ended use nothing any more, nor do ReplicaSets that want no pods: what Git no longer has comes
    back with Git's own rollback, which brings its configuration along.
    """
    near = (body for body in bodies if (body["metadata"].get("namespace") or "") == key.namespace)
    return [body for body in near if not _over(body) and _names(body, key.name)]


def _over(body: Object) -> bool:
    kind = kind_of(body)
    if kind == _REPLICA_SETS:
        return (body.get("spec") or {}).get("replicas") == 0
    ended = (body.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return kind == _PODS and (ended or "deletionTimestamp" in body["metadata"])


def _names(body: Object, name: str) -> bool:
    waiting: list[Any] = [value for field, value in body.items() if field not in ("metadata", "status")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif value == name:
            return True
    return False
