"""From a pull's webhook until its comment stands on the forge (DESIGN §12): the whole bot as its own process.

The worker is warm, as the budget says: the apps have been deployed and their deployments are healthy before the first
pull, so that what is measured is a pull and not the first delivery of all apps beside it.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.ledger.ledger import open_ledger
from fixtures.forge import Forge
from fixtures.world import Granted, World
from tests.bench.rows import Row
from tests.handlers.shop import Shop, config, settings, workload
from tests.live.conftest import Guarded

PULLS = 10

DELIVERED = 600.0
"""Seconds that the first delivery of all apps may take; it is not measured here."""


def comment_rows(guarded: Guarded) -> Iterator[Row]:
    """The row for one app and that for fifty, each from ten pulls one after the other."""
    begin = guarded.access.new_namespace()
    grants = [Granted(f"{begin}-{size}/shop", (f"{begin}-{size}",), f"{begin}-{size}") for size in (1, 50)]
    with tempfile.TemporaryDirectory() as folder, Forge() as forge:
        url = f"sqlite:///{folder}/plumbline.db"
        world = World(guarded.access, forge, Path(folder), others=tuple(grants), database_url=url)
        world.grant()
        with closing(open_ledger(url)) as ledger:
            world.start()
            try:
                one, fifty = (Shop(world, grant, ledger) for grant in grants)
                took = _took(one, 1)
                yield Row("webhook → comment, 1 app, p50", took[PULLS // 2], 2.0)
                took = _took(fifty, 50)
                yield Row("webhook → comment, 50 apps, p95", took[-1], 10.0)
            finally:
                world.stop()


def _took(shop: Shop, count: int) -> list[float]:
    """Seconds from each pull to its comment, sorted."""
    apps = [f"app-{number}" for number in range(count)]
    files: dict[str, str | bytes | None] = {".plumbline.yaml": config(apps=apps)}
    for app in apps:
        files[f"apps/{app}/staging/settings.yaml"] = settings(shop.staging, app)
        files[f"apps/{app}/staging/web.yaml"] = workload(shop.staging, app)
    shop.wait_deployed(shop.begin(files), seconds=DELIVERED)
    return sorted(_until_said(shop, apps, number) for number in range(PULLS))


def _until_said(shop: Shop, apps: list[str], number: int) -> float:
    """Seconds from a pull that changes every app to its comment. Then it is closed, or the comments of all before it
    would name it, and a forge takes few writes a minute."""
    edit = {f"apps/{app}/staging/settings.yaml": settings(shop.staging, app, f"C{number}") for app in apps}
    pull = shop.pull(edit)
    began = time.monotonic()
    while f"head <code>{shop.head(pull)[:7]}" not in (said := shop.comment(pull, "plan")) or "### Plan" not in said:
        if time.monotonic() - began > 60:
            raise TimeoutError(said + shop.world.log()[-2000:])
        time.sleep(0.02)
    took = time.monotonic() - began
    shop.world.forge.close_pull(pull, by="ana", repository=shop.path)
    return took
