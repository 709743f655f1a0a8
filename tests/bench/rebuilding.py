"""`plumbline rebuild` after etcd was wiped: from an empty cluster until everything is healthy again.

In a cluster of its own, since it loses everything. Two environments, one after the other, five apps in each.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.ledger.ledger import open_ledger
from fixtures.cluster.cluster import Cluster
from fixtures.forge import Forge
from fixtures.world import Granted, World
from tests.bench.rows import Row, timed
from tests.handlers.shop import STAGING_THEN_PROD, Shop, config, settings, workload
from tests.live.conftest import Guarded

OBJECTS = 500
APPS = [f"app-{number}" for number in range(5)]
BUDGET = 60.0


def rebuild_rows(_: Guarded) -> Iterator[Row]:
    """The row for so many objects."""
    granted = Granted("acme/shop", ("shop-staging", "shop-prod"), "shop")
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder, Forge() as forge:
        url = f"sqlite:///{folder}/plumbline.db"
        world = World(cluster, forge, Path(folder), others=(granted,), database_url=url)
        world.grant()
        with closing(open_ledger(url)) as ledger:
            world.start()
            try:
                shop = Shop(world, granted, ledger)
                shop.wait_deployed(shop.begin(_files(shop)), "staging", "prod", seconds=300)
                cluster.wipe()
                world.grant()
                _wait_until_guarded(world)
                took = timed(lambda: world.plumbline("rebuild", "staging", "prod"))
                many = sum(len(shop.inventory(f"{name}/{app}")) for name in ("staging", "prod") for app in APPS)
                assert many == OBJECTS
                yield Row(f"rebuild {many} objects after etcd was wiped", took, BUDGET)
            finally:
                world.stop()


def _files(shop: Shop) -> dict[str, str | bytes | None]:
    files: dict[str, str | bytes | None] = {".plumbline.yaml": config(STAGING_THEN_PROD, APPS)}
    each = OBJECTS // 2 // len(APPS)
    for name, namespace in (("staging", shop.staging), ("prod", shop.prod)):
        for app in APPS:
            bodies = [settings(namespace, f"{app}-{number}") for number in range(each - 1)]
            files[f"apps/{app}/{name}/all.yaml"] = "---\n".join([*bodies, workload(namespace, app)])
    return files


def _wait_until_guarded(world: World) -> None:
    """A policy takes a moment to work after it was applied."""
    world.cluster.wait_until(
        "the guard", lambda: "fail" not in world.plumbline("doctor", codes=(0, 1)).split(), seconds=60
    )
