"""A cluster that was guarded as an operator would: with what `plumbline manifests` prints, and nothing else."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from bot.cluster.connection import connect
from bot.cluster.guard import manifests
from bot.cluster.open import KubernetesClusters
from bot.domain.grants import Cluster, Clusters, Grant
from bot.domain.grants_reader import DEFAULT_KINDS
from bot.objects.identity import Kind, Object
from fixtures.cluster.access import Access

KEY = b"sixteen bytes or more"


@dataclass(frozen=True)
class Guarded:
    """Two grants in one cluster: `grant` by literal namespace, `patterned` by pattern. `clusters` is the bot's."""

    access: Access
    entry: Cluster
    grant: Grant
    patterned: Grant
    clusters: KubernetesClusters
    namespace: str
    group: str

    @property
    def accounts(self) -> str:
        """The namespace of the accounts."""
        return self.grant.plan_as.split(":")[2]

    def raw(self, identity: str, method: str, path: str, body: Object | None = None, **more: str) -> tuple[int, Any]:
        """Any request with the bot's own credentials, as another identity if named: status and answer.

        `more` may hold a content type as `content`.
        """
        client = connect(self.entry).client()
        headers = {"Accept": "application/json", "Content-Type": more.get("content", "application/json")}
        if identity:
            headers["Impersonate-User"] = identity
        client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        text = None if body is None else json.dumps(body).encode()
        answer = client.rest_client.pool_manager.request(  # the front door of the package writes no bodies for DELETE
            method, client.configuration.host + path, headers=headers, body=text
        )
        said = answer.data
        try:
            return answer.status, json.loads(said)
        except ValueError:
            return answer.status, said.decode()


@pytest.fixture(scope="session")
def guarded(cluster: Access) -> Guarded:
    """One guarded cluster for the folder."""
    return guard(cluster)


def guard(cluster: Access) -> Guarded:
    """Guard a cluster. Names are its own, so others may use the same API server."""
    suffix = uuid.uuid4().hex[:6]
    namespace = cluster.new_namespace(f"shop-{suffix}")
    ours = f"system:serviceaccount:bots-{suffix}"
    group = f"{suffix}.acme.io"
    definition = Kind("apiextensions.k8s.io", "CustomResourceDefinition")
    grant = Grant(
        "github:acme/shop",
        ("prod",),
        (namespace, f"upcoming-{suffix}"),
        f"{ours}:plan-shop",
        f"{ours}:apply-shop",
        (*DEFAULT_KINDS, Kind(group, "Widget")),
        (Kind("", "Namespace"), definition),
    )
    patterned = Grant(
        "github:acme/teams",
        ("prod",),
        (f"team-{suffix}-*",),
        f"{ours}:plan-teams",
        f"{ours}:apply-teams",
        (Kind("", "ConfigMap"), Kind("apps", "Deployment")),
        (Kind("", "Namespace"),),
    )
    kubeconfig = str(cluster.bot_kubeconfig)
    entry = Cluster(
        f"live-{suffix}", kubeconfig, "", False, f"bots-{suffix}", f"{ours}:inventory", False, (grant, patterned)
    )
    cluster.new_namespace(f"upcoming-{suffix}")  # Roles need it
    cluster.apply_admin(manifests(Clusters({entry.name: entry}), cluster.bot_user))
    found = Guarded(cluster, entry, grant, patterned, KubernetesClusters(KEY), namespace, group)
    _wait_for_policies(found)
    return found


_GAUGE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: gauge, namespace: NAMESPACE}
spec:
  replicas: 0
  selector: {matchLabels: {app: gauge}}
  template: {metadata: {labels: {app: gauge}}, spec: {containers: [{name: a, image: gauge}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: gauge, namespace: NAMESPACE}
rules: [{apiGroups: [apps], resources: [deployments/scale], verbs: [patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gauge, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gauge}
subjects: [{kind: User, name: "PLAN"}, {kind: User, name: "TEAMS"}]
"""


def _wait_for_policies(guarded: Guarded) -> None:
    """A policy takes a moment to work after it was applied. Dry-run scaling shows when, without writing."""
    plan, teams = guarded.grant.plan_as, guarded.patterned.plan_as
    gauge = _GAUGE.replace("NAMESPACE", guarded.namespace).replace("PLAN", plan).replace("TEAMS", teams)
    guarded.access.apply_admin(gauge)
    path = f"/apis/apps/v1/namespaces/{guarded.namespace}/deployments/gauge/scale?dryRun=All"

    def refused(identity: str) -> bool:
        patch = {"spec": {"replicas": 1}}
        _, said = guarded.raw(identity, "PATCH", path, patch, content="application/merge-patch+json")
        return "denied request" in str(said)

    guarded.access.wait_until("the policy about who plans", lambda: refused(plan) and refused(teams))
    apply = guarded.patterned.apply_as
    guarded.access.apply_admin(gauge.replace(teams, apply))
    guarded.access.wait_until("the policy about patterns", lambda: refused(apply))
