"""Planning among others: fields left to them, objects of theirs, what is missing, and what was broken before."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.config import IgnoreRule
from bot.objects.identity import key_of
from bot.planning.ignoring import left_alone
from fixtures.cluster.access import Access
from tests.live import manifests
from tests.live.planned import Scratch, plan, rendered

BROKEN = "a: [b\n"
HOOK = """---
apiVersion: v1
kind: Pod
metadata: {name: probe, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: a, image: "a:1"}]}
"""
RIGHTS = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: planner, namespace: NS}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, create, patch]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, list, create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: planner, namespace: NS}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: planner}
subjects: [{kind: User, name: "BOT"}]
"""
LOST = manifests.CONFIG.replace("name: NAME", "name: NAME\n  namespace: nowhere-at-all")
APPS = {
    "left": manifests.DEPLOYMENT,
    "scaled": manifests.DEPLOYMENT,
    "mended": BROKEN,
    "broken": BROKEN,
    "hooked": manifests.CONFIG + HOOK,
    "others": manifests.CONFIG,
    "fought": manifests.CONFIG,
    "secret": manifests.CONFIG,
    "lost": manifests.CONFIG,
    "unknown": manifests.CONFIG,
    "older": manifests.CRON,
    "hashed": manifests.CONFIG.replace("name: NAME", "name: hashed-7h5bt6mm2k"),
    "argo": manifests.CONFIG,
    "custom": manifests.CONFIG,
    "many": manifests.DEPLOYMENT,
}
HEAD = {
    "left": APPS["left"].replace("app:1", "app:2"),
    "scaled": APPS["scaled"].replace("app:1", "app:2"),
    "mended": manifests.CONFIG,
    "hooked": APPS["hooked"].replace("plain: text", "plain: other"),
    "others": APPS["others"].replace("plain: text", "plain: other"),
    "fought": APPS["fought"].replace("plain: text", "plain: other"),
    "secret": manifests.SECRET,
    "lost": LOST,
    "hashed": manifests.CONFIG.replace("name: NAME", "name: hashed-2k5bt6mm7h").replace("line two", "line 2"),
    "argo": APPS["argo"].replace("plain: text", "plain: other"),
    "custom": "---\n".join((manifests.DEFINITION, manifests.CUSTOM)).replace("size: 1", "sizes: 1").replace("NS.", ""),
    "older": manifests.CRON
    + "---\n"
    + manifests.CRON.replace("batch/v1", "batch/v1beta1").replace("NAME", "older-two"),
    "many": manifests.DEPLOYMENT.replace("replicas: 2", "replicas: 9999999999"),
    "unknown": "apiVersion: gone.acme.io/v1\nkind: Gadget\nmetadata: {name: NAME}\n",
}


@dataclass(frozen=True)
class Planned:
    """The rows by app, and the exit code."""

    rows: dict[str, Any]
    code: int
    scratch: Scratch
    base: str
    head: str
    namespace: str


