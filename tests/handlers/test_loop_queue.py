"""A merge queue: its candidates are planned, answered truthfully, and merged by the queue when the answer is good."""

import pytest

from tests.handlers.shop import Shop, config, wait_until, workload

pytestmark = pytest.mark.together


def test_a_candidate_whose_plan_its_pull_showed_is_merged_by_the_queue_and_deployed(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    candidate = shop.world.forge.enqueue(number, by="ana", repository=shop.path)
    shop.wait_check(candidate)
    check = shop.check(candidate, "plumbline/plan")
    assert check is not None
    assert check.title == "web changes in staging"
    assert shop.world.forge.advance_queue(repository=shop.path) == "merged"
    assert shop.tip() == candidate
    shop.wait_deployed(candidate)
    assert shop.images() == {"web:2"}


def test_a_candidate_that_replaces_what_no_pull_showed_is_thrown_out(shop: Shop) -> None:
    """One pull has the app read another folder that holds the same, another one changes that folder."""
    web = workload(shop.staging)
    files = {f"apps/{folder}/staging/web.yaml": web for folder in ("web", "other")}
    shop.wait_deployed(shop.begin({**files, ".plumbline.yaml": config()}))
    moves = shop.pull({".plumbline.yaml": config().replace("apps/web/", "apps/other/")})
    selects = shop.pull({"apps/other/staging/web.yaml": web.replace("app: web", "app: shop")})
    for pull in (moves, selects):
        shop.wait_check(shop.head(pull))
    first, second = (shop.world.forge.enqueue(pull, by="ana", repository=shop.path) for pull in (moves, selects))
    shop.wait_check(first)
    shop.wait_check(second, end="failure")
    check = shop.check(second, "plumbline/plan")
    assert check is not None
    assert check.title == "1 danger that no pull showed"
    assert "staging/web replace Deployment" in (check.summary or "")
    assert shop.world.forge.advance_queue(repository=shop.path) == "merged"
    assert shop.world.forge.advance_queue(repository=shop.path) == "thrown out"
    assert shop.tip() == first


def test_a_queue_without_any_config_hears_nothing(shop: Shop) -> None:
    shop.begin({"README.md": "hello"})
    number = shop.pull({"README.md": "hello again"})
    candidate = shop.world.forge.enqueue(number, by="ana", repository=shop.path)

    def looked_at() -> bool:
        row = shop.ledger(lambda tx: tx.candidates.get(shop.key, candidate))
        return row is not None and row.status == "silent"

    wait_until("it was looked at", looked_at)
    shop.world.forge.leave_queue(number, by="ana", repository=shop.path)
    assert shop.world.forge.advance_queue(repository=shop.path) == "empty"
    assert shop.check(candidate, "plumbline/plan") is None
