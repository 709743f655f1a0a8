"""What a deployment deletes and replaces in a real cluster, and what it never does, each with its reason."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.delivery.look import look
from bot.domain.deployments import Deployment, DeploymentState, Wait
from bot.domain.removals import Stays
from bot.domain.subjects import Target
from fixtures.cluster.access import Access
from tests.live.delivering import WEB, Delivering, delivering

pytestmark = pytest.mark.live

PART_OF = "applyset.kubernetes.io/part-of"
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: cache}
spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}
"""
NAMES = ("leaves", "made-again", "unlabelled", "unmanaged", "annotated", "controlled", "held")


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with delivering(cluster, tmp_path_factory.mktemp("removals")) as found:
        cluster.new_namespace(found.prefix)
        yield found


def config_map(name: str, more: str = "", **annotations: str) -> str:
    said = json.dumps({key.replace("_", "/"): value for key, value in annotations.items()})
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, annotations: {said}}}\ndata: {{a: b}}\n{more}---\n"
    )


def committed(shop: Delivering, text: str, prune: str = "always", more: str = "") -> str:
    """A commit whose one app is this text."""
    app = f"path: web, environments: all, renderer: plain, namespace: {shop.prefix}{more}"
    config = f"version: 1\napps: {{web: {{{app}}}}}\nenvironments: {{prod: {{cluster: live, prune: {prune}}}}}\n"
    return shop.scratch.commit({".plumbline.yaml": config, "web/all.yaml": text})


def deletes(shop: Delivering) -> list[str]:
    """The objects whose deletion was really asked for and accepted, in order, by whoever applies here."""
    grant = shop.ports.operator.clusters["live"].grants[0]
    found = [each for user in (grant.apply_as, grant.plan_as) for each in shop.access.audit(user)]
    removed = [each for each in found if each.verb == "delete" and each.wrote]
    return [each.name for each in sorted(removed, key=lambda each: each.received)]


def kept(row: Deployment) -> dict[str, Stays]:
    return {each.object.name: each.why for each in row.progress.kept}


def test_with_any_key_missing_nothing_is_deleted_and_the_reason_is_kept(shop: Delivering) -> None:
    stays = config_map("stays")
    assert shop.deliver(committed(shop, stays + "".join(map(config_map, NAMES)))).state is DeploymentState.HEALTHY
    where = ("-n", shop.prefix)
    kubectl = shop.access.kubectl
    kubectl("delete", "configmap", "made-again", *where)
    kubectl("create", "configmap", "made-again", *where)
    kubectl("label", "configmap", "unlabelled", f"{PART_OF}-", *where)
    none = json.dumps({"metadata": {"managedFields": [{}]}})
    kubectl("patch", "configmap", "unmanaged", "--type=merge", "-p", none, *where)
    kubectl("annotate", "configmap", "annotated", "helm.sh/resource-policy=keep", *where)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "stays", "controller": True}
    owner |= {"uid": shop.live("configmap")["stays"]["metadata"]["uid"]}
    owned = json.dumps({"metadata": {"ownerReferences": [owner]}})
    kubectl("patch", "configmap", "controlled", "--type=merge", "-p", owned, *where)
    held = json.dumps({"metadata": {"finalizers": ["acme.io/cleanup"]}})
    kubectl("patch", "configmap", "held", "--type=merge", "-p", held, *where)

    row = shop.due(committed(shop, stays))
    waits = shop.until(row, lambda each: bool(each.progress.waits_for) and each.state is DeploymentState.PRUNING)
    assert "ConfigMap" in waits.progress.waits_for[0]
    assert "acme.io/cleanup" in waits.progress.waits_for[0]
    kubectl("patch", "configmap", "held", "--type=merge", "-p", '{"metadata": {"finalizers": null}}', *where)
    row = shop.until(row, lambda each: each.state.ended)
    assert row.state is DeploymentState.HEALTHY, row.reason
    assert kept(row) == {
        "made-again": Stays.RECREATED,
        "unlabelled": Stays.LABEL,
        "unmanaged": Stays.FIELD_MANAGER,
        "annotated": Stays.OPTED_OUT,
        "controlled": Stays.CONTROLLED,
    }
    assert sorted(deletes(shop)) == ["held", "leaves"]
    assert {*NAMES} - {*shop.live("configmap")} == {"held", "leaves"}
    assert "ConfigMap/made-again" not in shop.kept()
    assert "ConfigMap/unlabelled" in shop.kept()
    assert shop.kept() == shop.mapped()


