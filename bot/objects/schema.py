"""A custom object against the structural schema of its definition, for when no server knows the kind yet.

Only what is certain is told: missing required fields, fields that are not in the schema, other types, values outside of
an enumeration (apiextensions.k8s.io/v1, structural schemas). Formats, patterns and CEL rules are the server's to judge.
"""

from collections.abc import Iterator
from typing import Any

from bot.objects.identity import Object
from bot.objects.paths import Index, Path, str_path, value_at

_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_OWN = ("apiVersion", "kind", "metadata")
UNKNOWN = "is not in the schema of its definition"
Doubt = tuple[str, str]
"""A field and what is wrong with it. The value is not told."""


def doubts(body: Object, definition: Object) -> list[Doubt]:
    """What the server will refuse in a custom object, going by its CustomResourceDefinition; at most 20."""
    version = str(body["apiVersion"]).rpartition("/")[2]
    versions = value_at(definition, ("spec", "versions"))
    for each in versions if isinstance(versions, list) else ():
        if isinstance(each, dict) and each.get("name") == version:
            if each.get("served") is not True:
                return [("apiVersion", f"its definition does not serve {version}")]
            schema = value_at(each, ("schema", "openAPIV3Schema"))
            rest = {name: value for name, value in body.items() if name not in _OWN}
            found = _judged(rest, schema, ()) if isinstance(schema, dict) else iter(())
            return [doubt for _, doubt in zip(range(20), found, strict=False)]
    return [("apiVersion", f"its definition has no version {version}")]


def _judged(value: Any, schema: dict[str, Any], path: Path) -> Iterator[Doubt]:
    kind, allowed = schema.get("type"), schema.get("enum")
    if value is None or schema.get("x-kubernetes-int-or-string") is True:
        return
    types = _TYPES.get(kind) if isinstance(kind, str) else None
    if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        yield str_path(path), f"must be of type {kind}"
    elif isinstance(allowed, list) and value not in allowed:
        yield str_path(path), "is none of the values that are allowed"
    elif isinstance(value, dict):
        yield from _fields(value, schema, path)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for position, item in enumerate(value):
            yield from _judged(item, schema["items"], (*path, Index(position)))


def _fields(value: dict[str, Any], schema: dict[str, Any], path: Path) -> Iterator[Doubt]:
    known = schema.get("properties")
    known = known if isinstance(known, dict) else {}
    others = schema.get("additionalProperties")
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value and name not in _OWN and "default" not in known.get(name, {}):
            yield str_path((*path, name)), "is required"
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") is True or others is True
    for name, entry in value.items():
        if schema.get("x-kubernetes-embedded-resource") is True and name in _OWN:
            continue
        if isinstance(known.get(name), dict):
            yield from _judged(entry, known[name], (*path, name))
        elif isinstance(others, dict):
            yield from _judged(entry, others, (*path, name))
        elif not open_ended:
            yield str_path((*path, name)), UNKNOWN
