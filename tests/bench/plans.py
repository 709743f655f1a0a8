"""Plans beside `kubectl diff` in the same run (DESIGN §12): nothing verified yet, and the same again."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bot.domain.inventory import InventoryRow
from bot.ledger.tables import verified
from bot.objects.identity import key_of
from fixtures.cluster.access import Access
from fixtures.cluster.build import tools
from tests.bench.rows import Row, typical
from tests.live import manifests
from tests.live.conftest import Guarded
from tests.live.granted import SHOP, WEB, Granted, granted
from tests.live.planned import Scratch

CHANGED = 5
CONFIG = """version: 1
apps:
  web: {path: web, environments: [prod], namespace: NS, renderer: plain}
environments: {prod: {cluster: CLUSTER}}
"""


def plan_rows(guarded: Guarded, count: int) -> Iterator[Row]:
    """The two rows for an app of so many objects, of which a pull changes five."""
    with deployed(guarded, count) as shop:
        shop.plan()
        cold, again, peer = typical(shop.plan_cold, shop.plan, shop.diff)
    yield Row(f"plan of {count:,} objects, {CHANGED} changed, nothing verified", cold, 0.5, peer)
    yield Row(f"plan of {count:,} objects, {CHANGED} changed, again", again, 0.1, peer)


@dataclass(frozen=True)
class Shop:
    """An app, and a pull that changes some of it; both as they are sent."""

    guarded: Guarded
    bot: Granted
    folder: str
    base: str
    head: str
    before: str
    sent: str

    def plan(self) -> None:
        """Plan the pull."""
        row = self.bot.row(self.base, self.head)
        assert len(row.changes) == CHANGED, row.error

    def plan_cold(self) -> None:
        """Plan it with nothing verified, as a new installation does."""
        with self.bot.ledger.begin() as tx:
            tx.connection.execute(sa.delete(verified))
        self.plan()

    def diff(self) -> None:
        """The peer."""
        arguments = ["diff", "--server-side", "--field-manager=plumbline", "--force-conflicts", "-f", "-"]
        done = kubectl(self.guarded.access, self.folder, *arguments, stdin=self.sent)
        assert done.returncode == 1, done.stderr


@contextmanager
def written(guarded: Guarded, count: int) -> Iterator[Shop]:
    """As many Deployments, Services and ConfigMaps, a third each, in Git only."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        scratch, base, head = _repository(Path(folder) / "shop", guarded, count)
        bot = stack.enter_context(granted(guarded, scratch, Path(folder)))
        shop = Shop(guarded, bot, folder, base, head, bot.sent(scratch, base), bot.sent(scratch, head))
        yield shop
        guarded.access.kubectl("delete", "--wait=false", "-f", "-", stdin=shop.before, seconds=600)


@contextmanager
def deployed(guarded: Guarded, count: int) -> Iterator[Shop]:
    """The same, that live as the inventory says."""
    with written(guarded, count) as shop:
        options = ("--server-side", "--field-manager=plumbline", "-f", "-", "-o", "json")
        done = guarded.access.kubectl("apply", *options, stdin=shop.before, seconds=600)
        rows = [
            InventoryRow(key_of(live), live["apiVersion"], live["metadata"]["uid"], shop.base, "")
            for live in json.loads(done)["items"]
        ]
        with shop.bot.ledger.begin() as tx:
            tx.inventory.put(SHOP.key, WEB, rows)
        yield shop


def kubectl(access: Access, folder: str, *arguments: str, stdin: str) -> "subprocess.CompletedProcess[str]":
    """Run it as the administrator, whatever it exits with."""
    command = [str(tools() / "kubectl"), f"--kubeconfig={access.admin_kubeconfig}", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder}
    return subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True)


def _repository(folder: Path, guarded: Guarded, count: int) -> tuple[Scratch, str, str]:
    kinds = (manifests.DEPLOYMENT.replace("replicas: 2", "replicas: 0"), manifests.SERVICE, manifests.CONFIG)
    texts = [kinds[number % 3].replace("NAME", f"app-{number}") for number in range(count)]
    scratch = Scratch.make(folder)
    config = CONFIG.replace("NS", guarded.namespace).replace("CLUSTER", guarded.entry.name)
    base = scratch.commit({".plumbline.yaml": config, "web/all.yaml": "---\n".join(texts)})
    edits = (("app:1", "app:2"), ("port: 80,", "port: 81,"), ("plain: text", "plain: other"))
    for number in range(CHANGED):
        texts[number] = texts[number].replace(*edits[number % 3])
    return scratch, base, scratch.commit({"web/all.yaml": "---\n".join(texts)})
