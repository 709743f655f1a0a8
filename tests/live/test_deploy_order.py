"""One tree of every stage into a cluster that has none of it: in order, once, and healthy."""

from collections.abc import Iterator

import pytest

from bot.domain.deployments import DeploymentState
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering, delivering

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


def written(shop: Delivering) -> list[str]:
    """What the identity that applies wrote, in the order in which the server answered: `plural/name`."""
    grant = shop.ports.operator.clusters["live"].grants[0]
    entries = [each for each in shop.access.audit(grant.apply_as) if each.wrote]
    return ["/".join(each.uri.partition("?")[0].split("/")[-2:]) for each in entries]


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

    second = shop.commit({"web/all.yaml": tree(shop).replace("EUR", "USD")})
    again = shop.deliver(second)
    assert again.state is DeploymentState.HEALTHY
    assert again.progress.kept == ()
    jobs = shop.live("jobs")
    assert f"migrate-{second[:10]}" in jobs
    assert f"migrate-{first[:10]}" not in jobs
    assert jobs[f"smoke-{second[:10]}"]["status"]["succeeded"] == 1
