"""Open pulls under a moving base branch, through the front door."""

import pytest

from bot.ports.ledger import PullRow
from tests.handlers.shop import STAGING, Shop, config, settings, wait_until

pytestmark = pytest.mark.together


def two_apps(shop: Shop) -> dict[str, str | bytes | None]:
    """Two apps in staging."""
    files = {f"apps/{app}/staging/settings.yaml": settings(shop.staging, app) for app in ("web", "api")}
    return {**files, ".plumbline.yaml": config(STAGING, ("web", "api"))}


def row(shop: Shop, number: int) -> PullRow:
    """What the ledger knows of a pull."""
    found = shop.ledger(lambda tx: tx.plans.get(shop.key, number))
    assert found is not None
    return found


def test_only_the_pulls_whose_targets_the_base_touched_are_planned_again(shop: Shop) -> None:
    first = shop.begin(two_apps(shop))
    shop.wait_deployed(first)
    web = shop.pull({"apps/web/staging/more.yaml": settings(shop.staging, "more")})
    api = shop.pull({"apps/api/staging/settings.yaml": settings(shop.staging, "api", "USD")})
    for number in (web, api):
        shop.wait_plan(number)
    tip = shop.push({"apps/web/staging/settings.yaml": settings(shop.staging, "web", "GBP")})
    wait_until("the plan stands on the new tip", lambda: row(shop, web).base == tip and not row(shop, web).stale)
    wait_until("and says so", lambda: f"base <code>{tip[:7]}" in shop.comment(web, "plan"))
    assert row(shop, api).base == first
    assert f"base <code>{first[:7]}" in shop.comment(api, "plan")


def test_pulls_that_change_the_same_target_name_each_other_until_one_is_closed(shop: Shop) -> None:
    shop.begin(two_apps(shop))
    one = shop.pull({"apps/web/staging/settings.yaml": settings(shop.staging, "web", "USD")})
    other = shop.pull({"apps/web/staging/more.yaml": settings(shop.staging, "more")})
    for number, neighbour in ((one, other), (other, one)):
        shop.wait_plan(number, f"Also changed: **staging/web** by #{neighbour}.")
    shop.world.forge.close_pull(other, by="bob", repository=shop.path)
    wait_until("it is not mentioned any more", lambda: "Also changed" not in shop.comment(one, "plan"))


def test_pulls_that_were_open_before_the_first_config_are_planned_when_it_is_merged(shop: Shop) -> None:
    files = two_apps(shop)
    shop.begin({name: text for name, text in files.items() if name != ".plumbline.yaml"})
    number = shop.pull({"apps/web/staging/settings.yaml": settings(shop.staging, "web", "USD")})
    wait_until("nothing is said", lambda: shop.planned(number) == "silent")
    shop.push({".plumbline.yaml": files[".plumbline.yaml"]})
    shop.wait_plan(number, "web changes in staging")
