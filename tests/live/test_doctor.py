"""What the doctor says of a real cluster: well when it is guarded as asked, and what is missing when it is not."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.cluster.checkup import examine
from bot.cluster.gateway import Patience
from bot.cluster.guard import objects
from bot.cluster.open import KubernetesClusters
from bot.domain.checkups import Checkup, Health
from bot.domain.grants import Cluster
from tests.live.conftest import KEY, Guarded

pytestmark = pytest.mark.live


def examined(entry: Cluster) -> list[Checkup]:
    return list(examine(entry, KubernetesClusters(KEY, Patience(total=60, retries=0))))


def told(found: list[Checkup], health: Health) -> list[str]:
    return [each.says for each in found if each.health is health]


def test_a_cluster_that_is_guarded_as_asked_is_well(guarded: Guarded) -> None:
    found = examined(guarded.entry)
    assert [each for each in found if each.health is not Health.OK] == []
    said = told(found, Health.OK)
    assert f"is reached as {guarded.access.bot_user}" in said
    for user in (guarded.grant.plan_as, guarded.grant.apply_as, guarded.patterned.apply_as, guarded.entry.inventory_as):
        assert f"{user} has its rights" in said
    assert f"{guarded.grant.plan_as} is proven unable to write" in said


def test_what_was_left_out_is_named_with_who_lacks_it(guarded: Guarded) -> None:
    entry = _like(guarded, "lacking")
    plan, apply = entry.grants[0].plan_as, entry.grants[0].apply_as
    applied = []
    for body in objects(entry, guarded.access.bot_user):
        if body["kind"] == "Role" and body["metadata"]["name"].endswith("apply-shop"):
            body["rules"] = [{**rule, "verbs": ["get", "list", "watch", "create"]} for rule in body["rules"]]
        if "Policy" not in body["kind"]:
            applied.append(body)
    guarded.access.apply_admin(yaml.safe_dump_all(applied))
    guarded.access.wait_until("RBAC knows them", lambda: f"{plan} has its rights" in told(examined(entry), Health.OK))
    found = examined(entry)
    failed = told(found, Health.FAIL)
    assert any(each.startswith(f"{apply} may not delete configmaps in {guarded.namespace}") for each in failed)
    assert any(f"let {plan} really write" in each for each in failed)
    assert f"{plan} has its rights" in told(found, Health.OK)


def test_a_cluster_nobody_prepared_says_so_and_one_that_is_away_too(guarded: Guarded, tmp_path: Path) -> None:
    bare = examined(_like(guarded, "bare"))
    assert bare[-1].health is Health.FAIL
    assert "does not let the bot act as" in bare[-1].says
    config = yaml.safe_load(guarded.access.bot_kubeconfig.read_text())
    for each in config["clusters"]:
        each["cluster"]["server"] = "https://127.0.0.1:1"
    away = tmp_path / "kubeconfig"
    away.write_text(yaml.safe_dump(config))
    found = examined(replace(guarded.entry, kubeconfig=str(away)))
    assert [(each.health, each.says) for each in found] == [
        (Health.FAIL, f"cluster {guarded.entry.name} refuses connections or cannot be found")
    ]


def _like(guarded: Guarded, word: str) -> Cluster:
    """Another entry for the same API server with accounts of its own, of which nothing was applied yet.

    Its planner is called so that the run's check of planners leaves it out: here it is able to write.
    """
    home = f"{word}-{guarded.namespace}"[:60]
    ours = f"system:serviceaccount:{home}"
    grant = replace(guarded.grant, plan_as=f"{ours}:unguarded", apply_as=f"{ours}:apply-shop")
    return replace(
        guarded.entry,
        name=f"{word}-{guarded.entry.name}",
        inventory_namespace=home,
        inventory_as=f"{ours}:inventory",
        grants=(grant,),
    )
