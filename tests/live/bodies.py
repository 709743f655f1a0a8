"""Two versions of an object compared for tests, written apart from what it is there to judge."""

import re
from collections.abc import Iterator
from typing import Any

NOT_COMPARED = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
BOOKKEEPING = "deployment.kubernetes.io/"
PART_OF = "applyset.kubernetes.io/part-of"
KEYS = (
    ("containers", ("name",)),
    ("initContainers", ("name",)),
    ("env", ("name",)),
    ("volumes", ("name",)),
    ("volumeMounts", ("mountPath",)),
    ("imagePullSecrets", ()),
    ("topologySpreadConstraints", ("topologyKey", "whenUnsatisfiable")),
    ("versions", ("name",)),
    ("webhooks", ("name",)),
    ("doors", ("floor", "side")),
)
SETS = ("tags",)
Flat = dict[str, Any]


def differences(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    """Path to both values of every field that differs; None where there is none."""
    old, new = flat(clean(before)), flat(clean(after))
    found = {path: (old.get(path), new.get(path)) for path in sorted({*old, *new}) if old.get(path) != new.get(path)}
    return {path: pair for path, pair in found.items() if {} not in pair or not _filled(path, old, new)}


def _filled(path: str, old: Flat, new: Flat) -> bool:
    """Whether what is empty on one side holds fields on the other, which then tell all of it."""
    return any(each.startswith((f"{path}.", f"{path}[")) for each in {*old, *new})


def clean(body: dict[str, Any] | None) -> dict[str, Any]:
    """What is left of an object when status, the server's metadata and our label are taken away."""
    if body is None:
        return {}
    metadata = {name: value for name, value in body["metadata"].items() if name not in NOT_COMPARED}
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != PART_OF}
    metadata["labels"] = labels
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {name: value for name, value in annotations.items() if not name.startswith(BOOKKEEPING)}
    return {**{name: value for name, value in body.items() if name != "status"}, "metadata": metadata}


def lone_items(paths: set[str], everything: set[str]) -> set[str]:
    """Those paths that are items of keyed lists with nothing below them."""
    items = {path for path in paths if path.endswith("]") and not path.endswith('"]') and "[=" not in path}
    return {path for path in items if not any(each.startswith(f"{path}.") for each in everything)}


def tops(path: str) -> list[str]:
    """The path and all that lead to it, shortest first."""
    return [path[: found.start()] for found in re.finditer(r"(?<=.)[.\[]", path)] + [path]


def inside(path: str, top: str) -> bool:
    """Whether a path is another one or below it."""
    return path == top or path.startswith((f"{top}.", f"{top}["))


def flat(value: Any, path: str = "", name: str = "", kind: str = "") -> Flat:
    """Every single field below a value by its path, as plans write paths. Orders of keyed lists have a path too."""
    return dict(_flat(value, path, name, kind or (value.get("kind", "") if isinstance(value, dict) else "")))


def _flat(value: Any, path: str, name: str, kind: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if path and not value and name not in ("labels", "annotations"):
            yield path, value
        for key, entry in value.items():
            plain = all(c.isalnum() or c in "-_" for c in key)
            step = (f".{key}" if path else key) if plain else f'["{key}"]'
            yield from _flat(entry, path + step, key, kind)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield from _items(value, path, name, kind)
    elif isinstance(value, list) and name in SETS:
        yield from ((f"{path}[={entry}]", entry) for entry in value)
        yield f"{path}#", [f"[={entry}]" for entry in value]
    else:
        yield path, value


def _items(items: list[dict[str, Any]], path: str, name: str, kind: str) -> Iterator[tuple[str, Any]]:
    keys = dict(KEYS).get(name) or _ports(name, path, kind)
    if not keys or (kind == "ServiceAccount"):
        for position, item in enumerate(items):
            yield from _flat(item, f"{path}[{position}]", "", kind)
        return
    steps = []
    for item in items:
        item = {**item, "protocol": item.get("protocol", "TCP")} if "protocol" in keys else item
        step = "[" + ",".join(f"{key}={item[key]}" for key in keys) + "]"
        steps.append(step)
        rest = {key: value for key, value in item.items() if key not in keys}
        yield from _flat(rest, path + step, "", kind) if rest else [(path + step, {key: item[key] for key in keys})]
    if len(steps) > 1:
        yield f"{path}#", steps


def _ports(name: str, path: str, kind: str) -> tuple[str, ...]:
    if name == "ports" and "containers" in path:
        return ("containerPort", "protocol")
    return ("port", "protocol") if name == "ports" and kind == "Service" else ()
