"""Two trees of two waves each to deliver in turn, and what has to be true once that is done."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.domain.config import App
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import say_commit_job
from bot.objects.read import read_stream
from bot.ports.renderer import Rendered, Setting
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering, delivering


class Quick:
    """The port Renderer for what these tests write, without a jail."""

    def render(self, checkout: Path, app: App, setting: Setting | None = None) -> Rendered:
        files = sorted((checkout / app.path).glob("*.yaml"))
        sources = [each for file in files for each in read_stream(file.read_bytes(), f"{app.path}/{file.name}")]
        return Rendered(tuple(sources), (app.path,))

    def kept(self, checkout: Path) -> AbstractContextManager[None]:
        return nullcontext()


@contextmanager
def quick(cluster: Access, folder: Path) -> Iterator[Delivering]:
    """A repository whose commits are delivered into a namespace that is there, rendered without a jail."""
    with delivering(cluster, folder) as found:
        cluster.new_namespace(found.prefix)
        found.ports = replace(found.ports, renderer=Quick())
        yield found


def config_map(name: str, value: str, wave: int = 0) -> str:
    """A ConfigMap as YAML."""
    metadata = f"{{name: {name}, annotations: {{plumbline.dev/wave: '{wave}'}}}}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {{value: {value}}}\n"


def side(name: str) -> dict[str, str | None]:
    """Two waves: an object that each side changes, and one in each wave that only this side has."""
    text = "---\n".join(
        [config_map("both", name), config_map(f"early-{name}", name), config_map(f"late-{name}", name, 1)]
    )
    return {"web/all.yaml": text}


def ours(shop: Delivering) -> dict[str, Any]:
    """The ConfigMaps that live, but for what the cluster itself puts into a namespace."""
    found = shop.live("configmaps")
    return {name: body for name, body in found.items() if name != "kube-root-ca.crt"}


def assert_ended_well(shop: Delivering, row: Deployment, name: str) -> None:
    """This side lives and no other, as ledger and cluster remember it, and the check of its commit ends."""
    assert row.state is DeploymentState.HEALTHY, row
    live = shop.labelled()
    assert live.keys() == {"both", f"early-{name}", f"late-{name}"}
    assert live["both"]["data"] == {"value": name}
    uids = {f"ConfigMap/{each}": body["metadata"]["uid"] for each, body in live.items()}
    assert shop.kept() == shop.mapped() == uids
    with shop.ports.ledger.begin() as tx:
        assert tx.jobs.due(say_commit_job(row.repository, row.commit))


def assert_deleted_once(shop: Delivering, *names: str) -> None:
    """These ConfigMaps were deleted by whoever applies here, and between two creations of one it was accepted once."""
    assert set(names) <= set(deleted(shop))


def deleted(shop: Delivering) -> list[str]:
    """What whoever applies here deleted, by name. Raises AssertionError when something was deleted twice.

    A server that is killed leaves out what it answered last.
    """
    grant = shop.ports.operator.clusters["live"].grants[0]
    gone: set[str] = set()
    found = []
    for entry in shop.access.audit(grant.apply_as):
        name = entry.uri.partition("?")[0]
        if entry.wrote and entry.verb == "delete":
            assert name not in gone, entry
            gone.add(name)
            found.append(entry.name)
        elif entry.wrote:
            gone.discard(name)
    return found


def written(shop: Delivering) -> list[str]:
    """What the identity that applies wrote, in the order in which it came to the server: `plural/name`."""
    grant = shop.ports.operator.clusters["live"].grants[0]
    wrote = [each for each in shop.access.audit(grant.apply_as) if each.wrote]
    entries = sorted(wrote, key=lambda each: each.received)  # of two at once, either may be noted first
    return ["/".join(each.uri.partition("?")[0].split("/")[-2:]) for each in entries]
