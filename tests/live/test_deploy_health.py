"""What cannot become healthy ends or waits with its own clear reason."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from bot.comments.deployment import Standing, deployment_comment
from bot.comments.phrases import state
from bot.domain.deployments import LEAVING, Condition, Deployment, DeploymentState, Wait
from bot.domain.grants import Cluster, Grant
from bot.domain.subjects import Target
from bot.ports.clusters import Clusters
from fixtures.cluster.access import Access, KubectlFailed
from tests.live.delivering import Delivering, delivering

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with delivering(cluster, tmp_path_factory.mktemp("health"), pod_logs=True) as found:
        cluster.new_namespace(found.prefix)
        yield found


def waiting(row: Deployment) -> bool:
    return row.state is DeploymentState.WAITING and bool(row.conditions)


def test_a_foreign_namespace_that_is_not_there_is_waited_for_and_nothing_is_written_before(shop: Delivering) -> None:
    other = f"{shop.prefix}-other"
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {other}}}\n---\n"
    text += "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n"
    row = shop.until(shop.due(shop.commit({"web/a.yaml": text})), waiting)
    assert row.conditions == (Condition(Wait.NAMESPACE, other),)
    assert "here" not in shop.live("configmaps")
    assert shop.until(row, waiting).conditions == row.conditions
    leaving = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {other}, finalizers: [acme.io/last-word]}}\n"
    shop.access.apply_admin(leaving)
    shop.access.kubectl("delete", "namespace", other, "--wait=false")
    assert shop.look(row).conditions == (Condition(Wait.NAMESPACE, other, LEAVING),)
    patch = '{"metadata": {"finalizers": null}}'
    shop.access.kubectl("patch", "namespace", other, "--type=merge", "-p", patch)
    shop.access.kubectl("wait", "--for=delete", "namespace", other, "--timeout=60s")
    shop.access.new_namespace(other)
    ended = shop.until(row, lambda each: each.state.ended)
    assert ended.state is DeploymentState.HEALTHY
    assert "a" in shop.live("configmaps", other)


def test_a_mistake_in_git_is_told_as_the_plan_tells_it(shop: Delivering) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {pin: '1'}\n"
    commit = shop.commit({"mistaken/a.yaml": secret}, apps=("mistaken",))
    row = shop.deliver(commit, Target("prod", "mistaken"))
    assert (row.state, row.reason) == (DeploymentState.FAILED, "mistaken/a.yaml:1: `data.pin` is not base64")


def workload(kind: str, name: str, pod: str, more: str = "") -> str:
    """A workload of one pod in the app's namespace; `pod` is the pod's spec, `more` stands in the workload's."""
    labels = f"{{app: {name}}}"
    template = f"{{metadata: {{labels: {labels}}}, spec: {pod}}}"
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
        f"spec: {{selector: {{matchLabels: {labels}}}, {more}template: {template}}}\n"
    )


def job(name: str, policy: str, annotations: str = "plumbline.dev/hook: before") -> str:
    pod = f"{{restartPolicy: {policy}, containers: [{{name: c, image: 'registry.example/web:crash'}}]}}"
    return (
        f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n"
        f"spec: {{backoffLimit: 1, template: {{spec: {pod}}}}}\n"
    )


def image(tag: str) -> str:
    return f"{{containers: [{{name: c, image: 'registry.example/{tag}'}}]}}"


FINE = workload("Deployment", "behind", image("web:1"))
NOWHERE = "{nodeSelector: {nowhere: 'true'}, containers: [{name: c, image: 'registry.example/web:1'}]}"
NO_ADDRESS = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: lb, annotations: {fixture.plumbline.dev/no-address: '1'}}\n"
    "spec: {type: LoadBalancer, selector: {app: lb}, ports: [{port: 80}]}\n"
)
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
    "spec: {storageClassName: STUCK, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
)
LATE = "not healthy after 25 s: "
"""Only what nobody can know before has so little time: the others have to be told in their own words, however late."""