def confirm(shop: Delivering, row: Deployment) -> None:
    """A deployer confirms what a row asks for, if it does."""
    now = shop.row(row)
    asked = next((each.subject for each in now.conditions if each.wait is Wait.CONFIRMATION), "")
    with shop.ports.ledger.begin() as tx:
        tx.deployments.save(replace(now, confirmed=asked))


def test_an_inventory_edited_by_hand_deletes_nothing(shop: Delivering) -> None:
    assert shop.deliver(committed(shop, config_map("edited") + config_map("goes"))).state is DeploymentState.HEALTHY
    before = deletes(shop)
    cluster = shop.ports.operator.clusters["live"]
    inventory = shop.ports.clusters.inventories(cluster).name_of(shop.repository.key, WEB)
    where = ("configmap", inventory.name, "-n", cluster.inventory_namespace)
    rows = shop.access.get(*where)["data"]["rows"]
    patched = json.dumps({"data": {"rows": rows.replace("edited", "stays")}})
    shop.access.kubectl("patch", *where, "--type=merge", "-p", patched)
    row = shop.deliver(committed(shop, config_map("edited")))
    assert (row.state, "cannot be believed" in row.reason) == (DeploymentState.FAILED, True)
    assert deletes(shop) == before
    assert "goes" in shop.live("configmap")
    # Taken away, only the ledger knows the rows: what goes then is confirmed first.
    shop.access.kubectl("delete", *where)
    row = shop.until(shop.due(committed(shop, config_map("edited", a="b"))), lambda each: bool(each.conditions))
    assert [each.wait for each in row.conditions] == [Wait.CONFIRMATION]
    assert row.progress.asked == (f"delete ConfigMap {shop.prefix}/goes",)
    confirm(shop, row)
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    assert deletes(shop) == [*before, "goes"]


def test_a_claim_and_a_large_share_go_only_when_a_person_names_them(shop: Delivering) -> None:
    many = [f"many-{number}" for number in range(6)]
    full = config_map("edited") + "".join(map(config_map, many)) + CLAIM
    # Nothing binds the claim here, which is no trouble of this test.
    healthy = ", health: {rules: [{kind: PersistentVolumeClaim, healthy: 'true'}]}"
    assert shop.deliver(committed(shop, full, more=healthy)).state is DeploymentState.HEALTHY
    before = deletes(shop)
    row = shop.until(shop.due(committed(shop, full.replace(CLAIM, ""))), lambda each: bool(each.conditions))
    assert row.progress.asked == (f"delete PersistentVolumeClaim {shop.prefix}/cache",)
    row = shop.until(shop.due(committed(shop, config_map("edited"))), lambda each: bool(each.conditions))
    assert len(row.progress.asked) == 7
    assert deletes(shop) == before
    confirm(shop, row)
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    assert sorted(deletes(shop)[len(before) :]) == ["cache", *many]


def test_under_prune_never_everything_stays(shop: Delivering) -> None:
    assert shop.deliver(committed(shop, config_map("edited") + config_map("never"))).state is DeploymentState.HEALTHY
    row = shop.deliver(committed(shop, config_map("edited"), "never"))
    assert row.state is DeploymentState.HEALTHY
    assert kept(row)["never"] is Stays.RULE
    assert "never" in shop.live("configmap")


def test_what_cannot_be_changed_is_replaced_where_it_says_so_and_else_once_confirmed(shop: Delivering) -> None:
    allowed = {"plumbline.dev_replace": "allowed"}
    first = config_map("free", "immutable: true\n", **allowed) + config_map("asks", "immutable: true\n")
    assert shop.deliver(committed(shop, first)).state is DeploymentState.HEALTHY
    uids = {name: shop.kept()[f"ConfigMap/{name}"] for name in ("free", "asks")}
    row = shop.due(committed(shop, first.replace("a: b", "a: c")))
    row = shop.until(row, lambda each: bool(each.conditions))
    assert row.progress.asked == tuple(f"replace ConfigMap {shop.prefix}/{name}" for name in ("asks", "free"))
    confirm(shop, row)
    row = shop.until(row, lambda each: each.state.ended)
    assert row.state is DeploymentState.HEALTHY, row.reason
    for name, uid in uids.items():
        live = shop.live("configmap")[name]
        assert live["data"] == {"a": "c"}
        assert live["metadata"]["uid"] == shop.kept()[f"ConfigMap/{name}"] != uid
    assert shop.kept() == shop.mapped()


