"""Rollback through the front door: a pull that takes back what was deployed, planned like any other."""

import pytest

from bot.ports.audit import Wanted
from tests.handlers.shop import Shop, settings, wait_until, workload

pytestmark = [pytest.mark.live, pytest.mark.together]


def test_a_rollback_opens_a_pull_that_brings_back_what_ran_before(shop: Shop) -> None:
    first = shop.begin(shop.app())
    shop.wait_deployed(first)
    change = shop.pull({**shop.app(image="web:2"), "notes.md": "two\n"})
    shop.wait_plan(change)
    second = shop.merge(change)
    shop.wait_deployed(second)
    later = shop.push({"other.md": "unrelated\n"})

    refused = shop.write(change, "/plumb rollback staging/web", by="bob")
    wait_until("bob is refused", lambda: "confused" in shop.reactions(change, refused))
    shop.lose_comment(change)
    asked = shop.write(change, "/plumb rollback staging/web")
    wait_until("ana is answered", lambda: "rocket" in shop.reactions(change, asked), say=lambda: _said(shop, change))
    opened = change + 1
    assert f"Opened #{opened}, which takes back `{second[:7]}`" in _said(shop, change)
    assert shop.commenting(change)[-2:] == [502, 201], "said by the second try"
    pull = shop.world.forge.pull(opened, shop.path)
    assert (pull.base_branch, pull.head_branch) == ("main", f"plumbline/rollback-{pull.head_sha[:12]}")
    shop.wait_plan(opened)
    assert "web:1" in shop.comment(opened, "plan")
    assert f"rollback: #{opened} takes back {second}" in _audit(shop)

    back = shop.merge(opened)
    shop.wait_deployed(back)
    wait_until("the older image runs", lambda: shop.images() == {"web:1"})
    assert later != back
    again = shop.write(change, "/plumb rollback staging/web")
    wait_until("what was taken back can be taken back", lambda: "rocket" in shop.reactions(change, again))


def test_what_clashes_with_later_commits_is_left_to_people(shop: Shop) -> None:
    shop.wait_deployed(shop.begin(shop.app()))
    number = shop.pull({"apps/web/staging/settings.yaml": settings(shop.staging, currency="USD")})
    shop.wait_plan(number)
    shop.wait_deployed(shop.merge(number))
    shop.push({"apps/web/staging/settings.yaml": "# nobody knows\n"})
    shop.push({"apps/web/staging/settings.yaml": settings(shop.staging, currency="CHF") + "{"})
    wait_until("the broken one failed", lambda: shop.state() == "failed")
    asked = shop.write(number, "/plumb rollback staging/web")
    wait_until("it is refused", lambda: "confused" in shop.reactions(number, asked), say=lambda: _said(shop, number))
    assert "Later commits changed the same lines in apps/web/staging/settings.yaml" in _said(shop, number)


def _said(shop: Shop, number: int) -> str:
    return "\n".join(each.body for each in shop.comments(number)).replace("\\", "")


def _audit(shop: Shop) -> str:
    page = shop.ledger(lambda tx: tx.audit.page(0, Wanted(shop.key), 100))
    return "\n".join(f"{each.entry.action}: {each.entry.detail}" for each in page)


def test_a_rollback_now_takes_over_at_once_and_locks_until_the_branch_says_the_same(shop: Shop) -> None:
    first = shop.begin(shop.both())
    shop.wait_deployed(first, "staging", "prod")
    extra = {"apps/web/staging/extra.yaml": settings(shop.staging, app="extra")}
    changed = shop.both(image="web:2") | {
        "apps/web/staging/web.yaml": workload(shop.staging, image="web:2", ready_after="300s")
    }
    number = shop.pull({**changed, **extra})
    shop.wait_plan(number)
    second = shop.merge(number)
    wait_until("the change settles", lambda: shop.state(commit=second) == "settling")

    refused = shop.write(number, "/plumb rollback staging/web --now")
    wait_until("no reason, no rollback", lambda: "confused" in shop.reactions(number, refused))
    asked = shop.write(number, "/plumb rollback staging/web --now --reason it burns")
    wait_until("it runs as before", lambda: len(shop.rows()) == 3 and shop.rows()[-1].state.value == "healthy")
    back = shop.rows()[-1]
    assert (back.commit, back.rollback, back.base, back.word) == (first, True, second, "ana")
    assert shop.state(commit=second) == "superseded"
    assert shop.live("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"].endswith("web:1")
    wait_until("ana is answered", lambda: "rocket" in shop.reactions(number, asked), say=lambda: _said(shop, number))
    assert f"staging/web** goes back to `{first[:7]}` now" in _said(shop, number)
    assert "rollback-now: to " in _audit(shop)
    assert "it burns" in _audit(shop)
    wait_until("the pull says so", lambda: f"rolled back to `{first[:7]}`" in shop.comment(number, "deployment"))

    assert shop.live("configmap", "extra-settings"), "what newer commits made stays"
    assert not [entry for entry in shop.audit() if entry.verb == "delete"]

    assert [each.place for each in shop.ledger(lambda tx: tx.locks.of(shop.key))] == ["staging/web"]
    shop.wait_plan(number + 1)  # which shows that the extra settings go: else somebody would have to confirm it
    merged = shop.merge(number + 1)
    shop.wait_deployed(merged, "staging", "prod")
    assert shop.ledger(lambda tx: tx.locks.of(shop.key)) == []
    assert shop.images() == {"web:1"}
    assert "unlocked: the branch renders it as it runs" in _audit(shop)