BACKOFF = "Job has reached the specified backoff limit"
CASES = {
    "crash": (workload("Deployment", "crash", image("web:crash")), "pod crash-.*, container c: exit code 1"),
    "missing": (
        workload("StatefulSet", "missing", image("web:missing"), "serviceName: a, "),
        "pod missing-0, container c: Back-off pulling image",
    ),
    "daemon": (workload("DaemonSet", "daemon", image("web:crash")), "pod daemon-.*, container c: exit code 1"),
    "unready": (
        workload("Deployment", "unready", image("web:unready")),
        f"^{LATE}.* 0 available; pod unready-.* is not ready, container c runs and does not pass its probe",
    ),
    "nowhere": (
        workload("Deployment", "nowhere", NOWHERE),
        f"^{LATE}.* pod nowhere-.* waits for a node: .*; last event FailedScheduling",
    ),
    "lb": (NO_ADDRESS, f"^{LATE}Service .*/lb: the load balancer has no address yet"),
    "claim": (CLAIM, f"^{LATE}PersistentVolumeClaim .*/data: the claim is not bound yet"),
    "hook": (f"{job('hook', 'Never')}---\n{FINE}", f"^Job .*/hook-[0-9a-f]{{10}}: .* exit code 1, Error; {BACKOFF}"),
    "repeats": (job("repeats", "OnFailure"), f"^Job .*/repeats-[0-9a-f]{{10}}: {BACKOFF}"),
    "quota": (workload("Deployment", "quota", image("web:1")), "^Deployment .*/quota: .*exceeded quota: none"),
    "sets": (
        workload("StatefulSet", "sets", image("web:1"), "serviceName: a, "),
        "^StatefulSet .*/sets: .*exceeded quota: none",
    ),
    "rule": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rule}\n",
        rf"^{LATE}ConfigMap .*/rule: its rule object\.data\.up == .* is not true yet",
    ),
}
STUCK = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: stuck-PREFIX}\nprovisioner: acme.io/none\n"


def quota(app: str) -> str:
    metadata = f"{{name: none, namespace: PREFIX-{app}}}"
    return f"apiVersion: v1\nkind: ResourceQuota\nmetadata: {metadata}\nspec: {{hard: {{pods: '0'}}}}\n"


def counts(shop: Delivering, app: str) -> bool:
    """Whether the quota is in force, with words of its own: before its first count another refusal says less."""
    return "hard" in shop.live("resourcequota", f"{shop.prefix}-{app}")["none"]["status"]


@pytest.fixture(scope="module")
def ended(shop: Delivering) -> Iterator[dict[str, Future[Deployment]]]:
    """Every case, side by side: each is an app in a namespace of its own."""
    files: dict[str, str | None] = {}
    for app, (text, _) in CASES.items():
        namespace = f"{shop.prefix}-{app}"
        shop.access.new_namespace(namespace)
        text = text.replace("STUCK", f"stuck-{shop.prefix}")
        files[f"{app}/all.yaml"] = text.replace("metadata: {name", f"metadata: {{namespace: {namespace}, name")
    shop.access.apply_admin(f"{STUCK}---\n{quota('quota')}---\n{quota('sets')}".replace("PREFIX", shop.prefix))
    shop.access.wait_until("the quotas count", lambda: all(counts(shop, app) for app in ("quota", "sets")))
    rules = "rules: [{kind: ConfigMap, healthy: \"object.data.up == 'yes'\"}]"
    late = [app for app, (_, reason) in CASES.items() if LATE in reason]
    commit = shop.commit(files, tuple(CASES), dict.fromkeys(late, f", health: {{timeout: 25s, {rules}}}"))
    with ThreadPoolExecutor(len(CASES)) as pool:
        yield {app: pool.submit(shop.deliver, commit, Target("prod", app)) for app in CASES}


@pytest.mark.parametrize("app", CASES)
def test_what_cannot_become_healthy_fails_with_its_own_reason(
    shop: Delivering, ended: dict[str, Future[Deployment]], app: str
) -> None:
    row = ended[app].result()
    assert row.state is DeploymentState.FAILED
    assert re.search(CASES[app][1], row.reason), row.reason
    if app == "hook":
        assert shop.live("deployments", f"{shop.prefix}-hook") == {}


@dataclass
class Talking:
    """A cluster whose failing containers say something, which the nodes of the fixture do not."""

    inner: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def log(self, namespace: str, pod: str, container: str, lines: int) -> list[str]:
        assert pod.startswith("talks-")
        return [f"{container} cannot connect to db:5432", "password=correct-horse-battery", "\x1b[31m<b>@ana</b>"]


