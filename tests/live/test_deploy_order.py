"""One tree of every stage into a cluster that has none of it: in order, once, and healthy."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.domain.deployments import DeploymentState
from bot.domain.grants import Cluster, Grant
from bot.domain.subjects import Target
from bot.objects.identity import Object
from bot.ports.clusters import Answer, Clusters, Refusal, Refused
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering, delivering
from tests.live.mortal import Fate, mortal
from tests.live.sides import config_map, written

pytestmark = pytest.mark.live

TREE = """
apiVersion: v1
kind: Namespace
metadata: {name: NAMESPACE}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
---
apiVersion: GROUP/v1
kind: Widget
metadata: {name: widget}
spec: {size: 3}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: NAMESPACE}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {CURRENCY: EUR}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {password: correct-horse}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {plumbline.dev/hook: before}}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "registry.example/web:1"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "registry.example/db:1"}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: "registry.example/agent:1"}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {plumbline.dev/depends-on: apps/namespaces/NAMESPACE/StatefulSet/db}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "registry.example/web:1"}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: worker}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}, minReplicas: 2, maxReplicas: 4}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  replicas: 0  # nobody measures anything here, and what is switched off needs no metrics
  selector: {matchLabels: {app: worker}}
  template: {metadata: {labels: {app: worker}}, spec: {containers: [{name: worker, image: "registry.example/web:1"}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: done, annotations: {argocd.argoproj.io/sync-wave: "5"}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: smoke, annotations: {helm.sh/hook: "post-install,post-upgrade"}}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: smoke, image: "registry.example/web:1"}]}}
