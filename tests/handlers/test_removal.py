"""Objects that leave Git: shown, merged, deleted once all is healthy; what is never deleted, each with its reason."""

import pytest

from fixtures.cluster.audit import AuditEntry
from tests.handlers.shop import Shop, settings, wait_until

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