@dataclass
class TalkingClusters:
    """Opens it for who applies."""

    inner: Clusters

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def apply(self, cluster: Cluster, grant: Grant) -> Any:
        return Talking(self.inner.apply(cluster, grant))


def test_what_a_failing_container_wrote_last_is_shown_redacted_where_the_operator_lets_it(shop: Delivering) -> None:
    target, clusters = Target("prod", "talks"), shop.ports.clusters
    commit = shop.commit({"talks/a.yaml": workload("Deployment", "talks", image("web:crash"))}, ("talks",))
    talking = replace(shop.ports, clusters=cast(Clusters, TalkingClusters(clusters)))
    row = shop.until(shop.due(commit, target), lambda each: each.state.ended, ports=talking)
    assert row.progress.log[0] == "c cannot connect to db:5432"
    assert "correct-horse" not in str(row)
    said = "".join(deployment_comment([Standing(row)]))
    assert "cannot connect to db:5432" in said
    assert not [word for word in ("correct-horse", "\x1b") if word in said]
    assert "`\\x1b[31m<b>@ana</b>`" in said  # a code span, where nothing renders


WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: dead-PREFIX}
webhooks:
- name: dead.acme.io
  clientConfig: {url: "https://127.0.0.1:1/"}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: PREFIX}}
  sideEffects: None
  admissionReviewVersions: [v1]
"""


def test_a_dead_webhook_is_waited_for_by_name(shop: Delivering) -> None:
    def called() -> bool:
        try:
            shop.access.kubectl("create", "configmap", "try", "--dry-run=server", "-n", shop.prefix)
        except KubectlFailed as failed:
            return "dead.acme.io" in failed.stderr
        return False

    shop.access.apply_admin(WEBHOOK.replace("PREFIX", shop.prefix))
    shop.access.wait_until("the webhook is called", called)
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gated}\n"
    target = Target("prod", "gated")
    row = shop.due(shop.commit({"gated/a.yaml": text}, ("gated",)), target)
    try:
        waits = shop.until(row, lambda each: bool(each.conditions))
    finally:
        shop.access.kubectl("delete", "validatingwebhookconfiguration", f"dead-{shop.prefix}")
    assert waits.conditions == (Condition(Wait.CLUSTER, "live"),)
    assert waits.reason == "cluster live cannot ask its admission webhook dead.acme.io"
    assert "waiting for the cluster live, which cannot ask its admission webhook dead" in state(waits)
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY


def test_a_workload_that_crashes_after_its_step_fails_the_deployment_before_the_next(shop: Delivering) -> None:
    target = Target("prod", "later")
    early = workload("Deployment", "early", image("web:1"))
    late = workload("Deployment", "late", image("web:unready"))
    texts = [early, late.replace("{name: late}", WAVE.replace("NAME", "late"), 1)]
    texts.append("apiVersion: v1\nkind: ConfigMap\nmetadata: " + WAVE.replace("NAME", "last").replace("'1'", "'2'"))
    row = shop.due(shop.commit({"later/a.yaml": "\n---\n".join(texts)}, ("later",)), target)
    shop.until(row, lambda each: each.state is DeploymentState.SETTLING and each.progress.wave == 1)
    pod = next(name for name in shop.live("pods") if name.startswith("early-"))
    shop.access.kubectl("patch", "pod", pod, "-n", shop.prefix, "--subresource=status", "-p", CRASHED)
    ended = shop.until(row, lambda each: each.state.ended)
    assert f"pod {pod}, container c: exit code 7" in ended.reason
    assert "last" not in shop.live("configmaps")


def test_another_try_of_a_commit_runs_its_hook_once_more(
    shop: Delivering, ended: dict[str, Future[Deployment]]
) -> None:
    first = ended["hook"].result()
    second = shop.deliver(first.commit, first.target, attempt=2)
    assert f"/hook-{first.commit[:10]}-2: " in second.reason


WAVE = "{name: NAME, annotations: {plumbline.dev/wave: '1'}}"
CRASHED = json.dumps(
    {
        "status": {
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [
                {
                    "name": "c",
                    "image": "x",
                    "imageID": "",
                    "ready": False,
                    "restartCount": 4,
                    "lastState": {"terminated": {"exitCode": 7, "reason": "Error"}},
                    "state": {"running": None, "waiting": {"reason": "CrashLoopBackOff"}},
                }
            ],
        }
    }
)