KEEPS_DATA = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, annotations: {plumbline.dev/replace: allowed}}
spec: {accessModes: [MODE], storageClassName: none, resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, annotations: {plumbline.dev/replace: allowed}}
spec:
  replicas: 0
  serviceName: NAME
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "registry.example/db:1"}]}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
"""


def test_what_holds_data_is_replaced_only_once_a_person_named_it_whatever_its_annotation_says(shop: Delivering) -> None:
    def data(mode: str) -> str:
        healthy = ", health: {rules: [{kind: PersistentVolumeClaim, healthy: 'true'}]}"
        text = KEEPS_DATA.replace("MODE", mode).replace("NAME", mode.lower())
        return committed(shop, config_map("edited") + text, more=healthy)

    assert shop.deliver(data("ReadWriteOnce")).state is DeploymentState.HEALTHY
    before, uids = deletes(shop), shop.kept()
    row = shop.until(shop.due(data("ReadWriteMany")), lambda each: each.state.ended or bool(each.conditions))
    names = ("PersistentVolumeClaim/data", "StatefulSet/db")
    asked = (f"replace PersistentVolumeClaim {shop.prefix}/data", f"replace StatefulSet.apps {shop.prefix}/db")
    assert ([each.wait for each in row.conditions], row.progress.asked) == ([Wait.CONFIRMATION], asked), row
    with shop.ports.ledger.begin() as tx:
        plan = tx.plans.of_commit(row.repository, row.commit)
    assert plan is not None
    assert plan.targets[0].command == asked  # that people saw it is not enough
    assert deletes(shop) == before
    confirm(shop, row)
    row = shop.until(row, lambda each: each.state.ended)
    assert row.state is DeploymentState.HEALTHY, row.reason
    assert sorted(deletes(shop)[len(before) :]) == ["data", "db"]
    assert shop.live("persistentvolumeclaim")["data"]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert all(shop.kept()[name] != uids[name] for name in names)
    assert shop.kept() == shop.mapped()


def apps(shop: Delivering, listed: str, files: dict[str, str | None]) -> str:
    """A commit with these apps."""
    config = f"version: 1\napps:\n{listed}environments: {{prod: {{cluster: live, prune: always}}}}\n"
    return shop.scratch.commit({".plumbline.yaml": config, **files})


def app(shop: Delivering, name: str, folder: str, more: str = "") -> str:
    place = f"path: {folder}, environments: all, renderer: plain, namespace: {shop.prefix}"
    return f"  {name}: {{{place}{more}}}\n"


def test_a_renamed_app_takes_everything_along_and_nothing_is_made_anew(shop: Delivering) -> None:
    old, new = Target("prod", "old"), Target("prod", "new")
    both = config_map("along") + config_map("dropped")
    first = apps(shop, app(shop, "old", "old"), {"old/all.yaml": both})
    assert shop.deliver(first, old).state is DeploymentState.HEALTHY
    before, uids, live = deletes(shop), shop.kept(old), shop.live("configmap")
    second = apps(
        shop, app(shop, "new", "new", ", was: old"), {"old/all.yaml": None, "new/all.yaml": config_map("along")}
    )
    row = shop.until(shop.due(second, new), lambda each: each.state.ended or bool(each.conditions))
    assert (row.state, row.progress.asked) == (DeploymentState.HEALTHY, ()), row.reason
    look(shop.ports, shop.repository.key, old)
    assert shop.kept(new) == shop.mapped(new) == {"ConfigMap/along": uids["ConfigMap/along"]}
    assert shop.kept(old) == shop.mapped(old) == {}
    now = shop.live("configmap")["along"]["metadata"]
    assert now["uid"] == live["along"]["metadata"]["uid"]
    assert now["labels"][PART_OF] != live["along"]["metadata"]["labels"][PART_OF]
    assert deletes(shop) == [*before, "dropped"]
