"""Whether a cluster is as `plumbline manifests` asks for it: reached, guarded, and every identity with its rights.

Asked through the reviews that any account may ask about itself (SelfSubjectReview, KEP-3325; SelfSubjectRulesReview),
which store nothing, since the bot's own account may read neither roles nor policies. That the policies stand is shown
by the proof itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.cluster.accounts import granted_account
from bot.cluster.dry_run import PlanningCluster
from bot.cluster.gateway import Gateway, Request
from bot.cluster.guard import objects
from bot.cluster.open import KubernetesClusters
from bot.cluster.policies import is_pattern
from bot.domain.checkups import Checkup, bad, doubtful, good
from bot.domain.errors import UserMistake
from bot.domain.grants import Cluster, Grant
from bot.objects.identity import Object
from bot.ports.clusters import ClusterUnreachable, Presence, Refusal, Refused

_APPLY = "apply the output of `plumbline manifests` there as an administrator"
_BODY = "application/yaml"
"""The package would encode a body of JSON once more; every JSON text is YAML."""
_OLDEST = (1, 30)
"""The first version with ValidatingAdmissionPolicy switched on (KEP-3488), which the proof needs."""

Rules = Sequence[Mapping[str, Any]]


def examine(cluster: Cluster, clusters: KubernetesClusters) -> Iterator[Checkup]:
    """Everything about one cluster, nothing after what nothing works without. Changes nothing there."""
    about = f"cluster {cluster.name}"
    try:
        own = clusters.identity(cluster, "").gateway
        yield _version(about, own)
        user = _user(own)
        yield good(about, f"is reached as {user}")
        yield from _rights(cluster, clusters, user)
        yield _inventory(cluster, clusters)
    except ClusterUnreachable as away:
        yield bad(about, str(away), "check its kubeconfig, its address and the network between")
        return
    except UserMistake as mistake:
        yield bad(about, mistake.message, mistake.remedy)
        return
    if not cluster.grants:
        yield doubtful(
            about, "is granted to no repository", "add a grant to the clusters file, or take the cluster out"
        )
    for grant in cluster.grants:
        yield from _granted(cluster, grant, clusters)


def _version(about: str, own: Gateway) -> Checkup:
    answer = own.get("/version")
    try:
        said = answer.json()
        name = str(said["gitVersion"])[:40]
        number = (int(said["major"]), int(str(said["minor"]).rstrip("+")))
    except (ValueError, KeyError):
        return doubtful(about, f"does not say its version (HTTP {answer.status})", "see what answers at its address")
    if number < _OLDEST:
        return bad(about, f"is Kubernetes {name}, which has no admission policies", "use Kubernetes 1.30 or newer")
    return good(about, f"is Kubernetes {name}")


def _user(own: Gateway) -> str:
    """Whom the cluster knows the bot as."""
    status = _review(own, "authentication.k8s.io/v1", "SelfSubjectReview", {})
    return str((status.get("userInfo") or {}).get("username") or "nobody that it names")


def _rights(cluster: Cluster, clusters: KubernetesClusters, user: str) -> Iterator[Checkup]:
    """Every role of the manifests, held against what its identity may really do."""
    expected = objects(cluster, user)
    roles = {_place(body): body["rules"] for body in expected if body["kind"] in ("Role", "ClusterRole")}
    asked: dict[tuple[str, str], tuple[Rules, bool]] = {}
    missing: dict[str, set[str]] = {}
    for binding in (body for body in expected if body["kind"] in ("RoleBinding", "ClusterRoleBinding")):
        namespace, name = _place(binding)
        who = _subject(binding, user)
        where = namespace or "default"
        if (who, where) not in asked:
            asked[who, where] = _rules(clusters.identity(cluster, "" if who == user else who).gateway, where)
        given, complete = asked[who, where]
        lacking = [right for rule in roles[namespace, name] for right in _lacking(rule, given)] if complete else []
        missing.setdefault(who, set()).update(f"{right} in {namespace}" if namespace else right for right in lacking)
    about = f"cluster {cluster.name}"
    for who, lacks in sorted(missing.items()):
        if lacks:
            shown = ", ".join(sorted(lacks)[:5]) + (f" and {len(lacks) - 5} more" if len(lacks) > 5 else "")
            yield bad(about, f"{who} may not {shown}", _APPLY)
        else:
            yield good(about, f"{who} has its rights")


def _rules(gateway: Gateway, namespace: str) -> tuple[Rules, bool]:
    """What an identity may do in a namespace, and whether the server knows all of it."""
    status = _review(gateway, "authorization.k8s.io/v1", "SelfSubjectRulesReview", {"namespace": namespace})
    return status.get("resourceRules") or [], not status.get("incomplete")


def _lacking(wanted: Object, given: Rules) -> Iterator[str]:
    """Verbs on resources that no given rule covers, as `patch configmaps`."""
    for resource in wanted["resources"]:
        for verb in wanted["verbs"]:
            for name in wanted.get("resourceNames") or [""]:
                if not any(_covers(rule, (wanted["apiGroups"][0], resource, verb, name)) for rule in given):
                    yield f"{verb} {resource}{f' {name}' if name else ''}"


def _covers(rule: Mapping[str, Any], asked: tuple[str, str, str, str]) -> bool:
    group, resource, verb, name = asked
    pairs = (("apiGroups", group), ("resources", resource), ("verbs", verb))
    names = rule.get("resourceNames") or []
    return all({"*", value} & set(rule.get(key) or ()) for key, value in pairs) and (not names or name in names)


def _inventory(cluster: Cluster, clusters: KubernetesClusters) -> Checkup:
    """Whether inventories can be written, by a dry-run."""
    about, namespace = f"cluster {cluster.name}", cluster.inventory_namespace
    identity = granted_account(cluster.inventory_as, "inventory_as").user
    writer = clusters.identity(cluster, identity)
    metadata = {"name": "plumbline-doctor", "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    answer = PlanningCluster(writer.gateway, writer.discovery).dry_apply(body, force=True)
    if isinstance(answer, Refused) and answer.why == Refusal.NO_NAMESPACE:
        return bad(about, f"has no inventory namespace {namespace}", _APPLY)
    if isinstance(answer, Refused):
        return bad(about, f"does not let inventories be written in {namespace} ({answer.why})", _APPLY)
    return good(about, f"keeps inventories in {namespace}")


def _granted(cluster: Cluster, grant: Grant, clusters: KubernetesClusters) -> Iterator[Checkup]:
    """The proof, and the namespaces that were granted by name."""
    about = f"cluster {cluster.name}, {grant.repository}"
    try:
        planner = clusters.plan(cluster, grant)
        yield good(about, f"{grant.plan_as} is proven unable to write")
        named = [name for name in grant.namespaces if not is_pattern(name)]
        absent = [name for name in named if planner.namespace(name) is Presence.ABSENT]
    except ClusterUnreachable as failed:
        yield bad(about, str(failed), _APPLY)
        return
    if absent:
        yield doubtful(
            about, f"namespaces that are not there yet: {', '.join(absent)}", "make them, or wait for Git to"
        )


def _review(gateway: Gateway, api: str, kind: str, spec: Object) -> Object:
    """Ask the server about the identity itself; the status of its answer. Nothing is stored."""
    body = {"apiVersion": api, "kind": kind, **({"spec": spec} if spec else {})}
    headers = {"Accept": "application/json", "Content-Type": _BODY}
    answer = gateway.send(Request("POST", f"/apis/{api}/{kind.lower()}s", headers, json.dumps(body).encode()))
    name = gateway.connection.name
    try:
        status = answer.json().get("status") if answer.ok else None
    except ValueError:
        status = None
    if not isinstance(status, dict):
        raise ClusterUnreachable(f"cluster {name} does not answer a {kind} (HTTP {answer.status})")
    return status


def _place(body: Object) -> tuple[str, str]:
    metadata = body["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def _subject(binding: Object, user: str) -> str:
    subject = binding["subjects"][0]
    if subject["kind"] == "ServiceAccount":
        return f"system:serviceaccount:{subject['namespace']}:{subject['name']}"
    return user
