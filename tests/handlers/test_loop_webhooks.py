"""Webhooks as they really come: many at once, twice, late, failing, or never."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fixtures.forge.receiver import Receiver
from tests.handlers.conftest import NewWorld, assert_clean
from tests.handlers.shop import Shop, wait_until


def plans_made(shop: Shop, since: int) -> int:
    """How often the bot has read the pull to plan it, since so many requests."""
    path = f"/repos/{shop.path}/pulls/1"
    return sum(1 for each in shop.world.forge.requests[since:] if (each.method, each.path) == ("GET", path))


@pytest.mark.together
def test_ten_webhooks_of_one_pull_in_a_second_make_one_comment_and_two_plans_at_most(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    since = len(shop.world.forge.requests)
    # However slowly they are pushed: all come while the first plan is made.
    shop.world.forge.faults.slow(f"GET /repos/{shop.path}/pulls/1$", 8.0)
    number = shop.pull(shop.app("web:2"))
    for version in range(3, 12):
        shop.push(shop.app(f"web:{version}"), branch="change-1", by="bob")
    shop.wait_plan(number, "registry.example/web:11")
    shop.world.forge.settle()
    wait_until("nothing is due", lambda: not shop.due())
    assert len(shop.comments(number)) == 1
    assert plans_made(shop, since) <= 2
    assert (
        len(
            [
                each
                for each in shop.world.forge.deliveries
                if each.event == "pull_request" and shop.path in str(each.body)
            ]
        )
        >= 10
    )


def test_deliveries_that_come_twice_or_in_reverse_order_end_the_same(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    faults = shop.world.forge.faults
    faults.duplicate("pull_request", times=2)
    number = shop.pull(shop.app("web:2"))
    shop.push(shop.app("web:3"), branch="change-1", by="bob")
    shop.wait_plan(number, "registry.example/web:3")
    faults.disorder(2)
    merged = shop.merge(number)
    shop.wait_deployed(merged)
    wait_until("the comment is there", lambda: "### Deployed, healthy" in shop.comment(number, "deployment"))
    assert len(shop.comments(number)) == 2
    for delivery in [each for each in shop.world.forge.deliveries if shop.path in str(each.body)]:
        shop.world.forge.redeliver(delivery.guid)
    shop.world.forge.settle()
    wait_until("nothing is due", lambda: not shop.due())
    assert [row.commit for row in shop.rows()][-1] == merged
    assert len(shop.rows()) == 2
    assert len(shop.comments(number)) == 2


@pytest.mark.together
def test_a_forge_that_fails_after_the_effect_and_sets_limits_is_served_once(shop: Shop) -> None:
    shop.begin()
    faults = shop.world.forge.faults
    faults.fail_after_effect(f"POST /repos/{shop.path}/issues/1/comments")
    faults.fail_after_effect(f"POST /repos/{shop.path}/check-runs")
    faults.secondary_limit(f"POST /repos/{shop.path}/issues", retry_after=1)
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    assert len(shop.comments(number)) == 1
    names = [run.name for run in shop.world.forge.check_runs(shop.head(number), shop.path)]
    assert names == ["plumbline/plan"]


def test_a_comment_that_was_edited_before_it_was_read_does_not_count(shop: Shop) -> None:
    shop.begin()
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    shop.world.forge.faults.delay(3.0, "issue_comment")
    edited = shop.write(number, "harmless", by="ana")
    written = int(time.time())
    wait_until("the second is over", lambda: time.time() > written + 1.1)
    shop.world.forge.edit_comment(edited, "/plumb plan", by="bob")
    last = shop.write(number, "/plumb help", by="ana")
    shop.world.forge.settle()
    wait_until("help is answered", lambda: "rocket" in shop.reactions(number, last))
    wait_until("nothing is due", lambda: not shop.due())
    assert shop.reactions(number, edited) == set()


@dataclass(frozen=True)
class Silent:
    """What happened while no webhook came: one repository's were lost, another's went elsewhere and were accepted."""

    lost: Shop
    elsewhere: Shop
    merged: str


@pytest.fixture(scope="module")
def after_silence(new_world: NewWorld) -> Iterator[Silent]:
    """A bot that missed all that and was started again."""
    with new_world(2) as (lost, elsewhere):
        forge = lost.world.forge
        for shop in (lost, elsewhere):
            shop.begin()
        for shop in (lost, elsewhere):
            shop.wait_deployed(shop.tip())
        elsewhere.wait_plan(elsewhere.pull(elsewhere.app("web:2")))
        forge.faults.lose(times=50)
        lost.write(lost.pull(lost.app("web:2")), "/plumb help", by="ana")
        forge.settle()
        forge.faults.clear()
        with Receiver() as receiver:
            forge.app.webhook_url = receiver.url
            merged = elsewhere.merge(1)
            elsewhere.pull({"apps/web/staging/settings.yaml": None})
            forge.settle()
            assert receiver.received
        assert lost.comments(1) == []
        lost.world.stop()
        lost.world.start()
        yield Silent(lost, elsewhere, merged)
        for shop in (lost, elsewhere):
            assert_clean(shop)


def test_webhooks_that_were_lost_are_asked_for_again(after_silence: Silent) -> None:
    shop = after_silence.lost
    shop.wait_plan(1)
    wait_until("help is answered", lambda: any("may use" in each.body for each in shop.comments(1)))


def test_what_the_forge_believes_delivered_is_found_by_looking(after_silence: Silent) -> None:
    shop = after_silence.elsewhere
    shop.wait_deployed(after_silence.merged)
    shop.wait_plan(2)
    wait_until("the pull is linked", lambda: "### Deployed, healthy" in shop.comment(1, "deployment"))
