"""Which commit goes when: the word, the order of environments, newer commits, and what failed."""

import pytest

from tests.handlers.shop import STAGING_THEN_PROD, Shop, config, settings, wait_until, workload

pytestmark = pytest.mark.together

ON_COMMAND = "environments:\n  staging: {cluster: demo, deploy: on-command}\n"


def test_a_crashing_container_fails_the_deployment_by_name_and_the_next_commit_mends_it(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull(shop.app("web:crash"))
    shop.wait_plan(number)
    broken = shop.merge(number)
    shop.wait_check(broken, "plumbline/deploy/staging", "failure")
    wait_until("the comment says it failed", lambda: "Failed: staging/web" in shop.comment(number, "deployment"))
    said = shop.comment(number, "deployment")
    assert "container web" in said
    assert "exit code 1" in said
    wait_until("the forge knows", lambda: shop.forge_deployments(broken).get("staging", [""])[-1] == "failure")
    mended = shop.push(shop.app("web:2"))
    shop.wait_deployed(mended)
    assert shop.images() == {"web:2"}
    assert [row.state.value for row in shop.rows()] == ["healthy", "failed", "healthy"]


def test_a_newer_commit_takes_over_from_one_that_still_settles(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    slow = shop.push(shop.app("web:2", ready_after="600s"))
    wait_until("the older one settles", lambda: shop.state() == "settling")
    wait_until("the forge knows", lambda: shop.forge_deployments(slow).get("staging") == ["in_progress"])
    newer = shop.push(shop.app("web:3"))
    shop.wait_deployed(newer)
    shop.wait_check(slow, "plumbline/deploy/staging", "neutral")
    assert shop.images() == {"web:3"}
    wait_until("the forge knows that", lambda: shop.forge_deployments(slow).get("staging", [""])[-1] == "inactive")
    check = shop.check(slow, "plumbline/deploy/staging")
    assert check is not None
    assert newer[:7] in f"{check.title}{check.summary}"


def test_two_pulls_merged_one_after_the_other_both_end_with_the_newer_one(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    image = shop.pull(shop.app("web:2", ready_after="600s"))
    shop.wait_plan(image)
    first = shop.merge(image)
    wait_until("the first settles", lambda: shop.state(commit=first) == "settling")
    second = shop.pull(shop.app("web:2", "USD"))
    shop.wait_plan(second)
    merged = shop.merge(second, method="merge")
    shop.wait_deployed(merged)
    wait_until("the first one's comment knows", lambda: merged[:7] in shop.comment(image, "deployment"))
    wait_until("the second one's says healthy", lambda: "healthy" in shop.comment(second, "deployment"))
    assert shop.rows()[-1].pulls == (image, second)
    assert shop.live("configmap", "web-settings")["data"] == {"CURRENCY": "USD"}


def test_a_broken_commit_in_the_middle_blocks_neither_the_older_nor_the_newer(shop: Shop) -> None:
    first = shop.begin(shop.both() | {"apps/web/staging/web.yaml": workload(shop.staging, ready_after="5s")})
    wait_until("staging settles", lambda: shop.state() == "settling")
    broken = shop.push({"apps/web/staging/web.yaml": "kind: [\n", "apps/web/prod/web.yaml": "kind: [\n"})
    wait_until("the broken one failed", lambda: shop.state() == "failed")
    shop.wait_deployed(first, "staging", "prod")
    assert shop.images(shop.prod) == {"web:1"}
    newest = shop.push(shop.both("web:3"))
    shop.wait_deployed(newest, "staging", "prod")
    assert shop.images(shop.prod) == {"web:3"}
    assert shop.conclusion(broken, "plumbline/deploy/staging") == "failure"


def test_prod_waits_for_its_own_staging_target_and_says_so(shop: Shop) -> None:
    files = shop.both() | {
        ".plumbline.yaml": config(STAGING_THEN_PROD, ("web", "api")),
        "apps/api/staging/api.yaml": settings(shop.staging, "api"),
        "apps/api/prod/api.yaml": settings(shop.prod, "api"),
    }
    shop.wait_deployed(shop.begin(files), "staging", "prod")
    slow = {"apps/api/staging/api.yaml": workload(shop.staging, "api", "api:1", "600s")}
    changed = {"apps/api/prod/api.yaml": settings(shop.prod, "api", "USD")}
    number = shop.pull(shop.both("web:2") | {".plumbline.yaml": files[".plumbline.yaml"]} | slow | changed)
    shop.wait_plan(number)
    merged = shop.merge(number)
    wait_until("prod/web is healthy", lambda: shop.state("prod/web", merged) == "healthy")
    assert shop.state("prod/api", merged) == "waiting"
    wait_until("the comment says why", lambda: "waiting for staging/api" in shop.comment(number, "deployment"))
    assert shop.conclusion(merged, "plumbline/deploy/prod") == ""
    assert shop.images(shop.prod) == {"web:2"}


def test_a_pull_that_takes_the_word_away_still_needs_it_for_itself(shop: Shop) -> None:
    first = shop.begin(shop.app() | {".plumbline.yaml": config(ON_COMMAND)})
    shop.wait_check(first, "plumbline/deploy/staging", "action_required")
    number = shop.pull(shop.app("web:2"))
    shop.wait_plan(number)
    merged = shop.merge(number)
    shop.wait_check(merged, "plumbline/deploy/staging", "action_required")
    assert shop.images() == set()
    shop.write(number, "/plumb deploy", by="ana")
    shop.wait_deployed(merged)
    later = shop.push(shop.app("web:3"))
    shop.wait_deployed(later)
    assert shop.images() == {"web:3"}


def test_a_rewritten_branch_stops_what_is_no_longer_on_it(shop: Shop) -> None:
    first = shop.begin()
    shop.wait_deployed(first)
    shop.push(shop.app("web:2", ready_after="600s"))
    wait_until("the second settles", lambda: shop.state() == "settling")
    shop.world.forge.reset_branch("main", first, by="ana", repository=shop.path)
    rewritten = shop.push(shop.app("web:4"))
    wait_until("the new tip waits", lambda: [row.commit for row in shop.rows()][-1] == rewritten)
    shop.wait_check(rewritten, "plumbline/deploy/staging", "action_required")
    assert shop.rows()[-1].state.value == "waiting"


def test_a_namespace_that_was_not_granted_is_refused_in_plan_and_deployment(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull({"apps/web/staging/settings.yaml": settings("kube-system")})
    shop.wait_plan(number)
    assert shop.conclusion(shop.head(number)) == "failure"
    assert "kube-system" in shop.comment(number, "plan")
    merged = shop.merge(number)
    shop.wait_check(merged, "plumbline/deploy/staging", "failure")
    assert not shop.live("configmap", "web-settings", "kube-system")
