"""The four differences side by side: what the pull changes, what others merged, what drifted, what will be written."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from bot.domain.config import Environment
from bot.domain.inventory import InventoryRow
from bot.domain.plans import Change, TargetPlan
from bot.domain.subjects import Target
from bot.objects.identity import ObjectKey, key_of
from bot.planning.access import Access, Accesses
from bot.planning.make import PlanRequest, make_plan
from bot.wiring import Local, OwnAccount, local
from fixtures.cluster.access import Access as Cluster
from tests.live import manifests
from tests.live.planned import Scratch, rendered

CONFIG = (
    "version: 1\napps: {web: {path: web, environments: [prod], namespace: NS}}\nenvironments: {prod: {cluster: a}}\n"
)
IMAGE = "spec.template.spec.containers[name=app].image"


@dataclass(frozen=True)
class Remembering:
    """Accesses of somebody who knows what was written: these rows."""

    inner: Accesses
    rows: tuple[InventoryRow, ...]

    def open(self, target: Target, environment: Environment) -> Access:
        return replace(self.inner.open(target, environment), rows=self.rows)

    def applyset(self, target: Target, environment: Environment) -> str:
        return self.inner.applyset(target, environment)

    def close(self, target: Target, access: Access) -> None:
        self.inner.close(target, access)


@dataclass(frozen=True)
class Shop:
    """Three commits: what was deployed, what others merged since, and the pull's head."""

    scratch: Scratch
    deployed: str
    base: str
    head: str
    namespace: str


@pytest.fixture
def shop(cluster: Cluster, tmp_path: Path) -> Shop:
    namespace = cluster.new_namespace()
    scratch = Scratch.make(tmp_path / "shop")
    web, config = (text.replace("NAME", "web") for text in (manifests.DEPLOYMENT, manifests.CONFIG))
    first = {".plumbline.yaml": CONFIG.replace("NS", namespace), "web/web.yaml": web, "web/config.yaml": config}
    deployed = scratch.commit(dict(first))
    options = ("--server-side", "--field-manager=plumbline", "-f", "-")
    cluster.kubectl("apply", *options, stdin=rendered(scratch, "prod/web", deployed))
    service = manifests.SERVICE.replace("NAME", "web")
    web = web.replace("replicas: 2", "replicas: 3")
    base = scratch.commit({"web/web.yaml": web, "web/service.yaml": service})
    head = scratch.commit({"web/web.yaml": web.replace("app:1", "app:2")})
    return Shop(scratch, deployed, base, head, namespace)


def planned(cluster: Cluster, shop: Shop, *, head: str = "") -> TargetPlan:
    """The row, by somebody who remembers what the first commit wrote."""
    head = head or shop.head
    with local(shop.scratch.folder, "local:0", OwnAccount(cluster.admin_kubeconfig)) as here:
        here.planner.rendering.workspace.fetch(here.repository, shop.base, head, shop.deployed)
        planner = replace(here.planner, accesses=Remembering(here.planner.accesses, _rows(cluster, here, shop)))
        plan = make_plan(PlanRequest(here.repository, shop.base, head, head, everything=True), planner)
    assert plan is not None
    return plan.targets[0]


def _rows(cluster: Cluster, here: Local, shop: Shop) -> tuple[InventoryRow, ...]:
    """Rows as the first deployment wrote them; an object that was deleted since has lost its UID."""
    bodies = list(yaml.safe_load_all(rendered(shop.scratch, "prod/web", shop.deployed)))
    assert here.repository.key == "local:0"
    rows = []
    for body in bodies:
        found = cluster.get(body["kind"].lower(), "-n", shop.namespace)["items"]
        uid = next((each["metadata"]["uid"] for each in found if each["metadata"]["name"] == "web"), "gone")
        rows.append(InventoryRow(key_of(body), body["apiVersion"], uid, shop.deployed, ""))
    return tuple(rows)


def told(changes: tuple[Change, ...]) -> dict[str, list[str]]:
    return {change.object.kind: [field.path for field in change.fields] for change in changes}


def test_what_others_merged_is_pending_and_not_the_pulls_change(cluster: Cluster, shop: Shop) -> None:
    row = planned(cluster, shop)
    assert told(row.changes) == {"Deployment": [IMAGE]}
    assert {kind: len(paths) for kind, paths in told(row.pending).items()} == {"Deployment": 1, "Service": 3}
    assert told(row.pending)["Deployment"] == ["spec.replicas"]
    assert told(row.writes)["Deployment"] == ["spec.replicas", IMAGE]
    assert not row.drifted


def test_drift_is_told_from_what_was_last_written(cluster: Cluster, shop: Shop) -> None:
    cluster.kubectl("scale", "deployment/web", "--replicas=7", "-n", shop.namespace)
    row = planned(cluster, shop)
    assert told(row.changes) == {"Deployment": [IMAGE]}
    (drifted,) = row.drifted
    live, ours = drifted.fields[0].live, drifted.fields[0].ours
    assert (drifted.fields[0].path, live and live.plain, ours and ours.plain) == ("spec.replicas", "7", "2")
    assert told(row.writes)["Deployment"] == ["spec.replicas", IMAGE]


def test_a_lost_label_is_drift_and_a_deleted_object_too(cluster: Cluster, shop: Shop) -> None:
    cluster.kubectl("label", "configmap/web", "applyset.kubernetes.io/part-of-", "-n", shop.namespace)
    cluster.kubectl("delete", "deployment/web", "-n", shop.namespace)
    row = planned(cluster, shop, head=shop.base)
    deployment, config = sorted(row.drifted, key=lambda each: each.gone, reverse=True)
    assert (deployment.object, deployment.gone) == (ObjectKey("apps", "Deployment", shop.namespace, "web"), True)
    assert [field.path for field in config.fields] == ['metadata.labels["applyset.kubernetes.io/part-of"]']


def test_what_the_merge_takes_out_is_deleted_and_told_field_by_field(cluster: Cluster, shop: Shop) -> None:
    head = shop.scratch.commit({"web/config.yaml": None}, onto=shop.base)
    row = planned(cluster, shop, head=head)
    (change,) = row.changes
    assert (change.object.kind, change.verb, change.checked) == ("ConfigMap", "delete", True)
    assert all(field.after is None and field.before is not None for field in change.fields)
    assert row.dangers == (f"delete ConfigMap {shop.namespace}/web",)
    assert row.command == ()
    assert cluster.get("configmap", "web", "-n", shop.namespace)


def test_what_is_not_ours_any_more_stays_with_the_reason(cluster: Cluster, shop: Shop) -> None:
    head = shop.scratch.commit({"web/config.yaml": None}, onto=shop.base)
    cluster.kubectl("annotate", "configmap/web", "helm.sh/resource-policy=keep", "-n", shop.namespace)
    row = planned(cluster, shop, head=head)
    assert [(each.rule, each.object and each.object.kind) for each in row.findings] == [("left-in-place", "ConfigMap")]
    assert "it is annotated helm.sh/resource-policy: keep" in row.findings[0].message.plain
    assert not row.changes
    assert not row.dangers
