"""Inventories on a real API server: round trips, races, and edits by hand."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.cluster.inventory import ConfigMapInventories
from bot.cluster.open import KubernetesClusters
from bot.domain.errors import UserMistake
from bot.domain.inventory import Inventory, InventoryRow
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey
from bot.ports.clusters import ClusterUnreachable
from tests.live.conftest import KEY, Guarded

pytestmark = pytest.mark.live

WEB = ObjectKey("apps", "Deployment", "shop", "web")
ROW = InventoryRow(WEB, "apps/v1", "uid-1", "c" * 40, "f" * 64)


@pytest.fixture
def inventories(guarded: Guarded) -> ConfigMapInventories:
    return guarded.clusters.inventories(guarded.entry)


def config_map(guarded: Guarded, inventory: Inventory) -> dict[str, object]:
    return guarded.access.get("configmap", inventory.name, "-n", guarded.entry.inventory_namespace)


def patch(guarded: Guarded, inventory: Inventory, change: object) -> None:
    where = ("configmap", inventory.name, "-n", guarded.entry.inventory_namespace)
    guarded.access.kubectl("patch", *where, "--type=merge", "-p", json.dumps(change))


def test_what_was_settled_is_read_again(guarded: Guarded, inventories: ConfigMapInventories) -> None:
    target = Target("prod", "round")
    empty = inventories.name_of("github:1", target)
    assert inventories.read("github:1", target) is None
    inventories.widen(empty, [WEB], "deployment 7, wave 1")
    assert inventories.read("github:1", target) == replace(empty, pending="deployment 7, wave 1")
    full = replace(empty, rows=(ROW, replace(ROW, object=replace(WEB, name="old"), left=True, recovered=True)))
    inventories.settle(full)
    found = inventories.read("github:1", target)
    assert found is not None
    assert set(found.rows) == set(full.rows)
    assert found.applyset == empty.applyset


def test_hints_cover_what_a_wave_will_touch_and_shrink_after_it(
    guarded: Guarded, inventories: ConfigMapInventories
) -> None:
    empty = inventories.name_of("github:1", Target("prod", "hints"))

    def hint() -> object:
        metadata = config_map(guarded, empty)["metadata"]
        assert isinstance(metadata, dict)
        return metadata["annotations"]["applyset.kubernetes.io/contains-group-kinds"]

    inventories.widen(replace(empty, rows=(ROW,)), [ObjectKey("", "Secret", "shop", "x")], "wave 1")
    assert hint() == "Deployment.apps,Secret"
    inventories.settle(replace(empty, rows=(ROW,)))
    assert hint() == "Deployment.apps"


def test_writing_the_same_again_changes_nothing(guarded: Guarded, inventories: ConfigMapInventories) -> None:
    full = replace(inventories.name_of("github:1", Target("prod", "twice")), rows=(ROW,))
    inventories.settle(full)
    before = config_map(guarded, full)
    inventories.settle(full)
    assert config_map(guarded, full) == before


def test_it_is_written_by_the_inventorys_own_identity(guarded: Guarded, inventories: ConfigMapInventories) -> None:
    full = replace(inventories.name_of("github:1", Target("prod", "who")), rows=(ROW,))
    inventories.settle(full)
    wrote = {entry.acted_as for entry in guarded.access.audit() if entry.name == full.name and entry.wrote}
    assert wrote == {guarded.entry.inventory_as}


EDITS = {
    "a row goes": {"data": {"rows": ""}},
    "the journal goes": {"data": {"pending": None}},
    "everything goes": {"data": None},
    "the label of another set": {"metadata": {"labels": {"applyset.kubernetes.io/id": "applyset-x-v1"}}},
    "another tool's mark": {"metadata": {"annotations": {"applyset.kubernetes.io/tooling": "kubectl/v1.37.0"}}},
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_by_hand_is_neither_believed_nor_written_over(
    guarded: Guarded, inventories: ConfigMapInventories, edit: str
) -> None:
    target = Target("prod", edit.replace(" ", "-").replace("'", ""))
    full = replace(inventories.name_of("github:1", target), rows=(ROW,))
    inventories.widen(full, [WEB], "wave 1")
    patch(guarded, full, EDITS[edit])
    before = config_map(guarded, full)
    attempts: list[Callable[[], object]] = [
        lambda: inventories.read("github:1", target),
        lambda: inventories.widen(full, [], "wave 2"),
        lambda: inventories.settle(full),
    ]
    for attempt in attempts:
        with pytest.raises(UserMistake, match="cannot be believed") as raised:
            attempt()
        assert full.name in str(raised.value)
    assert config_map(guarded, full) == before


def test_another_installation_does_not_believe_ours(guarded: Guarded, inventories: ConfigMapInventories) -> None:
    target = Target("prod", "theirs")
    inventories.settle(replace(inventories.name_of("github:1", target), rows=(ROW,)))
    theirs = KubernetesClusters(KEY + b"!").inventories(guarded.entry)
    with pytest.raises(UserMistake, match="another FINGERPRINT_KEY"):
        theirs.read("github:1", target)


def test_a_missing_inventory_namespace_says_what_to_apply(guarded: Guarded) -> None:
    elsewhere = replace(guarded.entry, inventory_namespace="nowhere")
    inventories = guarded.clusters.inventories(elsewhere)
    with pytest.raises(ClusterUnreachable, match="apply the output of `plumbline manifests`"):
        inventories.settle(inventories.name_of("github:1", Target("prod", "web")))


def test_two_writers_at_once_leave_one_of_their_inventories(
    guarded: Guarded, inventories: ConfigMapInventories
) -> None:
    target = Target("prod", "race")
    full = replace(inventories.name_of("github:1", target), rows=(ROW,))
    inventories.settle(full)
    versions = [replace(full, rows=(replace(ROW, uid=f"uid-{n}"),)) for n in range(4)]

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(inventories.settle, version) for version in versions]
    assert {type(future.exception()) for future in futures} <= {type(None), ClusterUnreachable}
    found = inventories.read("github:1", target)
    assert found in versions
