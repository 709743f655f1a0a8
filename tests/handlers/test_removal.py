"""Objects that leave Git: shown, merged, deleted once all is healthy; what is never deleted, each with its reason."""

import re

import pytest

from fixtures.cluster.audit import AuditEntry
from tests.handlers.shop import STAGING, Shop, config, settings, wait_until

SETTINGS, EXTRA = "apps/web/staging/settings.yaml", "apps/web/staging/extra.yaml"


def deletes(shop: Shop) -> list[tuple[str, str]]:
    """Every DELETE that was really carried out for this repository, whoever of ours sent it: resource, name."""
    return [(each.resource, each.name) for each in _deletes(shop, "apply") + _deletes(shop, "plan") if each.wrote]


def _deletes(shop: Shop, identity: str) -> list[AuditEntry]:
    return [each for each in shop.audit(identity) if each.verb == "delete"]


def removed(shop: Shop, files: dict[str, str | bytes | None]) -> tuple[int, str]:
    """Merge a pull with these files once its plan stands; its number and commit."""
    number = shop.pull(files)
    shop.wait_plan(number)
    return number, shop.merge(number)


@pytest.mark.together
def test_what_a_pull_takes_out_is_shown_and_deleted_after_the_merge(shop: Shop) -> None:
    shop.wait_deployed(shop.begin(shop.app() | {EXTRA: settings(shop.staging, "extra")}))
    number = shop.pull({EXTRA: None})
    shop.wait_plan(number, "1 delete")
    assert "deletes `ConfigMap" in shop.comment(number, "plan")
    assert "to be confirmed" not in shop.comment(number, "plan")
    assert deletes(shop) == []
    merged = shop.merge(number)
    shop.wait_deployed(merged)
    assert shop.live("configmap", "extra-settings") == {}
    assert shop.live("configmap", "web-settings")
    assert deletes(shop) == [("configmaps", "extra-settings")]
    assert "ConfigMap/extra-settings" not in shop.inventory()
    assert {row["name"] for row in shop.inventory_map()[1]} == {"web", "web-settings"}
    wait_until("the comment says so", lambda: "Deleted: 1 object" in shop.comment(number, "deployment"))


@pytest.mark.together
def test_a_retired_app_goes_once_a_deployer_has_confirmed_it_by_number_and_name(shop: Shop) -> None:
    both = shop.app() | {
        ".plumbline.yaml": config(apps=("web", "old")),
        "apps/old/staging/settings.yaml": settings(shop.staging, "old"),
    }
    shop.wait_deployed(shop.begin(both))
    number = shop.pull({".plumbline.yaml": config() + "retired: [old]\n", "apps/old/staging/settings.yaml": None})
    shop.wait_plan(number, "1 delete")
    word = re.search(r"--confirm (1@[0-9a-f]{8})", shop.comment(number, "plan"))
    assert word, shop.comment(number, "plan")
    shop.merge(number)
    wait_until("it is asked", lambda: f"--confirm {word[1]}" in shop.comment(number, "deployment"))
    assert shop.live("configmap", "old-settings")
    shop.write(number, f"/plumb deploy staging/old --confirm {word[1]}")
    wait_until("it is gone", lambda: not shop.live("configmap", "old-settings"))
    wait_until("it is healthy", lambda: shop.state("staging/old") == "healthy")
    assert deletes(shop) == [("configmaps", "old-settings")]
    assert shop.inventory("staging/old") == {}
    assert shop.live("configmap", "web-settings")


@pytest.mark.together
def test_what_says_that_it_may_be_replaced_is_replaced_by_merging_the_plan_that_showed_it(shop: Shop) -> None:
    fixed = settings(shop.staging, "fixed").replace("}\n", ", annotations: {plumbline.dev/replace: allowed}}\n", 1)
    fixed += "immutable: true\n"
    shop.wait_deployed(shop.begin(shop.app() | {EXTRA: fixed}))
    uid = shop.live("configmap", "fixed-settings")["metadata"]["uid"]
    number = shop.pull({EXTRA: fixed.replace("EUR", "USD")})
    shop.wait_plan(number, "1 replacement")
    assert "deletes, then makes again" in shop.comment(number, "plan")
    shop.wait_deployed(shop.merge(number))
    live = shop.live("configmap", "fixed-settings")
    assert (live["data"], live["metadata"]["uid"] != uid) == ({"CURRENCY": "USD"}, True)
    assert deletes(shop) == [("configmaps", "fixed-settings")]


@pytest.mark.together
def test_a_renamed_app_is_shown_as_moves_and_keeps_every_object(shop: Shop) -> None:
    shop.wait_deployed(shop.begin(shop.app()))
    uids = {name: row.uid for name, row in shop.inventory().items()}
    renamed = (
        "version: 1\napps:\n  shop: {path: apps/web/staging, environments: all, renderer: plain, was: web}\n" + STAGING
    )
    number = shop.pull({".plumbline.yaml": renamed})
    shop.wait_plan(number)
    assert "left behind" not in shop.comment(number, "plan")
    assert "· move" in shop.comment(number, "plan")
    shop.wait_deployed(shop.merge(number))
    wait_until("it is healthy", lambda: shop.state("staging/shop") == "healthy")
    assert {name: row.uid for name, row in shop.inventory("staging/shop").items()} == uids
    assert shop.live("configmap", "web-settings")["metadata"]["uid"] == uids["ConfigMap/web-settings"]
    assert shop.inventory() == {}
    assert deletes(shop) == []
