"""URL paths of objects and lists. Names come from pull requests, so what could climb out of its segment has no path."""

from urllib.parse import quote

from bot.ports.clusters import Resource


def object_path(resource: Resource, namespace: str, name: str) -> str | None:
    """The path of one object, or None where it cannot have one.

    That is: an empty name (which would address the whole collection), a namespaced kind without a namespace, or a part
    that is `.` or `..` or holds `/` or `%`: the API refuses those as names, and HTTP clients resolve them as paths.
    """
    parent = list_path(resource, namespace)
    if parent is None or not _segment(name):
        return None
    return f"{parent}/{quote(name, safe='')}"


def list_path(resource: Resource, namespace: str) -> str | None:
    """The path of the objects of one kind in a namespace; all of them for a cluster-scoped kind. None as above."""
    root = f"/apis/{resource.kind.group}/{resource.version}" if resource.kind.group else f"/api/{resource.version}"
    if not resource.namespaced:
        return f"{root}/{resource.plural}"
    if not _segment(namespace):
        return None
    return f"{root}/namespaces/{quote(namespace, safe='')}/{resource.plural}"


def _segment(part: str) -> bool:
    # A name over 253 bytes does not exist, and a half surrogate cannot be quoted.
    return (
        bool(part) and part not in (".", "..") and len(part) <= 253 and part.isprintable() and not set("/%") & set(part)
    )
