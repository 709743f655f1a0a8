"""What an object has to come after: what it names in `depends-on`, and what it cannot be written or healthy without.

That is its namespace, the definition of its kind, the role that it binds, and the workload that it scales, each only
where it is in the same target.
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.objects.identity import Kind, Object, ObjectKey, group_of
from bot.objects.paths import value_at

DEPENDS_ON: Final = "plumbline.dev/depends-on"
ANNOTATIONS: Final = (DEPENDS_ON, "config.kubernetes.io/depends-on")
_NAMESPACES = "namespaces"
_DEFINITION = Kind("apiextensions.k8s.io", "CustomResourceDefinition")
_RBAC = "rbac.authorization.k8s.io"


def named(body: Object) -> list[tuple[str, str, ObjectKey | None]]:
    """What an object names, ours and as cli-utils has it: annotation, text, and the key, None for another form.

    The form is `group/namespaces/ns/kind/name` or `group/kind/name`, comma-separated; core kinds have an empty group.
    """
    annotations = body["metadata"].get("annotations")
    if not annotations:
        return []
    parts = [(name, part.strip()) for name in ANNOTATIONS for part in str(annotations.get(name) or "").split(",")]
    return [(name, part, _reference(part)) for name, part in parts if part]


def graph(by_key: Mapping[ObjectKey, Object]) -> dict[ObjectKey, set[ObjectKey]]:
    """What each of these objects has to come after, out of them."""
    definitions = {_defined(body): key for key, body in by_key.items() if key.of == _DEFINITION}
    found = {}
    for key, body in by_key.items():
        wanted = {each for _, _, each in named(body)}
        wanted |= {_inside(key), definitions.get((key.group, key.kind)), _bound(key, body), _scaled(key, body)}
        found[key] = {each for each in wanted if each is not None and each in by_key}
    return found


def _inside(key: ObjectKey) -> ObjectKey | None:
    return ObjectKey("", "Namespace", "", key.namespace) if key.namespace else None


def _reference(text: str) -> ObjectKey | None:
    match [part.strip() for part in text.split("/")]:
        case [group, word, namespace, kind, name] if word == _NAMESPACES and namespace and kind and name:
            return ObjectKey(group, kind, namespace, name)
        case [group, kind, name] if kind and name:
            return ObjectKey(group, kind, "", name)
    return None


def _defined(body: Object) -> tuple[str, str]:
    return str(value_at(body, ("spec", "group"))), str(value_at(body, ("spec", "names", "kind")))


def _bound(key: ObjectKey, body: Object) -> ObjectKey | None:
    """The role of a binding, which the API server looks up when the binding is written."""
    if key.group != _RBAC:
        return None
    kind, name = value_at(body, ("roleRef", "kind")), value_at(body, ("roleRef", "name"))
    if not (isinstance(kind, str) and isinstance(name, str)):
        return None
    return ObjectKey(_RBAC, kind, "" if kind == "ClusterRole" else key.namespace, name)


def _scaled(key: ObjectKey, body: Object) -> ObjectKey | None:
    """The workload of an autoscaler, which is not healthy without it."""
    reference: Any = value_at(body, ("spec", "scaleTargetRef"))
    if not isinstance(reference, dict):
        return None
    version, kind, name = (reference.get(each) for each in ("apiVersion", "kind", "name"))
    if not isinstance(name, str):
        return None
    group = group_of(version) if isinstance(version, str) else "apps"
    return ObjectKey(group, kind if isinstance(kind, str) else "Deployment", key.namespace, name)
