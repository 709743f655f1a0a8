"""A worker dies before each of its writes, one after the other: whoever goes on leaves everything as it has to be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.delivery.look import look
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.removals import Stays
from bot.domain.subjects import Target, look_job
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering
from tests.live.mortal import Died, Fate, mortal
from tests.live.sides import assert_deleted_once, assert_ended_well, config_map, ours, quick, side

pytestmark = pytest.mark.live

MOST = 100
"""More deaths than there are steps of one deployment."""


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with quick(cluster, tmp_path_factory.mktemp("kills")) as found:
        yield found


def lives(shop: Delivering, row: Deployment, fate: Fate) -> Deployment:
    """A row at its end, worked on by one worker after the other until one of them lives to see that."""
    ports = mortal(shop.ports, fate)
    for _ in range(MOST):
        try:
            return shop.until(row, lambda each: each.state.ended or bool(each.conditions), ports=ports)
        except Died:
            fate.next_life()
    raise AssertionError(fate.deaths)


def test_workers_may_die_before_any_write_and_the_next_one_goes_on_well(shop: Delivering) -> None:
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    fate = Fate(walks=True)
    assert_ended_well(shop, lives(shop, shop.due(shop.commit(side("b"))), fate), "b")
    died = [" ".join(each.split(" ")[:2]) for each in fate.deaths]
    assert {"apply ConfigMap/both", "apply ConfigMap/early-b", "apply ConfigMap/late-b", "keep_commit"} <= set(died)
    states = ("confirming", "applying", "settling", "pruning", "healthy")
    assert {f"save {state}" for state in states} <= set(died)
    assert len([each for each in fate.deaths if each.startswith("save applying")]) == 2
    for write, least in (("widen", 2), ("settle", 2), ("put", 4), ("drop", 2)):
        assert len([each for each in fate.deaths if each.startswith(write)]) >= least, (write, fate.deaths)
    deleted = [each for each in fate.deaths if each.startswith("delete")]
    assert deleted == [f"delete ConfigMap {shop.prefix}/{name}-a" for name in ("late", "early")]
    assert_deleted_once(shop, "late-a", "early-a")


OLD, NEW = Target("prod", "old"), Target("prod", "new")


def test_a_renamed_app_takes_everything_along_wherever_workers_die(shop: Delivering) -> None:
    both = config_map("along", "a") + "---\n" + config_map("dropped", "a")
    assert shop.deliver(shop.commit({"old/all.yaml": both}, ("old",)), OLD).state is DeploymentState.HEALTHY
    uids = shop.kept(OLD)
    commit = shop.commit({"old/all.yaml": None, "new/all.yaml": config_map("along", "b")}, ("new",), ", was: old")
    fate = Fate(walks=True)
    row = lives(shop, shop.due(commit, NEW), fate)
    assert (row.state, row.progress.asked, row.conditions) == (DeploymentState.HEALTHY, (), ()), (
        row.progress,
        fate.deaths,
    )
    with shop.ports.ledger.begin() as tx:
        assert tx.jobs.due(look_job(shop.repository.key, OLD))
    while shop.mapped(OLD):
        with suppress(Died):
            look(mortal(shop.ports, fate), shop.repository.key, OLD)
        fate.next_life()
    assert shop.kept(NEW) == shop.mapped(NEW) == {"ConfigMap/along": uids["ConfigMap/along"]}
    assert shop.kept(OLD) == shop.mapped(OLD) == {}
    assert_deleted_once(shop, "dropped")
    assert len([each for each in fate.deaths if each.startswith(f"settle {shop.repository.key} {OLD}")]) == 1


@pytest.mark.parametrize("first_to_go", ["one", "two"])
def test_an_object_that_moves_is_handed_over_wherever_workers_die(shop: Delivering, first_to_go: str) -> None:
    one, two = Target("prod", "one"), Target("prod", "two")
    order = (one, two) if first_to_go == "one" else (two, one)
    name = f"moves-{first_to_go}"
    here, there, moves = (config_map(each, "a") + "---\n" for each in (f"{name}-one", f"{name}-two", name))
    first = shop.commit({"one/all.yaml": here + moves, "two/all.yaml": there}, ("one", "two"))
    assert {shop.deliver(first, each).state for each in (one, two)} == {DeploymentState.HEALTHY}
    uid = shop.kept(one)[f"ConfigMap/{name}"]
    commit = shop.commit({"one/all.yaml": here, "two/all.yaml": there + config_map(name, "b")}, ("one", "two"))
    fate = Fate(walks=True)
    for target in order:
        row = lives(shop, shop.due(commit, target), fate)
        assert (row.state, row.progress.asked, row.conditions) == (DeploymentState.HEALTHY, (), ()), row
    look(shop.ports, shop.repository.key, one)
    assert ours(shop)[name]["data"] == {"value": "b"}
    assert shop.kept(two)[f"ConfigMap/{name}"] == uid == ours(shop)[name]["metadata"]["uid"]
    assert shop.kept(one).keys() == {f"ConfigMap/{name}-one"}
    assert (shop.kept(one), shop.kept(two)) == (shop.mapped(one), shop.mapped(two))


def test_what_a_worker_wrote_last_is_remembered_when_its_commit_is_overtaken_and_goes_once_confirmed(
    shop: Delivering,
) -> None:
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit({"web/lost.yaml": config_map("lost", "x", wave=-1)}))
    with pytest.raises(Died):
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, Fate(after="apply ConfigMap/lost")))
    assert "lost" in ours(shop)
    assert "ConfigMap/lost" not in shop.kept() | shop.mapped()
    newer = shop.due(shop.commit({"web/lost.yaml": None}))
    waits = shop.until(newer, lambda each: each.state.ended or bool(each.conditions))
    assert waits.progress.asked == (f"delete ConfigMap {shop.prefix}/lost",)
    with shop.ports.ledger.begin() as tx:
        tx.deployments.save(replace(waits, confirmed=waits.conditions[0].subject))
    assert_ended_well(shop, shop.until(newer, lambda each: each.state.ended), "a")
    assert "lost" not in ours(shop)
    assert shop.row(row).state is DeploymentState.SUPERSEDED


def test_an_object_that_was_made_again_after_its_deletion_is_left_alone(shop: Delivering) -> None:
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit(side("b")))
    with pytest.raises(Died):
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, Fate(after="delete ConfigMap")))
    shop.access.wait_until("it is gone", lambda: "late-a" not in ours(shop))
    shop.access.apply_admin(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: late-a, namespace: {shop.prefix}}}\n")
    mine = ours(shop)["late-a"]["metadata"]["uid"]
    ended = shop.until(row, lambda each: each.state.ended)
    assert ended.state is DeploymentState.HEALTHY
    assert [(each.object.name, each.why) for each in ended.progress.kept] == [("late-a", Stays.RECREATED)]
    live = ours(shop)
    assert live["late-a"]["metadata"]["uid"] == mine
    assert "early-a" not in live
    assert "ConfigMap/late-a" not in shop.kept() | shop.mapped()
    shop.access.kubectl("delete", "configmap", "late-a", "-n", shop.prefix)


def test_one_target_that_fails_holds_up_none_of_forty(shop: Delivering) -> None:
    apps = [f"app-{number}" for number in range(40)]

    texts = {app: config_map(app, "one") for app in apps}
    texts["app-7"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-7}\ndata: [no, map]\n"
    commit = shop.commit({f"{app}/a.yaml": text for app, text in texts.items()}, apps)
    due = [shop.due(commit, Target("prod", app)) for app in apps]
    with ThreadPoolExecutor(8) as pool:
        ended = pool.map(lambda row: shop.until(row, lambda each: each.state.ended), due)
        rows = dict(zip(apps, ended, strict=True))
    assert [app for app, row in rows.items() if row.state is not DeploymentState.HEALTHY] == ["app-7"]
    assert rows["app-7"].state is DeploymentState.FAILED
