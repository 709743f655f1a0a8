"""The proof that a planner cannot write: it stands, it falls when the policy goes, and then nothing is dry-run."""

import re
import uuid
from dataclasses import replace

import pytest
import yaml

from bot.cluster.guard import objects
from bot.cluster.open import KubernetesClusters
from bot.cluster.probe import Proofs
from bot.domain.grants import Cluster, Grant
from bot.domain.grants_reader import DEFAULT_KINDS
from bot.ports.clusters import ClusterUnreachable
from fixtures.cluster.access import KubectlFailed
from tests.live.conftest import KEY, Guarded

pytestmark = pytest.mark.live


class Hours:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds


def probes(guarded: Guarded, user: str) -> int:
    return len([entry for entry in guarded.access.audit(user) if entry.name == "plumbline-probe" and not entry.dry_run])


def test_the_proof_is_given_at_the_first_use_and_then_hourly(guarded: Guarded) -> None:
    clock, user = Hours(), guarded.grant.plan_as
    clusters = KubernetesClusters(KEY, proofs=Proofs(clock.now))
    before = probes(guarded, user)
    clusters.plan(guarded.entry, guarded.grant)
    once = probes(guarded, user) - before
    assert once >= 1
    clock.seconds = 3599.0
    clusters.plan(guarded.entry, guarded.grant)
    assert probes(guarded, user) - before == once
    clock.seconds = 3600.0
    clusters.plan(guarded.entry, guarded.grant)
    assert probes(guarded, user) - before == 2 * once
    entries = [entry for entry in guarded.access.audit(user) if entry.name == "plumbline-probe"]
    assert not any(entry.wrote for entry in entries)


def _entry(guarded: Guarded, *, without: str) -> tuple[Cluster, Grant]:
    """Another entry for the same API server with everything but some kinds applied.

    Its planner is called so that the run's check of planners leaves it out: here it is able to write.
    """
    suffix = uuid.uuid4().hex[:6]
    namespace = guarded.access.new_namespace(f"open-{suffix}")
    ours = f"system:serviceaccount:open-bots-{suffix}"
    grant = Grant("github:acme/open", ("prod",), (namespace,), f"{ours}:unguarded", f"{ours}:apply-open", DEFAULT_KINDS)
    entry = replace(
        guarded.entry,
        name=f"open-{suffix}",
        inventory_namespace=f"open-bots-{suffix}",
        inventory_as=f"{ours}:inventory",
        grants=(grant,),
    )
    applied = [body for body in objects(entry, guarded.access.bot_user) if without not in body["kind"]]
    guarded.access.apply_admin(yaml.safe_dump_all(applied))
    return entry, grant


def test_without_the_policy_nothing_is_dry_run_and_the_evidence_stays(guarded: Guarded) -> None:
    entry, grant = _entry(guarded, without="Policy")
    clock = Hours()
    clusters = KubernetesClusters(KEY, proofs=Proofs(clock.now))
    said = f"cluster {entry.name} let {grant.plan_as} really write"
    with pytest.raises(ClusterUnreachable, match=said):
        clusters.plan(entry, grant)
    assert guarded.access.get("configmap", "plumbline-probe", "-n", entry.inventory_namespace)["data"]
    with pytest.raises(KubectlFailed, match="not found"):
        guarded.access.get("configmap", "plumbline-probe", "-n", grant.namespaces[0])
    with pytest.raises(ClusterUnreachable, match=said):
        clusters.plan(entry, grant)


def test_once_the_policy_is_applied_the_proof_stands_within_a_minute(guarded: Guarded) -> None:
    entry, grant = _entry(guarded, without="Policy")
    clock = Hours()
    clusters = KubernetesClusters(KEY, proofs=Proofs(clock.now))
    with pytest.raises(ClusterUnreachable):
        clusters.plan(entry, grant)
    guarded.access.apply_admin(yaml.safe_dump_all(objects(entry, guarded.access.bot_user)))

    def stands() -> bool:
        clock.seconds += 60.0
        try:
            clusters.plan(entry, grant)
        except ClusterUnreachable:
            return False
        return True

    guarded.access.wait_until("the proof stands", stands)


def test_a_policy_that_is_bound_elsewhere_only_is_found_out(guarded: Guarded) -> None:
    """A binding narrowed to the accounts' own namespace would pass a probe that is only tried there."""
    entry, grant = _entry(guarded, without="Binding")
    applied = objects(entry, guarded.access.bot_user)
    for body in applied:
        if body["kind"] == "ValidatingAdmissionPolicyBinding":
            names = {"kubernetes.io/metadata.name": entry.inventory_namespace}
            body["spec"]["matchResources"] = {"namespaceSelector": {"matchLabels": names}}
    guarded.access.apply_admin(yaml.safe_dump_all(applied))
    clock = Hours()
    clusters = KubernetesClusters(KEY, proofs=Proofs(clock.now))

    def found_out() -> bool:
        clock.seconds += 60.0
        with pytest.raises(ClusterUnreachable) as raised:
            clusters.plan(entry, grant)
        return f"really write the ConfigMap {grant.namespaces[0]}/plumbline-probe" in str(raised.value)

    guarded.access.wait_until("the open namespace is named", found_out)


def test_without_rights_for_the_probe_there_is_no_proof(guarded: Guarded) -> None:
    entry, grant = _entry(guarded, without="no such kind")
    guarded.access.kubectl("delete", "rolebinding", "--all", "-n", entry.inventory_namespace)
    impersonation = [
        body for body in objects(entry, guarded.access.bot_user) if body["metadata"]["name"].endswith(".impersonate")
    ]
    guarded.access.apply_admin(yaml.safe_dump_all(impersonation))

    def said() -> str:
        try:
            KubernetesClusters(KEY).plan(entry, grant)
        except ClusterUnreachable as refused:
            return str(refused)
        return ""

    proof = re.compile(r"gives no proof that .* cannot write \(forbidden\)")
    guarded.access.wait_until("RBAC has forgotten them, and there is no proof", lambda: bool(proof.search(said())))
