"""The identity that plans cannot change anything, whatever RBAC would let it: the API server refuses real writes."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.objects.identity import Object
from bot.ports.clusters import Accepted
from fixtures.cluster.access import KubectlFailed
from fixtures.cluster.planners import assert_planners_wrote_nothing, planners_writes
from tests.live.conftest import Guarded

pytestmark = pytest.mark.live

ADMIN = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: "PLAN"}]
"""
OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: there, namespace: NAMESPACE}
data: {a: b}
---
apiVersion: v1
kind: Pod
metadata: {name: there, namespace: NAMESPACE}
spec: {containers: [{name: a, image: there}]}
"""
SSA = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def almighty(guarded: Guarded) -> Iterator[Guarded]:
    """The planner bound to cluster-admin: from here on only the policy stands between it and everything."""
    name = f"almighty-{guarded.entry.name}"
    guarded.access.apply_admin(ADMIN.replace("NAME", name).replace("PLAN", guarded.grant.plan_as))
    guarded.access.apply_admin(OBJECTS.replace("NAMESPACE", guarded.namespace))
    guarded.access.wait_until(
        "RBAC knows of it", lambda: guarded.raw(guarded.grant.plan_as, "GET", "/api/v1/nodes")[0] == 200
    )
    yield guarded
    guarded.access.kubectl("delete", "clusterrolebinding", name)
    guarded.access.wait_until(
        "RBAC has forgotten it", lambda: guarded.raw(guarded.grant.plan_as, "GET", "/api/v1/nodes")[0] == 403
    )


def body(kind: str, name: str, **fields: object) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "there"}}
TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
CONFIG_MAPS = "/api/v1/namespaces/{ns}/configmaps"
THERE = f"{CONFIG_MAPS}/there"
DEPLOYMENT = "/apis/apps/v1/namespaces/{ns}/deployments/gauge"
POD = "/api/v1/namespaces/{ns}/pods/there"
SERVICE_ACCOUNT = "/api/v1/namespaces/{ns}/serviceaccounts/default"
BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
MANAGED = "fieldManager=plumbline&force=true"

REFUSED: dict[str, tuple[str, str, Object | None, str]] = {
    "create": ("POST", CONFIG_MAPS, body("ConfigMap", "new"), ""),
    "apply a new object": ("PATCH", f"{CONFIG_MAPS}/new?{MANAGED}", body("ConfigMap", "new"), SSA),
    "apply a change": ("PATCH", f"{THERE}?{MANAGED}", body("ConfigMap", "there", data={"a": "c"}), SSA),
    "apply no change": ("PATCH", f"{THERE}?{MANAGED}", body("ConfigMap", "there", data={"a": "b"}), SSA),
    "replace": ("PUT", THERE, body("ConfigMap", "there", data={"a": "c"}), ""),
    "merge": ("PATCH", THERE, {"data": {"a": "c"}}, MERGE),
    "delete": ("DELETE", THERE, None, ""),
    "delete, dry only in a query that a body voids": ("DELETE", f"{THERE}?dryRun=All", {}, ""),
    "delete a collection": ("DELETE", CONFIG_MAPS, None, ""),
    "scale": ("PATCH", f"{DEPLOYMENT}/scale", {"spec": {"replicas": 1}}, MERGE),
    "scale dry": ("PATCH", f"{DEPLOYMENT}/scale?dryRun=All", {"spec": {"replicas": 1}}, MERGE),
    "status": ("PATCH", f"{DEPLOYMENT}/status", {"status": {"replicas": 7}}, MERGE),
    "evict": ("POST", f"{POD}/eviction", EVICTION, ""),
    "evict dry": ("POST", f"{POD}/eviction?dryRun=All", EVICTION, ""),
    "a token": ("POST", f"{SERVICE_ACCOUNT}/token", TOKEN, ""),
    "a token, dry": ("POST", f"{SERVICE_ACCOUNT}/token?dryRun=All", TOKEN, ""),
    "run a command": ("GET", f"{POD}/exec?command=id&stdout=true", None, ""),
    "reach a pod": ("GET", f"{POD}/proxy/", None, ""),
    "make a namespace": ("POST", "/api/v1/namespaces", body("Namespace", "planned"), ""),
    "finish a namespace": ("PUT", "/api/v1/namespaces/{ns}/finalize", body("Namespace", "{ns}", spec={}), ""),
    "bind a role": (
        "POST",
        BINDING,
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "planned"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        },
        "",
    ),
    "add a webhook": (
        "POST",
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "planned"},
        },
        "",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_planner_with_every_right_is_refused(almighty: Guarded, what: str) -> None:
    method, path, sent, content = REFUSED[what]
    path = path.replace("{ns}", almighty.namespace)
    sent = json.loads(json.dumps(sent).replace("{ns}", almighty.namespace))
    more = {"content": content} if content else {}
    code, said = almighty.raw(almighty.grant.plan_as, method, path, sent, **more)
    assert code == 403, said
    assert f"ValidatingAdmissionPolicy 'plumbline.{almighty.entry.name}.plan'" in str(said)


def test_and_nothing_was_changed(almighty: Guarded) -> None:
    there = almighty.access.get("configmap", "there", "-n", almighty.namespace)
    assert there["data"] == {"a": "b"}
    assert almighty.access.get("deployment", "gauge", "-n", almighty.namespace)["spec"]["replicas"] == 0
    with pytest.raises(KubectlFailed, match="not found"):
        almighty.access.get("configmap", "new", "-n", almighty.namespace)


DRY: dict[str, tuple[str, str, Object | None, str]] = {
    "create": ("POST", f"{CONFIG_MAPS}?dryRun=All", body("ConfigMap", "new"), ""),
    "apply": ("PATCH", f"{THERE}?{MANAGED}&dryRun=All", body("ConfigMap", "there", data={"a": "c"}), SSA),
    "delete": ("DELETE", THERE, {"dryRun": ["All"]}, ""),
}


@pytest.mark.parametrize("what", DRY)
def test_dry_runs_are_let_through(almighty: Guarded, what: str) -> None:
    method, path, sent, content = DRY[what]
    more = {"content": content} if content else {}
    code, said = almighty.raw(almighty.grant.plan_as, method, path.replace("{ns}", almighty.namespace), sent, **more)
    assert code in (200, 201), said


@pytest.mark.parametrize("verb", ["escalate", "token", "exec", "eviction", "scale", "deletecollection", "impersonate"])
def test_without_a_helping_hand_rbac_refuses_as_well(guarded: Guarded, verb: str) -> None:
    requests = {
        "escalate": ("create", "roles.rbac.authorization.k8s.io"),
        "token": ("create", "serviceaccounts", "--subresource=token"),
        "exec": ("create", "pods", "--subresource=exec"),
        "eviction": ("create", "pods", "--subresource=eviction"),
        "scale": ("update", "deployments.apps", "--subresource=scale"),
        "deletecollection": ("deletecollection", "configmaps"),
        "impersonate": ("impersonate", "serviceaccounts"),
    }
    for identity in (guarded.patterned.plan_as, guarded.grant.apply_as, guarded.entry.inventory_as):
        said = guarded.access.kubectl(
            "auth", "can-i", *requests[verb], f"--as={identity}", "-n", guarded.namespace, codes=(0, 1)
        )
        assert said.strip() == "no"


def test_the_bots_own_account_can_do_nothing_but_be_these_accounts(guarded: Guarded) -> None:
    for path in ("/api/v1/nodes", f"/api/v1/namespaces/{guarded.namespace}/configmaps", "/api/v1/secrets"):
        assert guarded.raw("", "GET", path)[0] == 403
    assert guarded.raw("", "POST", CONFIG_MAPS.replace("{ns}", guarded.namespace), body("ConfigMap", "x"))[0] == 403
    others = (
        f"system:serviceaccount:{guarded.namespace}:default",
        f"system:serviceaccount:{guarded.accounts}:default",
        "system:serviceaccount:kube-system:namespace-controller",
        "admin",
        guarded.grant.plan_as.upper(),
    )
    for other in others:
        code, said = guarded.raw(other, "GET", "/api/v1/nodes")
        assert code == 403
        assert "cannot impersonate" in str(said)


def test_a_pattern_holds_both_identities_inside(guarded: Guarded) -> None:
    inside = guarded.patterned.namespaces[0].replace("*", "a")
    guarded.access.new_namespace(inside)
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": inside}}
    planner = guarded.clusters.plan(guarded.entry, guarded.patterned)
    applier = guarded.clusters.apply(guarded.entry, guarded.patterned)
    assert isinstance(planner.dry_apply(config_map, force=False), Accepted)
    assert isinstance(applier.apply(config_map, force=False), Accepted)
    for outside in (guarded.namespace, guarded.accounts, "kube-system"):
        elsewhere = {**config_map, "metadata": {"name": "held", "namespace": outside}}
        for answer in (planner.dry_apply(elsewhere, force=False), applier.apply(elsewhere, force=False)):
            assert "outside the namespaces that this identity was granted" in getattr(answer, "message", "")


def test_namespaces_can_be_made_only_where_they_were_granted(guarded: Guarded) -> None:
    suffix = guarded.entry.name.removeprefix("live-")
    for grant, name, granted in (
        (guarded.grant, f"upcoming-{suffix}", True),
        (guarded.grant, f"else-{suffix}", False),
        (guarded.patterned, f"team-{suffix}-new", True),
        (guarded.patterned, f"else-{suffix}", False),
    ):
        answer = guarded.clusters.apply(guarded.entry, grant).dry_apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, force=False
        )
        assert isinstance(answer, Accepted) is granted, answer


def test_the_audit_log_tells_planners_writes_from_their_dry_runs(guarded: Guarded) -> None:
    """What the end of the run asserts can fail: a write by an account of that name is found."""
    name = f"plan-{guarded.entry.name}"
    impostor = f"system:serviceaccount:{guarded.namespace}:{name}"
    before = guarded.access.audit(guarded.grant.plan_as)
    assert any(entry.dry_run and entry.code in (200, 201) for entry in before)
    assert planners_writes(before) == []
    wrote = replace(before[0], impersonated=impostor, verb="create", code=201, dry_run=False, group="", resource="pods")
    assert planners_writes([*before, wrote]) == [wrote]
    token = replace(wrote, dry_run=True, resource="serviceaccounts", subresource="token")
    with pytest.raises(AssertionError, match=name):
        assert_planners_wrote_nothing([token])
