"""What was seen to be as Git has it is not asked about again, for as long as nothing that decides the answer moved."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from bot.cluster.dry_run import PlanningCluster
from bot.cluster.open import KubernetesClusters
from bot.domain.grants import Cluster, Grant
from bot.domain.plans import TargetState
from bot.objects.identity import Object
from bot.ports.clusters import Answer
from fixtures.cluster.access import Access
from tests.live.conftest import KEY, Guarded, guard
from tests.live.granted import Granted, granted
from tests.live.planned import Scratch

pytestmark = pytest.mark.live

CONFIG = """version: 1
apps:
  web: {path: web, environments: [prod], namespace: NS, renderer: plain}
environments: {prod: {cluster: CLUSTER}}
"""
COUNT = 4
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm-%d}\ndata: {a: b}\n---\n"
LIMITS = """
apiVersion: v1
kind: LimitRange
metadata: {name: l, namespace: NS}
spec: {limits: [{type: Pod, max: {cpu: 1}}]}
"""
WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NAME}
"""
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    subresources: {status: {}}
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""
WIDGET = "apiVersion: GROUP/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n"


class Counting(PlanningCluster):
    """Counts the dry-runs."""

    asked: list[str]

    def dry_apply(self, body: Object, *, force: bool) -> Answer:
        self.asked.append(body["metadata"]["name"])
        return super().dry_apply(body, force=force)


class CountingClusters(KubernetesClusters):
    """Clusters that count what planning asks."""

    def __init__(self) -> None:
        super().__init__(KEY)
        self.asked: list[str] = []

    def plan(self, cluster: Cluster, grant: Grant) -> Counting:
        real = super().plan(cluster, grant)
        counting = Counting(real.gateway, real.discovery)
        counting.asked = self.asked
        return counting


@dataclass(frozen=True)
class Shop:
    """A repository whose objects live, the bot that plans it, and what it asked about."""

    guarded: Guarded
    scratch: Scratch
    bot: Granted
    base: str
    asked: list[str]

    def asks(self, head: str = "") -> list[str]:
        """The objects that planning asked about."""
        self.asked.clear()
        row = self.bot.row(self.base, head or self.base)
        assert row.state is not TargetState.ERROR, row.error
        return sorted(set(self.asked))

    def patch(self, what: str, change: object) -> None:
        self.guarded.access.kubectl(
            "patch", what, "-n", self.guarded.namespace, "--type=merge", "-p", json.dumps(change)
        )


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    guarded = guard(cluster)  # of its own: others have a definition of a Widget as well
    folder = tmp_path_factory.mktemp("verified")
    scratch = Scratch.make(folder / "shop")
    guarded.access.apply_admin(DEFINITION.replace("GROUP", guarded.group))
    published = f"apis/{guarded.group}/v1"
    guarded.access.wait_until(
        "its schema is published", lambda: published in guarded.access.kubectl("get", "--raw", "/openapi/v3")
    )
    config = CONFIG.replace("NS", guarded.namespace).replace("CLUSTER", guarded.entry.name)
    texts = "".join(CONFIG_MAP % number for number in range(COUNT)) + WIDGET.replace("GROUP", guarded.group)
    base = scratch.commit({".plumbline.yaml": config, "web/all.yaml": texts})
    clusters = CountingClusters()
    with granted(guarded, scratch, folder, clusters) as bot:
        options = ("--server-side", "--field-manager=plumbline", "-f", "-")
        guarded.access.kubectl("apply", *options, stdin=bot.sent(scratch, base))
        yield Shop(guarded, scratch, bot, base, clusters.asked)


MAPS = [f"cm-{number}" for number in range(COUNT)]
ALL = [*MAPS, "w"]


def test_what_was_verified_costs_no_call_and_what_changes_always_does(shop: Shop) -> None:
    assert shop.asks() == ALL
    assert shop.asks() == []
    text = (shop.scratch.folder / "web/all.yaml").read_text()
    head = shop.scratch.commit(
        {"web/all.yaml": text.replace("{name: cm-1}\ndata: {a: b}", "{name: cm-1}\ndata: {a: c}")}
    )
    assert shop.asks(head) == ["cm-1"]
    assert shop.asks(head) == ["cm-1"], "a change is no proof that nothing changes"


def test_a_live_edit_is_asked_about_and_status_is_none(shop: Shop) -> None:
    shop.asks()
    shop.patch("configmap/cm-2", {"data": {"a": "edited"}})
    shop.patch(f"widgets.{shop.guarded.group}/w", {"metadata": {"annotations": {"x": "y"}}})
    assert shop.asks() == ["cm-2", "w"]
    assert shop.asks() == ["cm-2"], "an edit stays drift; an added annotation changes nothing"
    status = ("--subresource=status", "--type=merge")
    shop.guarded.access.kubectl(
        *("patch", f"widgets.{shop.guarded.group}/w", "-n", shop.guarded.namespace, *status),
        *("-p", '{"status": {"phase": "Up"}}'),
    )
    shop.patch("configmap/cm-2", {"data": {"a": "b"}})
    asked = shop.asks()
    assert asked == ["cm-2"], "its owner is another one now, though the value is the same"


def test_whatever_decides_an_answer_makes_everything_asked_again(shop: Shop) -> None:
    access, namespace = shop.guarded.access, shop.guarded.namespace
    changes: dict[str, Callable[[], object]] = {
        "a webhook": lambda: access.apply_admin(WEBHOOK.replace("NAME", namespace)),
        "a schema": lambda: access.apply_admin(
            DEFINITION.replace("GROUP", shop.guarded.group).replace("integer", "integer, default: 2")
        ),
        "a limit": lambda: access.apply_admin(LIMITS.replace("NS", namespace)),
        "the namespace's labels": lambda: access.kubectl("label", "namespace", namespace, "x=y"),
    }
    for what, change in changes.items():
        shop.asks()
        assert set(shop.asks()) <= {"cm-2"}
        change()
        access.wait_until(what, lambda: shop.asks() == ALL)
    access.kubectl("delete", "validatingwebhookconfiguration", namespace)


def test_an_identity_that_may_not_read_what_decides_is_told_nothing(shop: Shop) -> None:
    planner = shop.guarded.clusters.plan(shop.guarded.entry, shop.guarded.grant)
    assert planner.surroundings("") is not None
    assert planner.surroundings(shop.guarded.namespace) is not None
    assert planner.surroundings(shop.guarded.accounts) is None
    applier = shop.guarded.clusters.apply(shop.guarded.entry, shop.guarded.grant)
    assert applier.surroundings("") is None
