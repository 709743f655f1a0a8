"""A worker dies before any of its writes, one after the other: whoever goes on leaves everything as it has to be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.config import App
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import Target, say_commit_job
from bot.objects.read import read_stream
from bot.ports.renderer import Rendered, Setting
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering, delivering
from tests.live.mortal import Died, Fate, mortal

pytestmark = pytest.mark.live


class Quick:
    """The port Renderer for what these tests write, without a jail."""

    def render(self, checkout: Path, app: App, setting: Setting | None = None) -> Rendered:
        files = sorted((checkout / app.path).glob("*.yaml"))
        sources = [each for file in files for each in read_stream(file.read_bytes(), f"{app.path}/{file.name}")]
        return Rendered(tuple(sources), (app.path,))


MOST = 200
"""More steps than one deployment takes."""


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with delivering(cluster, tmp_path_factory.mktemp("kills")) as found:
        cluster.new_namespace(found.prefix)
        found.ports = replace(found.ports, renderer=Quick())
        yield found


def config_map(name: str, value: str, wave: int = 0) -> str:
    metadata = f"{{name: {name}, annotations: {{plumbline.dev/wave: '{wave}'}}}}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {{value: {value}}}\n"


def side(name: str) -> dict[str, str | None]:
    """Two waves: an object that each side changes, and one in each wave that only this side has."""
    text = "---\n".join(
        [config_map("both", name), config_map(f"early-{name}", name), config_map(f"late-{name}", name, 1)]
    )
    return {"web/all.yaml": text}


def killed(shop: Delivering, row: Deployment, fate: Fate) -> bool:
    """Whether a worker died on the way to the end of a deployment."""
    try:
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, fate))
    except Died:
        return True
    return False


def ours(shop: Delivering) -> dict[str, Any]:
    """The ConfigMaps that live, but for what the cluster itself puts into a namespace."""
    found = shop.live("configmaps")
    return {name: body for name, body in found.items() if name != "kube-root-ca.crt"}


def said(shop: Delivering, row: Deployment) -> bool:
    """Whether what the forge shows of a deployment is due, so that its check ends."""
    with shop.ports.ledger.begin() as tx:
        return tx.jobs.due(say_commit_job(row.repository, row.commit))


def test_a_worker_may_die_before_any_write_and_the_next_one_ends_it_well(shop: Delivering) -> None:
    assert shop.deliver(shop.commit(side("b"))).state is DeploymentState.HEALTHY
    walked: list[str] = []
    for at in range(1, MOST):
        name = "ab"[(at - 1) % 2]
        row = shop.due(shop.commit(side(name)))
        fate = Fate(at)
        died = killed(shop, row, fate)
        ended = shop.until(row, lambda each: each.state.ended)
        assert ended.state is DeploymentState.HEALTHY, (at, fate.steps, ended)
        live = shop.labelled()
        assert live["both"]["data"] == {"value": name}
        assert live.keys() == {"both", f"early-{name}", f"late-{name}"}, (at, fate.steps)
        uids = {f"ConfigMap/{each}": body["metadata"]["uid"] for each, body in live.items()}
        assert shop.kept() == shop.mapped() == uids, (at, fate.steps)
        assert said(shop, ended)
        if not died:
            walked = fate.steps
            break
    assert {"widen", "settle", "save", "put", "drop", "apply ConfigMap/both"} <= set(walked)
    assert [step for step in walked if step.startswith("delete")] == [
        f"delete ConfigMap {shop.prefix}/{each}" for each in (f"late-{other(name)}", f"early-{other(name)}")
    ]
    assert_deleted_once(shop)


def other(name: str) -> str:
    return "ab".replace(name, "")


def assert_deleted_once(shop: Delivering) -> None:
    """Between two creations of an object there is one accepted deletion of it, however often a worker died."""
    grant = shop.ports.operator.clusters["live"].grants[0]
    gone: set[str] = set()
    deletions = 0
    for entry in shop.access.audit(grant.apply_as):
        name = entry.uri.partition("?")[0]
        if entry.wrote and entry.verb == "delete":
            assert name not in gone, entry
            gone.add(name)
            deletions += 1
        elif entry.wrote:
            gone.discard(name)
    assert deletions > 10


def test_an_object_that_was_made_again_after_its_deletion_is_left_alone(shop: Delivering) -> None:
    assert shop.deliver(shop.commit(side("a"))).state is DeploymentState.HEALTHY
    row = shop.due(shop.commit(side("b")))
    assert killed(shop, row, Fate(10_000, after="delete ConfigMap"))
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
