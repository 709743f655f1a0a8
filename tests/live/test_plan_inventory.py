"""`plumbline plan` by a person's own account, beside an installation that deploys: it reads that one's inventory."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.deployments import DeploymentState
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering
from tests.live.planned import plan, plumbline
from tests.live.sides import config_map, quick

pytestmark = pytest.mark.live


def row_of(shop: Delivering, base: str, head: str, *more: object) -> Any:
    """The row that a plan with this account has, as JSON."""
    asked = ("--kubeconfig", shop.access.admin_kubeconfig, "--repository", shop.repository.key, *more)
    (row,) = plan(shop.scratch, base, head, *asked, "--format", "json").json["targets"]
    return row


def test_what_waits_to_be_deployed_is_told_from_drift_and_nothing_is_in_another_inventory(
    cluster: Access, tmp_path: Path
) -> None:
    with quick(cluster, tmp_path) as shop:
        bots = ("--inventory-namespace", shop.ports.operator.clusters["live"].inventory_namespace)
        row = shop.deliver(shop.commit({"web/a.yaml": config_map("a", "one")}))
        assert (row.state, row.reason) == (DeploymentState.HEALTHY, "")
        base = shop.commit({"web/a.yaml": config_map("a", "two")})
        head = shop.commit({"web/b.yaml": config_map("b", "one")})

        found = row_of(shop, base, head, *bots)
        assert [(each["object"]["name"], each["verb"]) for each in found["changes"]] == [("b", "create")]
        assert [each["object"]["name"] for each in found["pending"]] == ["a"]
        assert (found["drifted"], found["findings"]) == ([], [])
        sent = plumbline(
            "render", "prod/web", "--repo", shop.scratch.folder, "--repository", shop.repository.key, *bots
        )
        label = shop.access.get("configmaps", "-n", shop.prefix, "a")["metadata"]["labels"].popitem()[1]
        assert sent.out.count(label) == 2

        cluster.kubectl("patch", "configmap", "a", "-n", shop.prefix, "--type=merge", "-p", '{"data": {"value": "x"}}')
        (drifted,) = row_of(shop, base, head, *bots)["drifted"]
        assert [each["path"] for each in drifted["fields"]] == ["data.value"]
