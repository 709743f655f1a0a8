"""A worker dies before each of its writes, one after the other: whoever goes on leaves everything as it has to be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import Target
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
            return shop.until(row, lambda each: each.state.ended, ports=ports)
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


def test_an_object_that_was_made_again_after_its_deletion_is_left_alone(shop: Delivering) -> None:
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit(side("b")))
    with pytest.raises(Died):
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, Fate(after="delete ConfigMap")))
    assert "late-a" not in ours(shop)
    shop.access.apply_admin(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: late-a, namespace: {shop.prefix}}}\n")
    mine = ours(shop)["late-a"]["metadata"]["uid"]
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
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
