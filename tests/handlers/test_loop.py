"""The whole loop through the front door: first deployment, pull, plan comment, merge, applied, healthy, reported."""

from datetime import datetime

import pytest

from tests.handlers.shop import STAGING_THEN_PROD, Shop, config, settings, wait_until, workload

pytestmark = pytest.mark.together

PART_OF = "applyset.kubernetes.io/part-of"


def test_the_first_deployment_is_planned_on_its_commit_and_delivered_in_order(shop: Shop) -> None:
    first = shop.begin(shop.both())
    shop.wait_deployed(first, "staging", "prod")
    plan = shop.check(first, "plumbline/plan")
    assert plan is not None
    assert (plan.conclusion, plan.title) == ("success", "web changes in prod and staging")
    assert shop.images(shop.staging) == shop.images(shop.prod) == {"web:1"}
    assert shop.rows("staging/web")[0].changed <= shop.rows("prod/web")[0].started


def test_a_pull_is_planned_merged_applied_healthy_and_reported(shop: Shop) -> None:
    shop.wait_deployed(shop.begin(shop.both()), "staging", "prod")
    number = shop.pull(shop.both("web:2", "USD"))
    shop.wait_plan(number)
    assert "web changes in prod and staging" in shop.comment(number, "plan")
    assert "registry.example/web:2" in shop.comment(number, "plan")
    assert shop.images() == {"web:1"}
    merged = shop.merge(number)
    shop.wait_deployed(merged, "staging", "prod")
    wait_until("all pods run the new image", lambda: shop.images() | shop.images(shop.prod) == {"web:2"})
    wait_until("the comment says so", lambda: "### Deployed: 2 targets healthy" in shop.comment(number, "deployment"))
    wait_until(
        "the forge deployments say so",
        lambda: (
            {name: states[-1] for name, states in shop.forge_deployments(merged).items()}
            == {"staging": "success", "prod": "success"}
        ),
    )
    assert len(shop.comments(number)) == 2
    assert shop.live("configmap", "web-settings")["data"] == {"CURRENCY": "USD"}


def test_what_was_written_is_in_the_inventory_of_cluster_and_ledger_with_the_uids_it_got(shop: Shop) -> None:
    first = shop.begin()
    shop.wait_deployed(first)
    applyset, rows = shop.inventory_map()
    ledger = shop.inventory()
    assert sorted(ledger) == ["ConfigMap/web-settings", "Deployment/web"]
    assert {row["uid"] for row in rows} == {row.uid for row in ledger.values()}
    for name, row in ledger.items():
        live = shop.live(*name.lower().split("/"))
        assert live["metadata"]["uid"] == row.uid
        assert live["metadata"]["labels"][PART_OF] == applyset
        assert (row.commit, row.left) == (first, False)


