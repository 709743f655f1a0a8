"""Manifest files → objects, as kubectl reads them: several documents, lists flattened, names checked, lines kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.objects.documents import Located, compose, read_document
from bot.objects.errors import ManifestError
from bot.objects.hooks import runs_once
from bot.objects.identity import Object

__all__ = ["Located", "ManifestError", "SourceObject", "compose", "read_document", "read_stream"]

_API_VERSION = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[a-z0-9]{1,63}")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"(?!\.{1,2}$)[^/%\s\x00-\x1f\x7f]{1,253}")
"""What the API server takes as a path segment; stricter rules per kind are its own to say."""


@dataclass(frozen=True)
class SourceObject:
    """An object as written, with the place of its first line. `again` is what another render of the same files made of
    it, where that differs."""

    body: Object
    file: str
    line: int
    again: Object | None = None


def read_stream(text: bytes | str, file: str) -> list[SourceObject]:
    """Every object of a YAML or JSON file. Empty documents are skipped, `List` kinds give their items.

    Raises ManifestError, with the line, for text that is not YAML, objects without a name, and limits passed.
    """
    return [
        source
        for document in compose(text, file)
        if document.value is not None
        for source in _objects(document, document.value, (), None)
    ]


def _objects(
    document: Located, value: Any, path: tuple[str | int, ...], listed: tuple[Any, str] | None
) -> Iterator[SourceObject]:
    """The objects in a value: itself, or its items when it is a list. `listed`: version and kind for items without."""
    line = document.line(path)
    if not isinstance(value, dict):
        raise ManifestError("a Kubernetes object must be a map: is this another kind of file?", document.file, line)
    if listed and "kind" not in value and "apiVersion" not in value:
        value = {"apiVersion": listed[0], "kind": listed[1], **value}
    kind, items = value.get("kind"), value.get("items")
    if isinstance(kind, str) and kind.endswith("List") and (isinstance(items, list) or "metadata" not in value):
        inner = (value.get("apiVersion"), kind.removesuffix("List")) if kind != "List" else None
        if items is not None and not isinstance(items, list):
            raise ManifestError("`items` must be a list", document.file, document.line((*path, "items")))
        for position, item in enumerate(items or []):
            yield from _objects(document, item, (*path, "items", position), inner)
        return
    value = _named(value)
    _check(document, value, path)
    yield SourceObject(value, document.file, line)


def _named(body: Object) -> Object:
    """A hook that may leave the end of its name to the server, as Argo CD's users write it: each of its runs gets a
    name that ends in the commit anyway."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not all(isinstance(body.get(key), str) for key in ("apiVersion", "kind")):
        return body
    if metadata.get("name") or not isinstance(prefix := metadata.get("generateName"), str):
        return body
    if not isinstance(metadata.get("annotations"), dict) or not runs_once(body):
        return body
    rest = {key: value for key, value in metadata.items() if key != "generateName"}
    return {**body, "metadata": {**rest, "name": prefix.rstrip("-.")}}


def _check(document: Located, body: Object, path: tuple[str | int, ...]) -> None:
    """Refuse what has no identity, or one that cannot stand in a URL."""
    _text(document, body.get("apiVersion"), (*path, "apiVersion"), _API_VERSION)
    _text(document, body.get("kind"), (*path, "kind"), _KIND)
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        raise ManifestError(
            "`metadata` is missing: every object needs `metadata.name`", document.file, document.line(path)
        )
    if metadata.get("name") is None and metadata.get("generateName") is not None:
        where = document.line((*path, "metadata", "generateName"))
        raise ManifestError(
            "`metadata.generateName` cannot be applied twice: write `metadata.name`", document.file, where
        )
    _text(document, metadata.get("name"), (*path, "metadata", "name"), _NAME)
    if metadata.get("namespace") not in (None, ""):
        _text(document, metadata["namespace"], (*path, "metadata", "namespace"), _NAMESPACE)
    for group in ("labels", "annotations"):
        _texts(document, metadata.get(group), (*path, "metadata", group))


def _text(document: Located, value: Any, path: tuple[str | int, ...], shape: re.Pattern[str]) -> None:
    field = ".".join(step for step in path if isinstance(step, str) and step != "items")
    line = document.line(path)
    if value is None or value == "":
        raise ManifestError(f"`{field}` is missing: every object needs it", document.file, line)
    if not isinstance(value, str):
        raise ManifestError(f"`{field}` must be text: put it in quotes", document.file, line)
    if not shape.fullmatch(value):
        raise ManifestError(f"`{field}` is not in a form that Kubernetes accepts", document.file, line)


def _texts(document: Located, value: Any, path: tuple[str | int, ...]) -> None:
    """Labels and annotations are maps of text; the API server's own error for this has no line and prints the value."""
    if value is None:
        return
    if not isinstance(value, dict):
        raise ManifestError(f"`{path[-2]}.{path[-1]}` must be a map", document.file, document.line(path))
    for key, entry in value.items():
        if entry is not None and not isinstance(entry, str):
            where = document.line((*path, key))
            raise ManifestError(f"`{path[-2]}.{path[-1]}` {key!r} must be text: put it in quotes", document.file, where)
