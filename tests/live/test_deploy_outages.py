"""The API server dies at every request of a deployment, one after the other: it waits, says so, and ends well."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.domain.removals import Stays
from bot.domain.subjects import Target, look_job
from fixtures.cluster.access import Access
from fixtures.cluster.cluster import Cluster
from tests.live.delivering import Delivering
from tests.live.frail import AFTER, BEFORE, FrailClusters, Outage
from tests.live.sides import assert_deleted_once, assert_ended_well, config_map, deleted, ours, quick, side

pytestmark = pytest.mark.live

MANY = Target("prod", "many")
MOST = 500
"""More looks than one deployment takes with a server that dies at each request."""


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with quick(cluster, tmp_path_factory.mktemp("outages")) as found:
        yield found


def place(shop: Delivering, row: Deployment) -> str:
    """Where a deployment stands."""
    now = shop.row(row)
    return f"{now.state} {now.progress.wave}"


def says_that_it_waits(shop: Delivering, row: Deployment) -> None:
    """The row that met a dead server has not ended, names the cluster that it waits for, and is looked at again."""
    now = shop.row(row)
    assert not now.state.ended, now
    assert [(each.wait, each.subject) for each in now.conditions] == [(Wait.CLUSTER, "live")], now
    assert now.reason == "cluster live broke off the connection"
    with shop.ports.ledger.begin() as tx:
        assert tx.jobs.due(look_job(row.repository, row.target))


def looks(shop: Delivering, row: Deployment, outage: Outage, retries: int = 0) -> Iterator[tuple[str, str, str]]:
    """Looks until a row has ended; the newest death after each look that met one, while the server is still away."""
    ports = replace(shop.ports, clusters=FrailClusters(outage, retries))
    for _ in range(MOST):
        shop.look(row, ports)
        if outage.dead:
            yield outage.walked[-1]
            outage.start()
        elif shop.row(row).state.ended:
            return
    raise AssertionError((shop.row(row), outage.walked[-5:]))


def test_the_server_may_die_at_any_request_and_the_deployment_goes_on_once_it_is_back(shop: Delivering) -> None:
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit(side("b")))
    outage = Outage(lambda: place(shop, row))
    for _ in looks(shop, row, outage):
        says_that_it_waits(shop, row)
    assert_ended_well(shop, shop.row(row), "b")
    assert_deleted_once(shop, "late-a", "early-a")

    died = {(where, what.split(" ")[0], when) for where, what, when in outage.walked}
    read = {(f"{state} {wave}", "GET", BEFORE) for state in ("applying", "settling") for wave in (0, 1)}
    wrote = {(f"applying {wave}", "PATCH", when) for wave in (0, 1) for when in (BEFORE, AFTER)}
    removed = {("pruning 1", verb, when) for verb in ("DELETE", "PATCH") for when in (BEFORE, AFTER)}
    assert {("confirming 0", "GET", BEFORE), ("confirming 0", "try", BEFORE), ("pruning 1", "GET", BEFORE)} <= died
    assert read | wrote | removed <= died


@pytest.mark.parametrize("retries", [0, 2])
def test_what_somebody_made_again_while_the_server_was_away_is_left_alone(shop: Delivering, retries: int) -> None:
    """Whether the next look deletes once more, or the same request is repeated once the server is back at once."""
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit(side("b")))
    uids = {}

    def make_again(what: str, when: str) -> None:
        name = what.split(" ")[1].rpartition("/")[2]
        if (name, when) in (("late-a", BEFORE), ("early-a", AFTER)):
            if when == BEFORE:
                shop.access.kubectl("delete", "configmap", name, "-n", shop.prefix)
            shop.access.wait_until(f"{name} is gone", lambda: name not in ours(shop))
            shop.access.kubectl("create", "configmap", name, "-n", shop.prefix)
            uids[name] = ours(shop)[name]["metadata"]["uid"]
        if retries:
            outage.start()

    outage = Outage(lambda: place(shop, row), only="DELETE", meanwhile=make_again)
    for _ in looks(shop, row, outage, retries):
        assert not retries
    ended = shop.row(row)
    assert (ended.state, ended.reason) == (DeploymentState.HEALTHY, "")
    assert {name: ours(shop)[name]["metadata"]["uid"] for name in ("late-a", "early-a")} == uids
    assert {each.object.name: each.why for each in ended.progress.kept} == dict.fromkeys(uids, Stays.RECREATED)
    assert shop.kept() == shop.mapped()
    assert shop.kept().keys() == {"ConfigMap/both", "ConfigMap/early-b", "ConfigMap/late-b"}
    shop.access.kubectl("delete", "configmap", *uids, "-n", shop.prefix)


def test_a_server_killed_in_the_middle_of_a_wave_is_waited_for(shop: Delivering, own_cluster: Cluster) -> None:
    """With kill -9 and requests under way: once while a wave is applied, once while another one is deleted."""

    def many(name: str) -> str:
        names = [f"many-{number}" for number in range(12)] + [f"many-{name}-{number}" for number in range(5)]
        return shop.commit({"many/a.yaml": "---\n".join(config_map(each, name) for each in names)}, ("many",))

    assert shop.deliver(many("a"), MANY).state is DeploymentState.HEALTHY
    row = shop.due(many("b"), MANY)

    for only, state in (("PATCH configmaps/many-6 ", "applying"), ("DELETE configmaps/many-a-2 ", "pruning")):
        outage = Outage(lambda: place(shop, row), only, meanwhile=lambda *_: own_cluster.stop_apiserver())
        ports = replace(shop.ports, clusters=FrailClusters(outage))
        waits = shop.until(row, lambda each: bool(each.conditions), ports=ports)
        outage.start()
        assert (waits.state.value, outage.walked[-1][0]) == (state, f"{state} 0")
        assert waits.reason.startswith("cluster live ")
        own_cluster.start_apiserver()
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    live = shop.labelled(MANY)
    assert {body["data"]["value"] for body in live.values()} == {"b"}
    assert len(live) == 17
    assert shop.kept(MANY) == shop.mapped(MANY)
    assert shop.kept(MANY) == {f"ConfigMap/{each}": body["metadata"]["uid"] for each, body in live.items()}
    assert "many-a-2" in deleted(shop), "the one whose deletion never reached the server that was killed"