def test_a_direct_push_has_its_plan_as_a_check_on_the_commit_before_the_first_write(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    pushed = shop.tip()
    shop.world.forge.faults.slow(f"POST /repos/{shop.path}/check-runs", 3.0)
    pushed = shop.push(shop.app("web:2"))
    shop.wait_deployed(pushed)
    plan = shop.check(pushed, "plumbline/plan")
    assert plan is not None
    assert "registry.example/web:2" in f"{plan.summary}{plan.text}"
    writes = [entry for entry in shop.audit() if entry.wrote and entry.resource == "deployments"]
    assert datetime.fromisoformat(writes[-1].time) >= plan.created
    assert len(writes) == 2


def test_a_pull_that_is_merged_before_it_was_planned_is_planned_on_the_commit(shop: Shop) -> None:
    shop.wait_deployed(shop.begin())
    number = shop.pull(shop.app("web:2"))
    merged = shop.merge(number, method="merge")
    shop.wait_deployed(merged)
    writes = [entry for entry in shop.audit() if entry.wrote and entry.resource == "deployments"]
    on_pull = [each.created for each in shop.comments(number) if "web:2" in each.body]
    on_commit = [run.created for run in shop.world.forge.check_runs(merged, shop.path) if run.name == "plumbline/plan"]
    assert min(on_pull + on_commit) <= datetime.fromisoformat(writes[-1].time)
    wait_until("the pull is linked", lambda: "### Deployed, healthy" in shop.comment(number, "deployment"))
    assert shop.images() == {"web:2"}


def test_an_object_that_leaves_git_is_left_in_place_and_keeps_its_inventory_row(shop: Shop) -> None:
    kept = settings(shop.staging).replace("}\n", ", annotations: {plumbline.dev/prune: never}}\n", 1)
    shop.wait_deployed(shop.begin(shop.app() | {"apps/web/staging/settings.yaml": kept}))
    number = shop.pull({"apps/web/staging/settings.yaml": None})
    shop.wait_plan(number)
    assert "left in place" in shop.comment(number, "plan")
    merged = shop.merge(number)
    shop.wait_deployed(merged)
    wait_until("the comment names it", lambda: "web-settings" in shop.comment(number, "deployment"))
    assert shop.live("configmap", "web-settings")["data"] == {"CURRENCY": "EUR"}
    assert shop.inventory()["ConfigMap/web-settings"].left is True
    assert shop.inventory()["Deployment/web"].left is False
    assert len(shop.inventory_map()[1]) == 2


def test_an_app_with_invalid_yaml_is_one_error_row_and_holds_up_nobody_else(shop: Shop) -> None:
    files = shop.both() | {
        ".plumbline.yaml": config(STAGING_THEN_PROD, ("web", "api")),
        "apps/api/staging/api.yaml": settings(shop.staging, "api"),
        "apps/api/prod/api.yaml": settings(shop.prod, "api"),
    }
    shop.wait_deployed(shop.begin(files), "staging", "prod")
    number = shop.pull(
        shop.both("web:2") | {"apps/api/staging/api.yaml": "a: [1\n"} | {".plumbline.yaml": files[".plumbline.yaml"]}
    )
    shop.wait_plan(number)
    said = shop.comment(number, "plan")
    assert shop.conclusion(shop.head(number)) == "failure"
    assert "apps/api/staging/api.yaml:1" in said or "apps/api/staging/api.yaml:2" in said
    assert "registry.example/web:2" in said
    merged = shop.merge(number)
    shop.wait_check(merged, "plumbline/deploy/staging", "failure")
    shop.wait_deployed(merged, "prod")
    assert shop.images(shop.staging) == shop.images(shop.prod) == {"web:2"}
    assert (shop.state("staging/web"), shop.state("staging/api")) == ("healthy", "failed")
    assert "apps/api/staging/api.yaml" in shop.rows("staging/api")[-1].reason


def test_a_target_that_vanishes_from_the_config_deletes_nothing(shop: Shop) -> None:
    files = shop.app() | {
        ".plumbline.yaml": config(apps=("web", "api")),
        "apps/api/staging/api.yaml": workload(shop.staging, "api", "api:1", ready_after="600s"),
    }
    first = shop.begin(files)
    wait_until("api settles", lambda: shop.state("staging/api") == "settling")
    pushed = shop.push(shop.app("web:2"))
    shop.wait_deployed(pushed)
    wait_until("api is superseded", lambda: shop.state("staging/api") == "superseded")
    shop.wait_check(first, "plumbline/deploy/staging", "neutral")
    assert shop.live("deployment", "api")


def test_a_config_that_cannot_be_read_is_said_on_the_commit_and_loses_no_deployment(shop: Shop) -> None:
    first = shop.begin(shop.app(ready_after="6s"))
    wait_until("it settles", lambda: shop.state() == "settling")
    broken = shop.push({".plumbline.yaml": "version: 1\napps: {web: {pth: apps}}\n"})
    shop.wait_check(broken, "plumbline/plan", "failure")
    plan = shop.check(broken, "plumbline/plan")
    assert plan is not None
    assert ".plumbline.yaml:2" in str(plan.summary)
    shop.wait_deployed(first)
    mended = shop.push(shop.app("web:3"))
    shop.wait_deployed(mended)
    assert shop.images() == {"web:3"}