@pytest.fixture(scope="module")
def planned(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """All cases in one repository: deployed, disturbed by others, then planned."""
    namespace = cluster.new_namespace()
    scratch = Scratch.make(tmp_path_factory.mktemp("cases") / "shop")
    apps: dict[str, Any] = {
        name: {"path": f"apps/{name}", "environments": ["prod"], "namespace": namespace} for name in APPS
    }
    apps["left"]["ignore"] = [{"kind": "Deployment", "field": "spec.replicas"}, {"field": "metadata.annotations"}]
    config = {"version": 1, "apps": apps, "environments": {"prod": {"cluster": "here"}}}
    base = scratch.commit({".plumbline.yaml": yaml.safe_dump(config), **_files(APPS)})
    head = scratch.commit(_files(HEAD))
    sound = [name for name, text in APPS.items() if text is not BROKEN]
    text = "---\n".join(rendered(scratch, f"prod/{name}", base) for name in sound if name not in ("others", "argo"))
    cluster.kubectl("apply", "--server-side", "--field-manager=plumbline", "-f", "-", stdin=text)
    _disturb(cluster, namespace)
    ended = plan(scratch, base, head, "--kubeconfig", cluster.admin_kubeconfig, "--format", "json")
    rows = {row["target"].removeprefix("prod/"): row for row in ended.json["targets"]}
    return Planned(rows, ended.code, scratch, base, head, namespace)


def _files(texts: dict[str, str]) -> dict[str, str | None]:
    return {f"apps/{name}/app.yaml": text.replace("NAME", name) for name, text in texts.items()}


def _disturb(cluster: Access, namespace: str) -> None:
    there = ("-n", namespace)
    cluster.kubectl("scale", "deployment/left", "--replicas=5", *there)
    cluster.kubectl("annotate", "deployment/left", "team=other", "--overwrite", *there)
    autoscaler = ("--subresource=scale", "--field-manager=kube-controller-manager", "--type=merge")
    cluster.kubectl("patch", "deployment/scaled", *autoscaler, "-p", '{"spec":{"replicas":6}}', *there)
    theirs = {"applyset.kubernetes.io/part-of": "applyset-theirs-v1"}
    other = yaml.safe_load(manifests.CONFIG.replace("NAME", "others"))
    other["metadata"]["labels"] = theirs
    cluster.kubectl("apply", "--server-side", "--field-manager=theirs", "-f", "-", *there, stdin=yaml.safe_dump(other))
    argo = yaml.safe_load(manifests.CONFIG.replace("NAME", "argo"))
    argo["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:x/argo"}
    cluster.kubectl("apply", "--server-side", "-f", "-", *there, stdin=yaml.safe_dump(argo))
    fought = yaml.safe_load(manifests.CONFIG.replace("NAME", "fought"))
    fought["data"] = {"plain": "theirs"}
    options = ("--server-side", "--field-manager=theirs", "--force-conflicts")
    cluster.kubectl("apply", *options, "-f", "-", *there, stdin=yaml.safe_dump(fought))
    cluster.kubectl("create", "secret", "generic", "secret", "--from-literal=password=somebodys", *there)


def paths(row: dict[str, Any]) -> list[str]:
    return [field["path"] for change in row["changes"] for field in change["fields"]]


def rules(row: dict[str, Any]) -> dict[str, str]:
    return {finding["rule"]: finding["level"] for finding in row["findings"]}


IMAGE = "spec.template.spec.containers[name=app].image"


def test_fields_that_a_rule_names_are_neither_changed_nor_drift(planned: Planned) -> None:
    row = planned.rows["left"]
    assert paths(row) == [IMAGE]
    assert not row["drifted"]
    assert row["counts"]["update"] == 1


def test_replicas_that_an_autoscaler_sets_are_left_to_it(planned: Planned) -> None:
    row = planned.rows["scaled"]
    assert paths(row) == [IMAGE]
    assert not row["drifted"]
    assert not row["findings"]


def test_what_is_sent_leaves_these_fields_as_they_live(cluster: Access, planned: Planned) -> None:
    body = yaml.safe_load(rendered(planned.scratch, "prod/left", planned.head))
    key = key_of(body)
    live = cluster.get("deployment", key.name, "-n", key.namespace)
    asked = (IgnoreRule("*", "Deployment", "*", "spec.replicas"), IgnoreRule("*", "*", "*", "metadata.annotations"))
    sent = left_alone(body, live, asked)
    cluster.kubectl("apply", "--server-side", "--field-manager=plumbline", "-f", "-", stdin=yaml.safe_dump(sent))
    after = cluster.get("deployment", key.name, "-n", key.namespace)
    assert after["spec"]["replicas"] == 5
    assert after["metadata"]["annotations"]["team"] == "other"
    assert after["spec"]["template"]["spec"]["containers"][0]["image"] == "app:2"


def test_a_target_that_fails_as_on_base_is_a_note_only_for_whoever_did_not_ask(planned: Planned) -> None:
    assert "broken" not in planned.rows or rules(planned.rows["broken"]) == {"broken-already": "note"}
    asked = plan(planned.scratch, planned.base, planned.head, "--target", "prod/broken")
    assert asked.code == 1
    assert "apps/broken/app.yaml:" in asked.out


def test_a_head_that_mends_a_broken_base_is_planned(planned: Planned) -> None:
    row = planned.rows["mended"]
    assert (row["state"], rules(row)) == ("changes", {"base-broken": "note"})
    assert [change["verb"] for change in row["changes"]] == ["create"]


def test_a_hook_that_is_never_applied_is_said_and_left_out(planned: Planned) -> None:
    row = planned.rows["hooked"]
    assert rules(row) == {"hook": "note"}
    assert [change["object"]["kind"] for change in row["changes"]] == ["ConfigMap"]


def test_an_object_of_another_inventory_needs_a_persons_word(planned: Planned) -> None:
    row = planned.rows["others"]
    assert rules(row)["owned-elsewhere"] == "block"
    assert row["counts"]["takeover"] == 1


def test_a_field_taken_from_another_applier_is_a_conflict(planned: Planned) -> None:
    row = planned.rows["fought"]
    assert rules(row) == {"conflict": "block"}
    assert [(f["path"], f["cause"]) for f in row["changes"][0]["fields"]] == [("data.plain", "taken-over")]


def test_an_object_that_argo_keeps_needs_a_persons_word_and_says_how_it_lets_go(planned: Planned) -> None:
    row = planned.rows["argo"]
    assert rules(row) == {"kept-by-another-tool": "block"}
    assert "`argocd app delete shop --cascade=false`" in row["findings"][0]["message"]


def test_a_new_hash_is_told_as_what_changed_in_it(planned: Planned) -> None:
    row = planned.rows["hashed"]
    assert [(change["object"]["name"], change["verb"]) for change in row["changes"]] == [
        ("hashed-2k5bt6mm7h", "create")
    ]
    assert paths(row) == ['data["app.conf"]']
    assert "hashed-2k5bt6mm7h takes its place" in row["findings"][0]["message"]


def test_a_custom_object_is_held_against_the_definition_that_comes_with_it(planned: Planned) -> None:
    row = planned.rows["custom"]
    assert [(each["rule"], each["field"], each["line"]) for each in row["findings"] if each["level"] == "warn"] == [
        ("schema", "spec.sizes", 21)
    ]
    assert [(change["object"]["kind"], change["verb"]) for change in row["changes"]] == [
        ("ConfigMap", "delete"),
        ("CustomResourceDefinition", "create"),
        ("Widget", "create"),
    ]


def test_a_secret_of_somebody_else_is_never_compared_with_what_lives(planned: Planned) -> None:
    row = planned.rows["secret"]
    secret = next(change for change in row["changes"] if change["object"]["kind"] == "Secret")
    assert secret["verb"] == "takeover"
    assert [field["before"] for field in secret["fields"]] == [None, None]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lost", "the namespace nowhere-at-all does not exist (add the Namespace to this app, or have it made)"),
        ("unknown", "the cluster does not serve the kind Gadget.gone.acme.io (install its definition first"),
        (
            "older",
            "CronJob NS/older-two: the cluster does not serve CronJob in batch/v1beta1, only in batch/v1 "
            "(write that apiVersion, with the fields it has)",
        ),
        (
            "many",
            "spec.replicas is too large a number for its field: the server would store another "
            "(2147483647 is the largest that fits)",
        ),
    ],
)
def test_what_is_missing_or_cannot_be_stored_is_an_error_with_a_remedy(planned: Planned, name: str, said: str) -> None:
    row = planned.rows[name]
    assert row["state"] == "error"
    assert said.replace("NS", planned.namespace) in row["error"]
    assert len([each for each in row["findings"] if each["level"] == "warn"]) == 1
    assert planned.code == 1


