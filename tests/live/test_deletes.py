"""Deleting on a real API server, as the identities of a grant: what is hit, what never is, and what is answered."""

import json
from typing import Any

import pytest

from bot.cluster.delete import delete
from bot.cluster.dry_run import PlanningCluster
from bot.cluster.write import ApplyingCluster
from bot.objects.identity import Kind, Object, ObjectKey, key_of
from bot.ports.clusters import Accepted, Going, Refusal, Refused, Resource
from tests.live.conftest import Guarded

pytestmark = pytest.mark.live


@pytest.fixture
def applier(guarded: Guarded) -> ApplyingCluster:
    return guarded.clusters.apply(guarded.entry, guarded.grant)


@pytest.fixture
def planner(guarded: Guarded) -> PlanningCluster:
    return guarded.clusters.plan(guarded.entry, guarded.grant)


@pytest.fixture
def resource(applier: ApplyingCluster) -> Resource:
    found = applier.resource(Kind("", "ConfigMap"))
    assert found is not None
    return found


def made(applier: ApplyingCluster, guarded: Guarded, name: str, **metadata: Any) -> tuple[ObjectKey, str]:
    """A new ConfigMap: its key and UID."""
    whole = {"name": name, "namespace": guarded.namespace, **metadata}
    body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": whole}
    answer = applier.apply(body, force=False)
    assert isinstance(answer, Accepted)
    return key_of(body), answer.object["metadata"]["uid"]


def lives(applier: ApplyingCluster, resource: Resource, key: ObjectKey) -> bool:
    return applier.get(resource, key.namespace, key.name) is not None


def test_an_object_is_deleted_once_and_a_repeat_finds_nothing(
    guarded: Guarded, applier: ApplyingCluster, resource: Resource
) -> None:
    key, uid = made(applier, guarded, "leaves")
    assert isinstance(applier.delete(resource, key, uid), Going)
    guarded.access.wait_until("it is gone", lambda: not lives(applier, resource, key))
    assert applier.delete(resource, key, uid) is None


def test_an_object_made_again_under_the_same_name_is_never_hit(
    guarded: Guarded, applier: ApplyingCluster, resource: Resource
) -> None:
    key, uid = made(applier, guarded, "again")
    applier.delete(resource, key, uid)
    guarded.access.wait_until("it is gone", lambda: not lives(applier, resource, key))
    made(applier, guarded, "again")
    answer = applier.delete(resource, key, uid)
    assert isinstance(answer, Refused)
    assert answer.why == Refusal.GONE
    assert lives(applier, resource, key)


def test_a_dry_delete_leaves_everything_where_it_is(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster, resource: Resource
) -> None:
    key, uid = made(applier, guarded, "dry-delete")
    for cluster in (planner, applier):
        assert isinstance(cluster.dry_delete(resource, key, uid), Going)
        assert lives(applier, resource, key)


def test_the_planning_identity_cannot_delete_for_real(
    guarded: Guarded, planner: PlanningCluster, applier: ApplyingCluster, resource: Resource
) -> None:
    key, uid = made(applier, guarded, "kept-from-planners")
    answer = delete(planner.gateway, resource, key, uid, dry=False)
    assert isinstance(answer, Refused)
    assert answer.why == Refusal.POLICY
    assert lives(applier, resource, key)


def test_an_object_with_a_finalizer_is_going_and_still_there(
    guarded: Guarded, applier: ApplyingCluster, resource: Resource
) -> None:
    key, uid = made(applier, guarded, "held", finalizers=["acme.io/cleanup"])
    answer = applier.delete(resource, key, uid)
    assert isinstance(answer, Going)
    assert lives(applier, resource, key)
    patch = json.dumps({"metadata": {"finalizers": None}})
    guarded.access.kubectl("patch", "configmap", key.name, "-n", key.namespace, "--type=merge", "-p", patch)
    guarded.access.wait_until("it is gone", lambda: not lives(applier, resource, key))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b"])
def test_what_has_no_name_is_not_sent(
    guarded: Guarded, applier: ApplyingCluster, resource: Resource, name: str
) -> None:
    key, uid = made(applier, guarded, "bystander")
    answer = applier.delete(resource, ObjectKey("", "ConfigMap", guarded.namespace, name), uid)
    assert isinstance(answer, Refused)
    assert lives(applier, resource, key)


def test_without_a_uid_or_with_another_kind_nothing_is_sent(
    guarded: Guarded, applier: ApplyingCluster, resource: Resource
) -> None:
    key, uid = made(applier, guarded, "no-uid")
    with pytest.raises(ValueError, match="without its UID"):
        applier.delete(resource, key, "")
    assert isinstance(applier.delete(resource, ObjectKey("", "Secret", key.namespace, key.name), uid), Refused)
    assert lives(applier, resource, key)
