"""Hooks on a real API server: each runs once per commit, no two runs at once, and a chart's as Helm runs them."""

from collections.abc import Iterator

import pytest

from bot.domain.deployments import DeploymentState
from bot.domain.subjects import Target
from fixtures.cluster.access import Access
from tests.live.delivering import Delivering
from tests.live.mortal import Died, Fate, mortal
from tests.live.sides import quick, written

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivering]:
    with quick(cluster, tmp_path_factory.mktemp("hooks")) as found:
        yield found


def placed(shop: Delivering, text: str) -> str:
    return text.replace("NAMESPACE", shop.prefix)


ONCE = """
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: NAMESPACE, annotations: {plumbline.dev/hook: before}}
spec:
  ttlSecondsAfterFinished: 0
  template:
    metadata: {annotations: {fixture.plumbline.dev/run-for: TIME}}
    spec: {restartPolicy: Never, containers: [{name: c, image: "registry.example/web:1"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: behind, annotations: {plumbline.dev/depends-on: batch/namespaces/NAMESPACE/Job/once}}
"""


def runs(shop: Delivering) -> list[str]:
    return [each for each in written(shop) if each.startswith("jobs/once-")]


def test_a_hook_that_ended_and_is_gone_is_not_run_again_by_the_worker_that_goes_on(shop: Delivering) -> None:
    target = Target("prod", "once")
    commit = shop.commit({"once/a.yaml": placed(shop, ONCE).replace("TIME", "0.2s")}, ("once",))
    row = shop.due(commit, target)
    fate = Fate(until="apply Job/")
    with pytest.raises(Died):
        shop.until(row, lambda each: each.state.ended, ports=mortal(shop.ports, fate))
    shop.access.wait_until("the job is gone", lambda: f"once-{commit[:10]}" not in shop.live("jobs"))
    assert shop.until(row, lambda each: each.state.ended).state is DeploymentState.HEALTHY
    assert runs(shop) == [f"jobs/once-{commit[:10]}"]
    assert "behind" in shop.live("configmaps")


def test_a_newer_commit_waits_for_a_hook_that_still_runs(shop: Delivering) -> None:
    target = Target("prod", "twice")
    text = placed(shop, ONCE).replace("once", "twice").replace("behind", "twice")
    first = shop.due(shop.commit({"twice/a.yaml": text.replace("TIME", "600s")}, ("twice",)), target)
    shop.until(first, lambda each: each.state is DeploymentState.SETTLING)
    second = shop.due(shop.commit({"twice/a.yaml": text.replace("TIME", "0.2s")}, ("twice",)), target)
    waits = shop.until(second, lambda each: bool(each.progress.waits_for))
    assert waits.progress.waits_for == (
        f"Job {shop.prefix}/twice-{first.commit[:10]}, which still runs for another commit",
    )
    assert shop.row(first).state is DeploymentState.SUPERSEDED
    shop.access.release(shop.prefix)
    assert shop.until(second, lambda each: each.state.ended).state is DeploymentState.HEALTHY


RELEASE = """
apiVersion: batch/v1
kind: Job
metadata: {name: NAME, namespace: NAMESPACE, annotations: {helm.sh/hook: "WHEN", helm.sh/hook-delete-policy: "POLICY"}}
spec:
  template:
    metadata: {annotations: {fixture.plumbline.dev/run-for: 0.2s}}
    spec: {restartPolicy: Never, containers: [{name: c, image: "registry.example/web:1"}]}
---
"""


def test_hooks_of_a_chart_run_as_helm_runs_them_and_go_as_they_say(shop: Delivering) -> None:
    def release(value: str) -> str:
        hooks = [
            ("b-migrate", "pre-upgrade,pre-install", "hook-succeeded"),
            ("a-check", "pre-install,pre-upgrade", "before-hook-creation,hook-succeeded"),
            ("c-seed", "pre-install", "before-hook-creation"),
            ("d-notify", "post-upgrade", "hook-failed"),
        ]
        text = placed(shop, RELEASE)
        jobs = [text.replace("NAME", name).replace("WHEN", when).replace("POLICY", then) for name, when, then in hooks]
        config = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: release}}\ndata: {{value: {value}}}\n"
        return shop.commit({"release/a.yaml": "".join(jobs) + config}, ("release",))

    target = Target("prod", "release")
    for value, ran, stays in (("one", "abc", ["c-seed"]), ("two", "abd", ["d-notify"])):
        commit = release(value)
        row = shop.deliver(commit, target)
        assert (row.state, row.reason, row.progress.kept) == (DeploymentState.HEALTHY, "", ())
        applied = [each for each in written(shop) if each.endswith(commit[:10]) and each.startswith("jobs/")]
        order = list(dict.fromkeys(each.removeprefix("jobs/")[0] for each in applied))
        assert "".join(order) == ran
        mine = [name for name in shop.live("jobs") if name[:2] in ("a-", "b-", "c-", "d-")]
        assert mine == [f"{each}-{commit[:10]}" for each in stays]
        assert shop.kept(target) == shop.mapped(target)
        assert shop.kept(target).keys() == {"ConfigMap/release", f"Job/{stays[0]}-{commit[:10]}"}
    # Of a target that is there no more, as after its cluster was lost, another try is a first deployment again.
    shop.access.kubectl("delete", "configmap", "release", "-n", shop.prefix)
    assert shop.deliver(commit, target, attempt=2).state is DeploymentState.HEALTHY
    again = {each.removeprefix("jobs/")[0] for each in written(shop) if each.endswith(f"{commit[:10]}-2")}
    assert again == set("abc")