def test_what_the_planning_account_may_not_try_is_checked_on_apply(cluster: Access, tmp_path: Path) -> None:
    namespace = cluster.new_namespace()
    cluster.apply_admin(RIGHTS.replace("NS", namespace).replace("BOT", cluster.bot_user))
    may = ("auth", "can-i", "create", "configmaps", f"--as={cluster.bot_user}", "-n", namespace)
    cluster.wait_until("RBAC knows of it", lambda: cluster.kubectl(*may, codes=(0, 1)).strip() == "yes")
    scratch = Scratch.make(tmp_path / "shop")
    config = f"version: 1\napps: {{web: {{path: web, environments: [prod], namespace: {namespace}}}}}\n"
    parts = [text.replace("NAME", "web") for text in (manifests.CONFIG, manifests.SECRET, manifests.ROLE)]
    files = {".plumbline.yaml": config + "environments: {prod: {cluster: here}}\n", "web/README.md": ""}
    base = scratch.commit(dict(files))
    head = scratch.commit({"web/all.yaml": "---\n".join(parts)})
    asked = ("--kubeconfig", cluster.bot_kubeconfig)
    row = plan(scratch, base, head, *asked, "--format", "json").json["targets"][0]
    assert row["state"] == "changes"
    assert sorted(change["object"]["kind"] for change in row["changes"]) == ["ConfigMap", "Role", "Secret"]
    text = plan(scratch, base, head, *asked).out
    assert f"create Role {namespace}/web (checked on apply)" in text
    assert f"create Secret {namespace}/web (checked on apply)" in text
    assert f"create ConfigMap {namespace}/web\n" in text


def test_a_scratch_folder_is_not_written_to(planned: Planned) -> None:
    assert Path(planned.scratch.folder / ".git/HEAD").exists()
    assert planned.scratch.git("status", "--porcelain") == ""
