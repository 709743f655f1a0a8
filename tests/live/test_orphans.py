"""Orphans in a real cluster are found and told, and none is touched."""

from collections.abc import Iterator

import pytest

from bot.delivery.orphans import Looking, orphans_of
from bot.domain.deployments import DeploymentState
from bot.domain.orphans import Orphans
from bot.domain.subjects import Target, orphans_job
from bot.objects.identity import ObjectKey
from bot.ports.audit import Wanted
from fixtures.cluster.access import Access
from handlers.orphans import look_for_orphans
from tests.live.delivering import WEB, Delivering
from tests.live.mortal import Died, Fate, mortal
from tests.live.sides import config_map, ours, quick, side

pytestmark = pytest.mark.live

# Its slices carry our label as well, which a controller copied.
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with quick(cluster, tmp_path_factory.mktemp("orphans")) as found:
        yield found


def orphans(shop: Delivering) -> tuple[Orphans, ...]:
    ports = shop.ports
    return orphans_of(Looking(ports.ledger, ports.operator, ports.clusters), shop.repository)


def told(shop: Delivering) -> list[str]:
    look_for_orphans(orphans_job(shop.repository.key), shop.ports)
    with shop.ports.ledger.begin() as tx:
        noted = [each.entry for each in tx.audit.page(0, Wanted(), 1000)]
    return [each.subject for each in noted if each.action == "orphans"]


def test_what_carries_our_label_and_stands_in_no_inventory_is_told_and_left(shop: Delivering) -> None:
    both = ("web", "svc")
    assert shop.deliver(shop.commit({**side("a"), "svc/a.yaml": SERVICE}, both)).state is DeploymentState.HEALTHY
    svc = shop.due(shop.commit({}, both), Target("prod", "svc"))
    assert shop.until(svc, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    assert orphans(shop) == ()
    key = ObjectKey("", "ConfigMap", shop.prefix, "late-a")
    with shop.ports.ledger.begin() as tx:
        tx.inventory.drop(shop.repository.key, WEB, [key])
    assert orphans(shop) == (Orphans(WEB, (key,)),)
    assert told(shop) == [f"1 object with the label of prod/web in no inventory: ConfigMap {shop.prefix}/late-a"]
    assert "late-a" in ours(shop)
    row = shop.due(shop.commit({"web/lost.yaml": config_map("lost", "x")}, both))
    with pytest.raises(Died):
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, Fate(after="apply ConfigMap/lost")))
    assert "lost" in ours(shop)
    assert orphans(shop) == ()  # it is being written
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    assert orphans(shop) == ()


def test_the_inventory_of_a_target_that_vanished_from_the_config_is_told(shop: Delivering) -> None:
    commit = shop.commit({"gone/a.yaml": config_map("stays", "x")}, ("web", "svc", "gone"))
    assert shop.deliver(commit, Target("prod", "gone")).state is DeploymentState.HEALTHY
    assert orphans(shop) == ()
    assert shop.deliver(shop.commit(side("b"), ("web", "svc"))).state is DeploymentState.HEALTHY
    expected = f"1 object left behind by prod/gone, which the config no longer has: ConfigMap {shop.prefix}/stays"
    assert told(shop)[-1] == expected
    assert "stays" in ours(shop)
