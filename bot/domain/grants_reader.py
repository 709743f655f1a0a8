"""`clusters.yaml` from text, with every mistake at once; and whether a grant covers an object.

The file is the operator's, but it is the fence around everybody else, so it is read as strictly as a stranger's.
"""

from collections.abc import Mapping

from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Clusters, Grant, matches
from bot.domain.grants_check import note_all
from bot.domain.nodes import KIND, NAME, Node, Shape, open_file, settle
from bot.objects.identity import Kind, ObjectKey
from bot.objects.kinds import built_in_kinds, is_namespaced

_ROLES = (Kind("rbac.authorization.k8s.io", "Role"), Kind("rbac.authorization.k8s.io", "RoleBinding"))
DEFAULT_KINDS = tuple(kind for kind in built_in_kinds() if is_namespaced(kind) and kind not in _ROLES)
"""Kinds of a grant that names none: what is built in and lives in namespaces, but for what hands out rights."""

_CLUSTER = (*("kubeconfig", "in_cluster", "context", "inventory_namespace", "inventory_as", "pod_logs", "grants"),)
_REQUIRED = ("inventory_namespace", "inventory_as")
_GRANT = (
    *("repository", "environments", "namespaces", "plan_as", "apply_as"),
    *("kinds", "cluster_scoped", "registries", "chart_hosts", "floor"),
)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_REPOSITORY = Shape(
    r"(?:github|gitlab):[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100})+",
    "write the forge and the path: github:acme/shop",
)
_PATTERN = Shape(rf"{_LABEL}|[a-z0-9][a-z0-9-]{{0,61}}\*", "write a name, or the beginning of names with * behind it")
_ACCOUNT = Shape(
    rf"system:serviceaccount:{_LABEL}:{_LABEL}(?:\.{_LABEL})*", "write system:serviceaccount:NAMESPACE:NAME"
)
_PATH = Shape(r"[^\x00-\x1f\x7f]{1,1000}", "write the path of a file")
_CONTEXT = Shape(r"[^\x00-\x1f\x7f]{1,253}", "write the name of a context of the kubeconfig")
_HOST = Shape(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?", "write a host, with :port if it has one")
_REGISTRY = Shape(_HOST.pattern + r"(?:/[a-z0-9._-]+)*", "write a host, with :port and /path if it has them")


def read_clusters(text: bytes, file: str) -> Clusters:
    """The operator's file. Raises UserMistake; UserMistakes names everything that is wrong."""
    root = open_file(text, file)
    top = root.keys(("clusters",), required=("clusters",))
    named = top["clusters"].named() if "clusters" in top else {}
    clusters = Clusters({name: _cluster(name, node) for name, node in named.items()})
    if not root.mistakes:
        for cluster, message, remedy in note_all(clusters):
            root.mistakes.append(UserMistake(message, remedy, file=file, line=named[cluster].line))
    settle(root)
    return clusters


def refusal(grant: Grant, namespaced: bool, key: ObjectKey) -> str | None:
    """Why a grant does not cover an object, in a sentence; None when it does.

    namespaced: whether its kind lives in namespaces, as the cluster says. A Namespace object is where it is named.
    """
    granted = ", ".join(grant.namespaces)
    if namespaced:
        if not key.namespace:
            return f"{key} names no namespace: write `metadata.namespace`, or `namespace` of the app"
        if not matches(key.namespace, grant.namespaces):
            return f"{key} is outside of the namespaces that are granted here: {granted}"
        return None if key.of in grant.kinds else f"{key.of} is no kind that is granted here"
    if key.of not in grant.cluster_scoped:
        return f"{key.of} lives outside of namespaces, and no such kind is granted here"
    if key.of == Kind("", "Namespace") and not matches(key.name, grant.namespaces):
        return f"{key} is none of the namespaces that are granted here: {granted}"
    return None


def _cluster(name: str, node: Node) -> Cluster:
    node.key(NAME)
    given = node.keys(_CLUSTER, required=_REQUIRED)
    in_cluster = given["in_cluster"].flag() if "in_cluster" in given else False
    if in_cluster == ("kubeconfig" in given):
        node.wrong(f"{node} needs one of `kubeconfig` and `in_cluster: true`", "keep the one that is meant")
    if in_cluster and "context" in given:
        given["context"].wrong(f"{given['context']} is a part of a kubeconfig", "remove it")
    return Cluster(
        name=name,
        kubeconfig=_text(given, "kubeconfig", _PATH),
        context=_text(given, "context", _CONTEXT),
        in_cluster=in_cluster,
        inventory_namespace=_text(given, "inventory_namespace", NAME),
        inventory_as=_text(given, "inventory_as", _ACCOUNT),
        pod_logs=given["pod_logs"].flag() if "pod_logs" in given else False,
        grants=tuple(_grant(item) for item in (given["grants"].items() if "grants" in given else ())),
    )


def _grant(node: Node) -> Grant:
    given = node.keys(_GRANT, required=_GRANT[:5])
    floor = given["floor"].keys(("approvals",)) if "floor" in given else {}
    for field in ("environments", "namespaces"):
        if field in given and not given[field].value:
            given[field].wrong(f"{given[field]} is empty", "a grant of nothing is none: name one or remove the grant")
    return Grant(
        repository=_text(given, "repository", _REPOSITORY),
        environments=_texts(given, "environments", _PATTERN),
        namespaces=_texts(given, "namespaces", _PATTERN),
        plan_as=_text(given, "plan_as", _ACCOUNT),
        apply_as=_text(given, "apply_as", _ACCOUNT),
        registries=_texts(given, "registries", _REGISTRY),
        chart_hosts=_texts(given, "chart_hosts", _HOST),
        kinds=(_kinds(given["kinds"], namespaced=True) if "kinds" in given else ()) or DEFAULT_KINDS,
        cluster_scoped=_kinds(given["cluster_scoped"], namespaced=False) if "cluster_scoped" in given else (),
        floor_approvals=floor["approvals"].whole(0, 100) if "approvals" in floor else 0,
    )


def _text(given: Mapping[str, Node], key: str, shape: Shape) -> str:
    return given[key].text(shape) if key in given else ""


def _texts(given: Mapping[str, Node], key: str, shape: Shape) -> tuple[str, ...]:
    return given[key].texts(shape) if key in given else ()


def _kinds(node: Node, *, namespaced: bool) -> tuple[Kind, ...]:
    """Kinds as written. A bare name of a built-in kind means that one, in whatever group it is."""
    found = []
    for item in node.items():
        kind = Kind.parse(item.text(KIND))
        built_in = [known for known in built_in_kinds() if known.kind == kind.kind]
        if not kind.group and built_in:
            kind = min(built_in)  # the core group before others: an Event is the core one
        elif not kind.group:
            item.wrong(f"{item} is no built-in kind", "write Kind.group")
        if is_namespaced(kind) is (not namespaced):
            other = "cluster_scoped" if namespaced else "kinds"
            item.wrong(f"{kind} lives {'outside of' if namespaced else 'in'} namespaces", f"write it under `{other}`")
        found.append(kind)
    return tuple(found)
