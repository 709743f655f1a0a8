"""The ports PlanCluster and ApplyCluster on a real API server, as the identities of a grant."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cluster.dry_run import PlanningCluster
from bot.cluster.write import ApplyingCluster
from bot.objects.canonical import PART_OF
from bot.objects.identity import Kind, Object
from bot.ports.clusters import Accepted, Answer, ClusterUnreachable, Conflicted, Presence, Refusal, Refused, Resource
from fixtures.cluster.access import Access
from tests.live.conftest import Guarded, guard

pytestmark = pytest.mark.live

CONFIG_MAP = Kind("", "ConfigMap")


@pytest.fixture
def planner(guarded: Guarded) -> PlanningCluster:
    return guarded.clusters.plan(guarded.entry, guarded.grant)


@pytest.fixture
def applier(guarded: Guarded) -> ApplyingCluster:
    return guarded.clusters.apply(guarded.entry, guarded.grant)


def config_map(guarded: Guarded, name: str, **data: str) -> Object:
    metadata = {"name": name, "namespace": guarded.namespace, "labels": {PART_OF: f"set-{name}"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(guarded: Guarded, name: str, **spec: Any) -> Object:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    whole = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template, **spec}
    metadata = {"name": name, "namespace": guarded.namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": whole}


def served(cluster: PlanningCluster, kind: Kind) -> Resource:
    found = cluster.resource(kind)
    assert found is not None
    return found


def refused(answer: Answer) -> str:
    assert isinstance(answer, Refused), answer
    return answer.why


def test_a_dry_create_is_answered_with_the_object_and_leaves_nothing(
    guarded: Guarded, planner: PlanningCluster
) -> None:
    answer = planner.dry_apply(config_map(guarded, "dry", a="b"), force=False)
    assert isinstance(answer, Accepted)
    assert answer.object["data"] == {"a": "b"}
    assert "resourceVersion" not in answer.object["metadata"]
    assert planner.get(served(planner, CONFIG_MAP), guarded.namespace, "dry") is None


def test_every_character_arrives_as_it_was_written(guarded: Guarded, applier: ApplyingCluster) -> None:
    odd = "emoji 😀, next line \x85, delete \x7f, no character \ufffe, separators \u2028\u2029, NUL \x00, tab \t"
    answer = applier.apply(config_map(guarded, "odd", a=odd), force=False)
    assert isinstance(answer, Accepted)
    assert answer.object["data"]["a"] == odd


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=40, max_size=60))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_arrives_as_it_was_written(guarded: Guarded, planner: PlanningCluster, texts: list[str]) -> None:
    data = {f"k{number}": text for number, text in enumerate(texts)}
    answer = planner.dry_apply(config_map(guarded, "any", **data), force=False)
    assert isinstance(answer, Accepted)
    assert answer.object["data"] == data


def test_a_dry_update_is_answered_beside_what_is_live(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster
) -> None:
    assert isinstance(applier.apply(config_map(guarded, "update", a="1"), force=False), Accepted)
    answer = planner.dry_apply(config_map(guarded, "update", a="2"), force=False)
    assert isinstance(answer, Accepted)
    assert answer.object["data"] == {"a": "2"}
    live = planner.get(served(planner, CONFIG_MAP), guarded.namespace, "update")
    assert isinstance(live, dict)
    assert live["data"] == {"a": "1"}
    assert {entry["manager"] for entry in live["metadata"]["managedFields"]} == {"plumbline"}


def test_applying_the_same_again_writes_nothing(guarded: Guarded, applier: ApplyingCluster) -> None:
    first = applier.apply(config_map(guarded, "same", a="1"), force=False)
    second = applier.apply(config_map(guarded, "same", a="1"), force=True)
    assert isinstance(first, Accepted)
    assert first == second


def test_somebody_elses_field_is_a_conflict_that_force_takes(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster
) -> None:
    assert isinstance(applier.apply(deployment(guarded, "fought"), force=False), Accepted)
    guarded.access.kubectl(
        "patch",
        "deployment",
        "fought",
        "-n",
        guarded.namespace,
        "--field-manager=kubectl-edit",
        "-p",
        '{"spec":{"replicas":5}}',
    )
    answer = planner.dry_apply(deployment(guarded, "fought"), force=False)
    assert isinstance(answer, Conflicted)
    assert [(found.manager, found.field) for found in answer.conflicts] == [("kubectl-edit", ".spec.replicas")]
    forced = planner.dry_apply(deployment(guarded, "fought"), force=True)
    assert isinstance(forced, Accepted)
    assert forced.object["spec"]["replicas"] == 2


def test_a_missing_namespace_is_told_from_one_that_is_not_granted(guarded: Guarded, planner: PlanningCluster) -> None:
    def into(namespace: str) -> Answer:
        body = config_map(guarded, "x")
        return planner.dry_apply({**body, "metadata": {"name": "x", "namespace": namespace}}, force=False)

    assert refused(into("kube-system")) == Refusal.FORBIDDEN
    patterned = guarded.clusters.plan(guarded.entry, guarded.patterned)
    missing = guarded.patterned.namespaces[0].replace("*", "missing")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": missing}}
    assert refused(patterned.dry_apply(body, force=False)) == Refusal.NO_NAMESPACE
    assert patterned.namespace(missing) is Presence.ABSENT
    assert planner.namespace(guarded.namespace) is Presence.THERE
    assert planner.namespace("kube-system") is Presence.UNKNOWN


def test_mistakes_are_told_apart(guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster) -> None:
    body = deployment(guarded, "mistaken")
    unknown = planner.dry_apply(deployment(guarded, "mistaken", replica=1), force=False)
    assert isinstance(unknown, Refused)
    assert (unknown.why, unknown.field) == (Refusal.TYPING, ".spec.replica")
    assert refused(planner.dry_apply({**body, "apiVersion": "apps/v9"}, force=False)) == Refusal.NO_KIND
    assert refused(planner.dry_apply({**body, "apiVersion": "nobody.acme.io/v1"}, force=False)) == Refusal.NO_KIND
    assert refused(planner.dry_apply(deployment(guarded, "Mistaken_"), force=False)) == Refusal.INVALID
    assert isinstance(applier.apply(body, force=False), Accepted)
    moved = {**body["spec"], "selector": {"matchLabels": {"app": "other"}}}
    moved["template"] = {**moved["template"], "metadata": {"labels": {"app": "other"}}}
    changed = planner.dry_apply({**body, "spec": moved}, force=True)
    assert isinstance(changed, Refused)
    assert (changed.why, changed.field) == (Refusal.IMMUTABLE, "spec.selector")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../namespaces/default", "a/b", "a%2fb", "a\nb", "\ud800", "a" * 300]
)
def test_a_name_that_would_lead_elsewhere_is_refused_here(
    guarded: Guarded, planner: PlanningCluster, name: str
) -> None:
    body = config_map(guarded, "x")
    body["metadata"]["name"] = name
    assert refused(planner.dry_apply(body, force=False)) == Refusal.INVALID
    found = planner.get(served(planner, CONFIG_MAP), guarded.namespace, name)
    assert isinstance(found, Refused)


def test_too_large_an_object_is_refused_before_etcd_would(guarded: Guarded, planner: PlanningCluster) -> None:
    assert refused(planner.dry_apply(config_map(guarded, "large", a="x" * 1_600_000), force=False)) == Refusal.TOO_LARGE
    assert refused(planner.dry_apply(config_map(guarded, "large", a="x" * 1_100_000), force=False)) == Refusal.TOO_LARGE


def test_an_object_bound_to_a_version_is_refused_once_it_changed(guarded: Guarded, applier: ApplyingCluster) -> None:
    first = applier.apply(config_map(guarded, "bound", a="1"), force=False)
    assert isinstance(first, Accepted)
    assert isinstance(applier.apply(config_map(guarded, "bound", a="2"), force=False), Accepted)
    bound = config_map(guarded, "bound", a="3")
    bound["metadata"]["resourceVersion"] = first.object["metadata"]["resourceVersion"]
    assert refused(applier.apply(bound, force=True)) == Refusal.MODIFIED
    recreated = config_map(guarded, "bound", a="3")
    recreated["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"
    assert refused(applier.apply(recreated, force=True)) == Refusal.GONE


def test_a_kind_is_known_as_soon_as_its_definition_was_applied(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster
) -> None:
    kind = Kind(guarded.group, "Widget")
    widget = {
        "apiVersion": f"{kind.group}/v1",
        "kind": "Widget",
        "metadata": {"name": "one", "namespace": guarded.namespace},
        "spec": {"size": 3},
    }
    assert planner.resource(kind) is None
    assert refused(planner.dry_apply(widget, force=False)) == Refusal.NO_KIND
    assert isinstance(applier.apply(definition(kind), force=False), Accepted)
    guarded.access.wait_until("the kind is served", lambda: planner.resource(kind, "v1") is not None)
    assert isinstance(planner.dry_apply(widget, force=False), Accepted)
    assert isinstance(applier.apply(widget, force=False), Accepted)
    wrong = planner.dry_apply({**widget, "spec": {"size": "three"}}, force=False)
    assert refused(wrong) in (Refusal.INVALID, Refusal.TYPING)
    assert planner.resource(kind, "v2") is None


def definition(kind: Kind) -> Object:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "singular": "widget", "kind": kind.kind, "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{kind.group}"},
        "spec": {"group": kind.group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def test_a_list_holds_what_carries_the_label_with_kind_and_version(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster
) -> None:
    for name in ("listed", "other"):
        assert isinstance(applier.apply(config_map(guarded, name), force=False), Accepted)
    found = planner.list(served(planner, CONFIG_MAP), guarded.namespace, "set-listed")
    assert [(body["apiVersion"], body["kind"], body["metadata"]["name"]) for body in found] == [
        ("v1", "ConfigMap", "listed")
    ]
    assert planner.list(served(planner, CONFIG_MAP), "kube-system", "set-listed") == []


def test_a_workload_brings_the_sets_and_pods_that_it_controls(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster
) -> None:
    resource = served(planner, Kind("apps", "Deployment"))
    assert isinstance(applier.apply(deployment(guarded, "related"), force=False), Accepted)
    stranger = {"name": "stranger", "namespace": guarded.namespace, "labels": {"app": "related"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": stranger,
        "spec": {"containers": [{"name": "a", "image": "a"}]},
    }
    assert isinstance(applier.apply(pod, force=False), Accepted)

    def kinds() -> list[str]:
        live = planner.get(resource, guarded.namespace, "related")
        assert isinstance(live, dict)
        return [body["kind"] for body in planner.related(resource, live)]

    guarded.access.wait_until("two pods", lambda: len(kinds()) == 3)
    assert kinds() == ["ReplicaSet", "Pod", "Pod"]


def test_a_namespace_that_is_leaving_is_no_namespace(cluster: Access) -> None:
    guarded = guard(cluster)  # of its own: others count on this namespace
    applier, leaving = guarded.clusters.apply(guarded.entry, guarded.grant), guarded.grant.namespaces[1]
    kept = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept", "namespace": leaving}}
    kept["metadata"]["finalizers"] = ["acme.io/kept"]  # type: ignore[index]
    assert isinstance(applier.apply(kept, force=False), Accepted)
    guarded.access.kubectl("delete", "namespace", leaving, "--wait=false")
    new = {**kept, "metadata": {"name": "new", "namespace": leaving}}
    guarded.access.wait_until("it is leaving", lambda: not isinstance(applier.dry_apply(new, force=False), Accepted))
    assert refused(applier.apply(new, force=False)) == Refusal.NO_NAMESPACE
    guarded.access.kubectl(
        "patch", "configmap", "kept", "-n", leaving, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'
    )


def test_who_may_not_be_impersonated_is_unreachable_with_the_remedy(guarded: Guarded) -> None:
    stranger = replace(guarded.grant, apply_as=f"system:serviceaccount:{guarded.accounts}:stranger")
    with pytest.raises(ClusterUnreachable, match="apply the output of `plumbline manifests`"):
        guarded.clusters.apply(guarded.entry, stranger).dry_apply(config_map(guarded, "x"), force=False)
