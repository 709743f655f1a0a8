"""When the bot says nothing, and when it says why it does not plan (DESIGN §3, silent cases)."""

import pytest

from tests.handlers.shop import Shop, wait_until

pytestmark = pytest.mark.together


def test_without_a_config_there_is_no_check_and_no_comment(shop: Shop) -> None:
    first = shop.begin({"README.md": "hello"})
    number = shop.pull({"README.md": "hello again"})
    wait_until("the pull was looked at", lambda: shop.planned(number) == "silent")
    merged = shop.merge(number)
    wait_until("the merge was seen", lambda: shop.delivered() == merged)
    shop.world.forge.settle()
    wait_until("nothing is due", lambda: not shop.due())
    assert [shop.world.forge.check_runs(commit, shop.path) for commit in (first, shop.head(number), merged)] == [[]] * 3
    assert shop.comments(number) == []


def test_the_first_config_is_planned_in_the_pull_that_brings_it(shop: Shop) -> None:
    shop.begin({"README.md": "hello"})
    number = shop.pull(shop.app())
    shop.wait_plan(number)
    assert "web changes in staging" in shop.comment(number, "plan")
    merged = shop.merge(number)
    wait_until("it waits for an admin", lambda: "a repository admin" in shop.comment(number, "deployment"))
    shop.world.forge.set_role(shop.path, "ana", "admin")
    shop.write(number, "/plumb deploy", "ana")
    shop.wait_deployed(merged)
    assert shop.check(merged, "plumbline/plan") is None


def test_a_pull_into_another_branch_is_not_deployed_from_here(shop: Shop) -> None:
    shop.begin()
    shop.push({"notes.md": "a"}, branch="release")
    shop.push(shop.app("web:2"), branch="change")
    number = shop.world.forge.open_pull("change", by="bob", base="release", repository=shop.path)
    shop.wait_check(shop.head(number), end="success")
    check = shop.check(shop.head(number), "plumbline/plan")
    assert check is not None
    assert check.title == "not deployed from here"
    shop.world.forge.edit_pull(number, {"base": "main"}, by="bob", repository=shop.path)
    shop.wait_plan(number)
    assert "registry.example/web:2" in shop.comment(number, "plan")


def test_a_conflict_is_a_failure_that_says_so_until_the_next_push(shop: Shop) -> None:
    shop.begin()
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    shop.push(shop.app("web:3"))
    shop.wait_check(shop.head(number), end="failure")
    wait_until("the comment says so", lambda: "conflicts with" in shop.comment(number, "plan"))
    assert "apps/web/staging/web.yaml" in shop.comment(number, "plan")
    shop.push({"apps/web/staging/web.yaml": None}, branch="change-1", by="bob")
    shop.world.forge.reset_branch("change-1", shop.tip(), by="bob", repository=shop.path)
    shop.push(shop.app("web:4"), branch="change-1", by="bob")
    shop.wait_plan(number, "registry.example/web:4")
    shop.wait_check(shop.head(number), end="success")


def test_a_draft_is_planned_and_the_check_of_an_older_head_ends(shop: Shop) -> None:
    shop.begin()
    number = shop.pull(shop.app("web:2"))
    shop.world.forge.edit_pull(number, {"draft": True}, by="bob", repository=shop.path)
    shop.wait_plan(number)
    old = shop.head(number)
    shop.push(shop.app("web:5"), branch="change-1", by="bob")
    shop.wait_plan(number, "registry.example/web:5")
    assert len(shop.comments(number)) == 1
    ended = shop.check(old, "plumbline/plan")
    assert ended is None or ended.status == "completed"


def test_checks_that_are_asked_for_again_are_said_again(shop: Shop) -> None:
    first = shop.begin()
    shop.wait_deployed(first)
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    head = shop.head(number)
    before = len(shop.writes_of_checks())
    shop.world.forge.rerequest_suite(head, by="bob", repository=shop.path)
    wait_until("they are said again", lambda: len(shop.writes_of_checks()) > before)
    shop.wait_check(head)
    assert len(shop.comments(number)) == 1
