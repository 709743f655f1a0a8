"""Slash commands through the front door: who may, what they do, what is answered."""

import re

import pytest

from tests.handlers.shop import Shop, config, settings, wait_until

pytestmark = pytest.mark.together

ON_COMMAND = "environments:\n  staging: {cluster: demo, deploy: on-command}\n"


def answered(shop: Shop, number: int, words: str) -> None:
    """Wait until one of the bot's short answers says this."""
    wait_until(
        f"{words!r} is answered",
        lambda: any(words in each.body for each in shop.comments(number)),
        say=lambda: "\n---\n".join(each.body for each in shop.comments(number)),
    )


def merged_on_command(shop: Shop) -> tuple[int, str]:
    """A pull that was merged and waits for the word; its number and commit."""
    first = shop.begin(shop.app() | {".plumbline.yaml": config(ON_COMMAND)})
    shop.wait_check(first, "plumbline/deploy/staging", "action_required")
    number = shop.pull(shop.app("web:2") | {".plumbline.yaml": config(ON_COMMAND)})
    shop.wait_plan(number)
    merged = shop.merge(number)
    shop.wait_check(merged, "plumbline/deploy/staging", "action_required")
    return number, merged


def test_a_deployment_on_command_waits_for_the_word_of_a_deployer(shop: Shop) -> None:
    number, merged = merged_on_command(shop)
    wait_until("the command is shown", lambda: "/plumb deploy staging/web" in shop.comment(number, "deployment"))
    assert shop.images() == set()
    refused = shop.write(number, "/plumb deploy", by="bob")
    answered(shop, number, "Deploy is for")
    wait_until("it is refused", lambda: shop.reactions(number, refused) == {"eyes", "confused"})
    assert shop.state() == "waiting"
    given = shop.write(number, "/plumb deploy", by="ana")
    shop.wait_deployed(merged)
    wait_until("it is thanked", lambda: shop.reactions(number, given) == {"eyes", "rocket"})
    assert shop.images() == {"web:2"}
    wait_until("the word is named", lambda: "word given by ana" in shop.comment(number, "deployment"))


def test_the_word_for_the_newest_pull_ends_what_waited_before_it(shop: Shop) -> None:
    number, merged = merged_on_command(shop)
    later = shop.pull(shop.app("web:3") | {".plumbline.yaml": config(ON_COMMAND)})
    shop.wait_plan(later)
    newest = shop.merge(later)
    shop.wait_check(newest, "plumbline/deploy/staging", "action_required")
    shop.write(later, "/plumb deploy staging/web", by="ana")
    shop.wait_deployed(newest)
    shop.wait_check(merged, "plumbline/deploy/staging", "neutral")
    shop.write(number, "/plumb deploy", by="ana")
    answered(shop, number, "nothing there waits for a word")
    assert shop.images() == {"web:3"}