"""
ORDER = [
    ["customresourcedefinitions/widgets.GROUP"],
    ["namespaces/NAMESPACE"],
    ["roles/web", "serviceaccounts/web"],
    ["rolebindings/web"],
    ["configmaps/settings", "secrets/password"],
    ["jobs/migrate-COMMIT"],
    ["daemonsets/agent", "deployments/worker", "services/web", "statefulsets/db", "widgets/widget"],
    ["deployments/web", "horizontalpodautoscalers/worker"],
    ["configmaps/done"],
    ["jobs/smoke-COMMIT"],
]


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with delivering(cluster, tmp_path_factory.mktemp("order")) as found:
        yield found


def tree(shop: Delivering, text: str = TREE) -> str:
    return text.replace("NAMESPACE", shop.prefix).replace("GROUP", shop.group)


def test_everything_goes_into_an_empty_cluster_in_order_and_each_hook_runs_once_per_commit(shop: Delivering) -> None:
    first = shop.commit({"web/all.yaml": tree(shop)})
    row = shop.deliver(first)
    assert (row.state, row.reason) == (DeploymentState.HEALTHY, "")
    assert (row.progress.done, row.progress.total) == (17, 17)
    order = written(shop)
    expected = [[tree(shop, name).replace("COMMIT", first[:10]) for name in step] for step in ORDER]
    at = 0
    for step in expected:
        assert sorted(order[at : at + len(step)]) == step
        at += len(step)
    assert len(order) == at
    assert shop.kept() == shop.mapped()

    changed = tree(shop).replace("EUR", "USD").replace("{size: 3}", "{size: 3, color: red}")
    changed = changed.replace("{size: {type: integer}}", "{size: {type: integer}, color: {type: string}}")
    second = shop.commit({"web/all.yaml": changed})
    again = shop.deliver(second)
    assert (again.state, again.reason) == (DeploymentState.HEALTHY, "")
    assert again.progress.kept == ()
    widgets = shop.live(f"widgets.{shop.group}")  # other tests define widgets too, and kubectl would pick one of them
    assert widgets["widget"]["spec"] == {"size": 3, "color": "red"}, "its definition had to change first"
    jobs = shop.live("jobs")
    assert jobs.keys() == {f"{name}-{second[:10]}" for name in ("migrate", "smoke")}
    assert jobs[f"smoke-{second[:10]}"]["status"]["succeeded"] == 1
    assert shop.kept() == shop.mapped()


RUNS_AS = """
apiVersion: v1
kind: Pod
metadata: {name: runs-as, namespace: NAMESPACE}
spec: {serviceAccountName: runs-as, containers: [{name: c, image: "registry.example/web:1"}]}
"""


def test_a_pod_and_the_account_that_it_runs_as_come_in_one_commit(shop: Delivering) -> None:
    target, text = Target("prod", "account"), tree(shop, RUNS_AS)
    alone = shop.deliver(shop.commit({"account/pod.yaml": text}, ("account",)), target)
    assert (alone.state, alone.progress.done) == (DeploymentState.FAILED, 0)
    assert "add the ServiceAccount to this app, or have it made" in alone.reason
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runs-as}\n"
    row = shop.deliver(shop.commit({"account/account.yaml": account}, ("account",)), target)
    assert (row.state, row.reason) == (DeploymentState.HEALTHY, "")


def test_many_objects_are_judged_with_few_requests(shop: Delivering) -> None:
    texts = [f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: many-{number}}}\n" for number in range(30)]
    row = shop.deliver(shop.commit({"many/a.yaml": "---\n".join(texts)}, ("many",)), Target("prod", "many"))
    assert row.state is DeploymentState.HEALTHY
    grant = shop.ports.operator.clusters["live"].grants[0]
    asked = [each for each in shop.access.audit(grant.apply_as) if "/configmaps/many-" in each.uri]
    assert len([each for each in asked if each.wrote]) == 30
    read = [each.uri for each in asked if each.verb == "get"]
    assert len(read) <= 60  # those of confirming, which looks twice for what is not there yet


def test_the_next_commit_sends_only_what_would_change_and_stands_for_everything(shop: Delivering) -> None:
    def commit(changed: str) -> str:
        texts = [settings(f"same-{number}", "x") for number in range(5)] + [settings("changed", changed)]
        return shop.commit({"again/a.yaml": "---\n".join(texts)}, ("again",))

    def settings(name: str, value: str) -> str:
        return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{x: '{value}'}}\n"

    target = Target("prod", "again")
    shop.deliver(commit("1"), target)
    shop.access.kubectl("patch", "configmap/same-1", "-n", shop.prefix, "-p", '{"data": {"x": "by hand"}}')
    grant = shop.ports.operator.clusters["live"].grants[0]
    before = len(shop.access.audit(grant.apply_as))
    newest = commit("2")
    assert shop.deliver(newest, target).state is DeploymentState.HEALTHY
    asked = shop.access.audit(grant.apply_as)[before:]
    assert sorted(each.name for each in asked if each.wrote) == ["changed", "same-1"]
    with shop.ports.ledger.begin() as tx:
        assert {row.commit for row in tx.inventory.of(shop.repository.key, target)} == {newest}


def test_the_inventory_is_widened_before_something_new_is_written_and_written_once_where_nothing_is_new(
    shop: Delivering,
) -> None:
    target = Target("prod", "journal")

    def steps(*texts: str) -> list[str]:
        fate = Fate()
        row = shop.due(shop.commit({"journal/a.yaml": "---\n".join(texts)}, ("journal",)), target)
        ended = shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, fate))
        assert ended.state is DeploymentState.HEALTHY, ended.reason
        return [step.partition(" ")[0] for step in fate.steps if step.startswith(("widen", "apply", "settle"))]

    assert steps(config_map("one", "v1")) == ["widen", "apply", "settle"]
    assert steps(config_map("one", "v2")) == ["apply", "settle"]
    assert steps(config_map("one", "v3"), config_map("two", "v1")) == ["widen", "apply", "apply", "settle"]
    shop.access.kubectl("delete", "configmap", "two", "-n", shop.prefix)
    assert steps(config_map("one", "v4"), config_map("two", "v1")) == ["widen", "apply", "apply", "settle"]
    assert shop.kept(target) == shop.mapped(target)


class Refusing:
    """Clusters that refuse so many more writes of a kind."""

    def __init__(self, inner: Clusters, kind: str, answer: Refused, left: int) -> None:
        self.inner, self.kind, self.answer, self.left = inner, kind, answer, left

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def apply(self, cluster: Cluster, grant: Grant) -> Any:
        api, refusing = self.inner.apply(cluster, grant), self

        class Applying:
            def __getattr__(self, name: str) -> Any:
                return getattr(api, name)

            def apply(self, body: Object, *, force: bool) -> Answer:
                if body["kind"] == refusing.kind and refusing.left > 0:
                    refusing.left -= 1
                    return refusing.answer
                return api.apply(body, force=force)

        return Applying()


def test_a_refusal_that_confirming_did_not_meet_says_what_helps(shop: Delivering) -> None:
    full = Refused(Refusal.QUOTA, 'configmaps "full" is forbidden: exceeded quota: shop, requested: configmaps=1')
    clusters = cast(Clusters, Refusing(shop.ports.clusters, "ConfigMap", full, 1))
    row = shop.due(shop.commit({"full/a.yaml": config_map("full", "one")}, ("full",)), Target("prod", "full"))
    row = shop.until(row, lambda each: each.state.ended, ports=replace(shop.ports, clusters=clusters))
    assert row.state is DeploymentState.FAILED
    assert row.reason.startswith(f"full/a.yaml:1: ConfigMap {shop.prefix}/full: ")
    assert row.reason.endswith("(lower what is requested, or have the quota raised)")


def test_an_object_whose_definition_changed_just_before_is_sent_again_until_the_server_has_taken_that_up(
    shop: Delivering,
) -> None:
    row = shop.deliver(shop.commit({"web/all.yaml": tree(shop)}))
    assert (row.state, row.reason) == (DeploymentState.HEALTHY, "")
    shaped = tree(shop).replace("{size: {type: integer}}", "{size: {type: integer}, shape: {type: string}}")
    row = shop.due(shop.commit({"web/all.yaml": shaped.replace("{size: 3}", "{size: 3, shape: round}")}))
    # As an API server does for a moment after it took a new definition (seen on 1.37: a tenth of a second).
    early = Refused(Refusal.TYPING, "failed to create typed patch object: .spec.shape: field not declared in schema")
    late = replace(shop.ports, clusters=cast(Clusters, Refusing(shop.ports.clusters, "Widget", early, 2)))
    row = shop.until(row, lambda each: "definition" in "".join(each.progress.waits_for) or each.state.ended, ports=late)
    waits = f"Widget {shop.prefix}/widget, whose definition changed, to be taken"
    assert row.progress.waits_for == (waits,), row.reason
    row = shop.until(row, lambda each: each.state.ended, ports=late)
    assert (row.state, row.reason) == (DeploymentState.HEALTHY, "")
    assert shop.live(f"widgets.{shop.group}")["widget"]["spec"] == {"size": 3, "shape": "round"}
