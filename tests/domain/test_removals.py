"""G2, key by key: with any one missing an object stays, and says which."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.config import Environment, PruneMode
from bot.domain.inventory import Inventory, InventoryRow, reconciled
from bot.domain.removals import PruneRules, Stays, stays, strictest, why_kept
from bot.objects.canonical import PART_OF
from bot.objects.identity import Kind, Object, ObjectKey
from bot.objects.optout import holds_data, may_be_replaced
from bot.objects.references import users_of

KEY = ObjectKey("", "ConfigMap", "shop", "web")
ROW = InventoryRow(KEY, "v1", "uid-1", "c" * 40, "f")
OURS = {"applyset-ours-v1"}
ENTRY = {"manager": "plumbline", "operation": "Apply", "fieldsV1": {"f:data": {}}}


def live(**metadata: Any) -> Object:
    whole = {
        "name": "web",
        "namespace": "shop",
        "uid": "uid-1",
        "labels": {PART_OF: "applyset-ours-v1"},
        "managedFields": [ENTRY],
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": whole | metadata}


def test_an_object_with_every_key_may_go() -> None:
    assert stays(ROW, live(), OURS) is None


MISSING: dict[str, tuple[InventoryRow | None, Object, Stays]] = {
    "no row": (None, live(), Stays.NOT_OURS),
    "no UID of our own write": (replace(ROW, uid=""), live(), Stays.NOT_OURS),
    "made again": (ROW, live(uid="uid-2"), Stays.RECREATED),
    "no label": (ROW, live(labels={}), Stays.LABEL),
    "another inventory's label": (ROW, live(labels={PART_OF: "applyset-theirs-v1"}), Stays.LABEL),
    "no manager": (ROW, live(managedFields=[]), Stays.FIELD_MANAGER),
    "only another manager": (ROW, live(managedFields=[ENTRY | {"manager": "helm"}]), Stays.FIELD_MANAGER),
    "our name, but no apply": (ROW, live(managedFields=[ENTRY | {"operation": "Update"}]), Stays.FIELD_MANAGER),
    "only the status": (ROW, live(managedFields=[ENTRY | {"subresource": "status"}]), Stays.FIELD_MANAGER),
    "a controller's": (
        ROW,
        live(ownerReferences=[{"kind": "Widget", "name": "w", "controller": True}]),
        Stays.CONTROLLED,
    ),
}


@pytest.mark.parametrize("key", MISSING)
def test_with_one_key_missing_it_stays_and_says_why(key: str) -> None:
    row, body, why = MISSING[key]
    kept = stays(row, body, OURS)
    assert kept is not None
    assert (kept.object, kept.why) == (KEY, why)
    assert why_kept(kept)


ANNOTATIONS = {
    "plumbline.dev/prune": "never",
    "argocd.argoproj.io/sync-options": "ServerSideApply=true, Prune=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
    "helm.sh/resource-policy": "keep",
    "client.lifecycle.config.k8s.io/deletion": "detach",
    "cli-utils.sigs.k8s.io/on-remove": "keep",
    "kapp.k14s.io/delete-strategy": "orphan",
}


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_what_asks_to_be_kept_is_kept(name: str) -> None:
    kept = stays(ROW, live(annotations={name: ANNOTATIONS[name]}), OURS)
    assert kept is not None
    assert kept.why is Stays.OPTED_OUT
    assert name in why_kept(kept)
    assert stays(ROW, live(annotations={name: "something else"}), OURS) is None


def test_argo_cds_option_not_to_delete_counts_as_well() -> None:
    assert stays(ROW, live(annotations={"argocd.argoproj.io/sync-options": "Delete=false"}), OURS)


@pytest.mark.parametrize(
    ("going", "owned", "asked"),
    [(5, 5, False), (6, 6, True), (6, 30, False), (6, 29, True), (20, 100, False), (21, 100, True), (1, 1, False)],
)
def test_more_than_a_fifth_and_five_objects_are_too_many(going: int, owned: int, asked: bool) -> None:
    assert PruneRules().too_many(going, owned) is asked


def test_of_several_rules_the_strictest_holds() -> None:
    always, never = Environment("a", "a", prune=PruneMode.ALWAYS), Environment("a", "a", prune=PruneMode.NEVER)
    assert strictest([always, Environment("a", "a")]).prune is PruneMode.APPROVED
    assert strictest([always, never, replace(always, confirm_over=5)]) == PruneRules(PruneMode.NEVER, 5)


def test_rows_that_only_one_side_remembers_are_marked() -> None:
    other = replace(ROW, object=replace(KEY, name="other"))
    sealed = Inventory("plumbline-x", "applyset-ours-v1", (ROW,))
    assert reconciled([ROW], sealed) == (ROW,)
    assert reconciled([], sealed) == (replace(ROW, recovered=True),)
    assert reconciled([ROW, other], sealed) == (replace(other, recovered=True), ROW)
    assert reconciled([ROW], None) == (replace(ROW, recovered=True),)
    assert reconciled([replace(ROW, uid="uid-9")], sealed)[0].recovered


def test_rows_of_a_wave_that_was_cut_short_are_explained_by_the_journal() -> None:
    sealed = Inventory("plumbline-x", "applyset-ours-v1", (), pending=ROW.commit)
    assert reconciled([ROW], sealed) == (ROW,)
    assert reconciled([ROW], replace(sealed, pending="d" * 40))[0].recovered


def pod(name: str, **more: Any) -> Object:
    spec = {"volumes": [{"name": "a", "configMap": {"name": name}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": spec, **more}


def test_configuration_is_used_by_what_names_it_and_still_runs() -> None:
    assert users_of(KEY, [pod("web")])
    assert not users_of(KEY, [pod("other")])
    assert not users_of(KEY, [pod("web", status={"phase": "Succeeded"})])
    assert not users_of(KEY, [pod("web", metadata={"name": "p", "namespace": "elsewhere"})])
    replica_set = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "r", "namespace": "shop"}}
    template = {"envFrom": [{"configMapRef": {"name": "web"}}]}
    assert users_of(KEY, [{**replica_set, "spec": {"replicas": 1, "template": template}}])
    assert not users_of(KEY, [{**replica_set, "spec": {"replicas": 0, "template": template}}])


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("plumbline.dev/replace", "allowed"),
        ("argocd.argoproj.io/sync-options", "Force=true,Replace=true"),
        ("kustomize.toolkit.fluxcd.io/force", "enabled"),
    ],
)
def test_replacing_is_allowed_by_annotation_only(name: str, word: str) -> None:
    assert may_be_replaced({"metadata": {"annotations": {name: word}}})
    assert not may_be_replaced({"metadata": {"annotations": {name: "no"}}})


def test_a_stateful_set_holds_data_once_it_has_claims() -> None:
    kind = Kind("apps", "StatefulSet")
    assert not holds_data(kind, {"spec": {}})
    assert holds_data(kind, {"spec": {"volumeClaimTemplates": [{}]}})
    assert holds_data(Kind("", "PersistentVolumeClaim"), {})