def test_deploy_tries_a_failed_deployment_again_and_no_older_commit(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull(shop.app("web:missing"))
    shop.wait_plan(number)
    merged = shop.merge(number)
    shop.wait_check(merged, "plumbline/deploy/staging", "failure")
    shop.write(number, "/plumb deploy", by="ana")
    wait_until("it is tried again", lambda: [row.attempt for row in shop.rows()] == [1, 1, 2])
    wait_until("it failed again", lambda: shop.state() == "failed")
    wait_until("which is said", lambda: "attempt 2" in shop.comment(number, "deployment"))
    shop.wait_deployed(shop.push(shop.app("web:2")))
    shop.write(number, "/plumb deploy", by="ana")
    answered(shop, number, "nothing there waits for a word")
    assert shop.images() == {"web:2"}


def test_plan_plans_again_and_unknown_words_get_the_nearest_one(shop: Shop) -> None:
    shop.begin()
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    again = shop.write(number, "Looks good.\n\n/plumb plan", by="bob")
    wait_until("it is planned again", lambda: shop.reactions(number, again) == {"eyes", "rocket"})
    shop.write(number, "/plumb plam", by="rita")
    answered(shop, number, "/plumb plan")
    may_not = shop.write(number, "/plumb plan", by="rita")
    answered(shop, number, "Plan is for")
    wait_until("it is refused", lambda: "confused" in shop.reactions(number, may_not))
    shop.write(number, "/plumb deploy", by="ana")
    answered(shop, number, "Merge it first")


def test_who_has_no_role_and_what_is_quoted_gets_no_answer(shop: Shop) -> None:
    shop.begin()
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    silent = [
        shop.write(number, "> /plumb plan", by="ana"),
        shop.write(number, "```\n/plumb plan\n```", by="ana"),
        shop.write(number, "<!-- /plumb plan -->", by="ana"),
        shop.write(number, "please /plumb plan", by="ana"),
    ]
    last = shop.write(number, "/plumb help", by="rita")
    wait_until("help is answered", lambda: "rocket" in shop.reactions(number, last))
    wait_until("nothing is due", lambda: not shop.due())
    assert [shop.reactions(number, each) for each in silent] == [set()] * 4
    assert len(shop.comments(number)) == 2


def test_what_the_forge_takes_only_at_the_second_try_is_said_then_and_nothing_is_done_twice(shop: Shop) -> None:
    number, merged = merged_on_command(shop)
    wait_until("the command is shown", lambda: "/plumb deploy staging/web" in shop.comment(number, "deployment"))
    shop.lose_comment(number)
    asked = shop.write(number, "/plumb cancel\n\n/plumb help", by="ana")
    wait_until("it is answered", lambda: len(shop.reactions(number, asked)) == 2)
    assert shop.reactions(number, asked) == {"eyes", "rocket"}
    assert shop.commenting(number)[-2:] == [502, 201]
    assert len([each for each in shop.comments(number) if "/plumb rollback" in each.body]) == 1
    shop.wait_check(merged, "plumbline/deploy/staging", "cancelled")


def test_a_refusal_that_is_said_later_still_holds(shop: Shop) -> None:
    files = {".plumbline.yaml": config(ON_COMMAND)}
    shop.wait_check(shop.begin(shop.app() | files), "plumbline/deploy/staging", "action_required")
    number = shop.pull(shop.app("web:2") | files)
    shop.wait_plan(number)
    shop.lose_comment(number)
    asked = shop.write(number, "/plumb deploy", by="ana")
    wait_until("the reply was lost", lambda: 502 in shop.commenting(number))
    merged = shop.merge(number)
    wait_until("it is answered", lambda: shop.reactions(number, asked) == {"eyes", "confused"})
    answered(shop, number, "Merge it first")
    shop.wait_check(merged, "plumbline/deploy/staging", "action_required")
    assert (shop.state(commit=merged), shop.rows()[-1].word) == ("waiting", "")


def test_a_danger_that_nobody_was_shown_waits_until_it_is_confirmed_by_number_and_name(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    extra = settings(shop.staging, "other")
    number = shop.pull({"apps/web/staging/other.yaml": extra})
    shop.wait_plan(number)
    shop.world.cluster.kubectl(
        "create", "configmap", "other-settings", "-n", shop.staging, "--from-literal=CURRENCY=GBP"
    )
    merged = shop.merge(number)
    shop.wait_check(merged, "plumbline/deploy/staging", "action_required")
    wait_until("the command is shown", lambda: "--confirm 1@" in shop.comment(number, "deployment"))
    assert "other-settings" in shop.comment(number, "deployment")
    shop.write(number, "/plumb deploy", by="ana")
    answered(shop, number, "has to be confirmed")
    shop.write(number, "/plumb deploy staging/web --confirm 1@00000000", by="ana")
    wait_until("both are refused", lambda: len(shop.comments(number)) == 4)
    assert shop.live("configmap", "other-settings")["data"] == {"CURRENCY": "GBP"}
    found = re.search(r"--confirm (1@[0-9a-f]{8})", shop.comment(number, "deployment"))
    assert found is not None
    shop.write(number, f"/plumb deploy staging/web --confirm {found[1]}", by="ana")
    shop.wait_deployed(merged)
    assert shop.live("configmap", "other-settings")["data"] == {"CURRENCY": "EUR"}


def test_a_takeover_that_the_plan_showed_goes_with_the_merge(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    shop.world.cluster.kubectl(
        "create", "configmap", "other-settings", "-n", shop.staging, "--from-literal=CURRENCY=GBP"
    )
    number = shop.pull({"apps/web/staging/other.yaml": settings(shop.staging, "other")})
    shop.wait_plan(number, "takes over")
    shop.wait_deployed(shop.merge(number))
    assert shop.live("configmap", "other-settings")["data"] == {"CURRENCY": "EUR"}
