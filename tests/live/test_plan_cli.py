"""`plumbline plan` from the command line against a real API server, with `kubectl diff` as the judge."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.cluster.access import Access
from fixtures.cluster.build import tools
from tests.live import manifests
from tests.live.bodies import differences, flat
from tests.live.planned import Scratch, plan, rendered

CONFIG = """version: 1
apps:
  web: {path: apps/web, environments: [prod], namespace: NS, renderer: plain}
environments: {prod: {cluster: here}}
"""
EDITS = {
    "image": ("image: app:1", "image: app:2"),
    "sidecar": ("      containers:\n", "      containers:\n" + manifests.SIDECAR),
    "variable removed": ("        - {name: B, value: b}\n", ""),
    "scaled": ("replicas: 2", "replicas: 1"),
    "probe removed": (manifests.PROBE, ""),
    "ports": ("port: 80, targetPort: 8080", "port: 81, targetPort: 8080"),
    "lines of a file": ("line two", "line 2"),
    "annotation": ("{team: shop}", "{team: web}"),
}
ANSWER = {
    "targets": ["target", "state", "error", "counts", "findings", "changes", "pending", "drifted"],
    "counts": ["create", "update", "delete", "replace", "takeover", "drift"],
    "changes": ["object", "verb", "fields"],
    "drifted": ["object", "fields"],
}


@pytest.fixture(scope="module")
def shop(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scratch, str, str]:
    """A repository with one app that is deployed as its first commit has it: the repository, that commit, namespace."""
    return deployed(cluster, tmp_path_factory.mktemp("shared"))


@pytest.fixture
def own_shop(cluster: Access, tmp_path: Path) -> tuple[Scratch, str, str]:
    """The same, for a test that disturbs what is deployed."""
    return deployed(cluster, tmp_path)


def deployed(cluster: Access, folder: Path) -> tuple[Scratch, str, str]:
    namespace = cluster.new_namespace()
    scratch = Scratch.make(folder / "shop")
    text = "---\n".join((manifests.DEPLOYMENT, manifests.SERVICE, manifests.CONFIG, manifests.SECRET))
    files = {".plumbline.yaml": CONFIG.replace("NS", namespace), "apps/web/web.yaml": text.replace("NAME", "web")}
    base = scratch.commit(dict(files))
    options = ("--server-side", "--field-manager=plumbline", "--force-conflicts", "-f", "-")
    cluster.kubectl("apply", *options, stdin=rendered(scratch, "prod/web", base))
    return scratch, base, namespace


def edited(shop: tuple[Scratch, str, str], *pairs: tuple[str, str]) -> str:
    """A commit with these replacements on top of the first one."""
    scratch, base, _ = shop
    scratch.git("checkout", "-q", "--detach", base)
    text = (scratch.folder / "apps/web/web.yaml").read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return scratch.commit({"apps/web/web.yaml": text})


def judged(cluster: Access, sent: str, folder: Path) -> dict[str, set[str]]:
    """The fields that `kubectl diff` changes, per object, with the server's defaults for what is new in them."""
    script = folder / "keep"
    script.write_text(f'#!/bin/sh\ncp -r "$1" {folder}/live\ncp -r "$2" {folder}/merged\nexit 1\n')
    script.chmod(0o755)
    arguments = ["diff", "--server-side", "--field-manager=plumbline", "--force-conflicts", "-f", "-"]
    command = [str(tools() / "kubectl"), f"--kubeconfig={cluster.admin_kubeconfig}", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "KUBECTL_EXTERNAL_DIFF": str(script)}
    done = subprocess.run(command, input=sent, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found = {}
    for file in sorted((folder / "merged").glob("*")):
        live, merged = (yaml.safe_load((folder / side / file.name).read_text()) for side in ("live", "merged"))
        paths = {path for path in differences(live, merged) if not path.endswith("#")}
        found[merged["kind"]] = {path for path in paths if "resourceVersion" not in path}
    return {kind: paths for kind, paths in found.items() if paths}


@pytest.mark.parametrize("name", EDITS)
def test_changed_fields_are_those_of_kubectl_diff_without_defaults(
    cluster: Access, shop: tuple[Scratch, str, str], tmp_path: Path, name: str
) -> None:
    scratch, base, _ = shop
    head = edited(shop, EDITS[name])
    sent = rendered(scratch, "prod/web", head)
    written = {path for body in yaml.safe_load_all(sent) for path in flat(body)}
    told = plan(scratch, base, head, "--kubeconfig", cluster.admin_kubeconfig, "--format", "json").json
    changes = told["targets"][0]["changes"]
    mine = {change["object"]["kind"]: {field["path"] for field in change["fields"]} for change in changes}
    theirs = judged(cluster, sent, tmp_path)
    assert mine.keys() == theirs.keys()
    for kind, paths in theirs.items():
        assert mine[kind] <= paths
        assert {path for path in paths if path in written} <= mine[kind]
        assert not {path for path in mine[kind] if "terminationMessage" in path or "imagePullPolicy" in path}


def test_the_json_has_the_keys_that_are_promised(cluster: Access, own_shop: tuple[Scratch, str, str]) -> None:
    scratch, base, namespace = own_shop
    head = edited(own_shop, EDITS["image"], ("password: correct-horse", "password: battery-staple"))
    cluster.kubectl("--as=ana", "--as-group=system:masters", "scale", "deployment/web", "--replicas=4", "-n", namespace)
    cluster.kubectl("set", "env", "deployment/web", "B=edited", "-n", namespace, "--field-manager=kubectl-edit")
    ended = plan(scratch, base, head, "--kubeconfig", cluster.admin_kubeconfig, "--format", "json")
    assert ended.code == 2
    assert list(ended.json) == ["digest", "targets"]
    row = ended.json["targets"][0]
    for key, names in ANSWER.items():
        found = {"targets": row, "counts": row["counts"]}.get(key) or row[key][0]
        assert list(found) == names
    assert (row["target"], row["state"], row["error"]) == ("prod/web", "changes", None)
    assert row["counts"] == {"create": 0, "update": 2, "delete": 0, "replace": 0, "takeover": 0, "drift": 1}
    fields = {(field["path"], field["cause"]) for change in row["changes"] for field in change["fields"]}
    assert fields == {("spec.template.spec.containers[name=app].image", "git"), ("data.password", "git")}
    secret = next(change for change in row["changes"] if change["object"]["kind"] == "Secret")["fields"][0]
    assert re.fullmatch(r"changed \([0-9a-f]{4}\)", secret["before"])
    assert secret["before"] != secret["after"]
    assert "Y29ycmVjd" not in ended.out
    assert "battery" not in ended.out


def test_drift_stands_apart_with_manager_and_time(cluster: Access, own_shop: tuple[Scratch, str, str]) -> None:
    scratch, base, namespace = own_shop
    cluster.kubectl("set", "env", "deployment/web", "B=edited", "-n", namespace, "--field-manager=kubectl-edit")
    cluster.kubectl("set", "env", "deployment/web", "NEW=one", "-n", namespace, "--field-manager=kubectl-edit")
    cluster.kubectl("delete", "service/web", "-n", namespace)
    head = edited(own_shop, EDITS["lines of a file"])
    row = plan(scratch, base, head, "--kubeconfig", cluster.admin_kubeconfig, "--format", "json").json["targets"][0]
    assert [change["object"]["kind"] for change in row["changes"]] == ["ConfigMap"]
    drifted = {each["object"]["kind"]: each["fields"] for each in row["drifted"]}
    env = "spec.template.spec.containers[name=app].env"
    edit, foreign = drifted["Deployment"]
    assert (edit["path"], edit["live"], edit["ours"]) == (f"{env}[name=B].value", "edited", "b")
    assert edit["manager"] == "kubectl-edit"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", edit["time"])
    assert (foreign["path"], foreign["ours"], foreign["manager"]) == (f"{env}[name=NEW].value", None, "kubectl-edit")
    assert drifted["Service"] == []


def test_the_exit_code_tells_nothing_something_and_errors(cluster: Access, own_shop: tuple[Scratch, str, str]) -> None:
    scratch, base, namespace = own_shop
    asked = ("--kubeconfig", cluster.admin_kubeconfig)
    assert plan(scratch, base, base, *asked).code == 0
    assert plan(scratch, base, edited(own_shop, ("cpu: 1000m", "cpu: 1")), *asked).code == 0
    assert plan(scratch, base, edited(own_shop, EDITS["image"]), *asked).code == 2
    wrong = plan(scratch, base, edited(own_shop, ("replicas: 2", "replica: 2")), *asked)
    assert wrong.code == 1
    assert "apps/web/web.yaml:1: Deployment" in wrong.out
    assert ".spec.replica: field not declared in schema" in wrong.out
    cluster.kubectl("scale", "deployment/web", "--replicas=3", "-n", namespace)
    assert plan(scratch, base, base, *asked).code == 2


def test_mistakes_are_told_with_what_helps(shop: tuple[Scratch, str, str], tmp_path: Path) -> None:
    scratch, base, _ = shop
    unknown = plan(scratch, base, base, "--target", "prod/none")
    assert (unknown.code, unknown.err) == (1, "plumbline: there is no target prod/none (targets are: prod/web)\n")
    assert plan(scratch, base, "nowhere").code == 1
    assert "nowhere" in plan(scratch, base, "nowhere").err
    assert plan(Scratch(tmp_path), base, base).code == 1
    bare = Scratch.make(tmp_path / "bare")
    first = bare.commit({"README.md": "nothing"})
    assert "no .plumbline.yaml" in plan(bare, first, first).err
    broken = scratch.commit({"apps/web/web.yaml": "a: [b\n"}, onto=base)
    ended = plan(scratch, base, broken)
    assert ended.code == 1
    assert "apps/web/web.yaml:" in ended.out


def test_a_cluster_that_is_away_leaves_the_rendered_difference(shop: tuple[Scratch, str, str], tmp_path: Path) -> None:
    scratch, base, _ = shop
    away = tmp_path / "away"
    server = {"cluster": {"server": "https://127.0.0.1:9"}, "name": "away"}
    context = {"context": {"cluster": "away", "user": "nobody"}, "name": "away"}
    user = {"name": "nobody", "user": {"token": "nothing"}}
    body = {"apiVersion": "v1", "kind": "Config", "current-context": "away"}
    away.write_text(json.dumps({**body, "clusters": [server], "contexts": [context], "users": [user]}))
    head = edited(shop, EDITS["image"])
    row = plan(scratch, base, head, "--kubeconfig", away, "--format", "json").json["targets"][0]
    assert row["state"] == "unchecked"
    assert "refuses connections" in row["error"]
    image = "spec.template.spec.containers[name=app].image"
    assert [field["path"] for field in row["changes"][0]["fields"]] == [image]
    without = plan(scratch, base, head, "--format", "json").json["targets"][0]
    assert without["changes"] == row["changes"]


def test_it_is_the_same_as_a_program_of_its_own(cluster: Access, shop: tuple[Scratch, str, str]) -> None:
    scratch, base, _ = shop
    head = edited(shop, EDITS["lines of a file"])
    command = [os.sys.executable, "-m", "handlers", "plan", "--repo", str(scratch.folder)]  # type: ignore[attr-defined]
    command += ["--base", base, "--head", head, "--kubeconfig", str(cluster.admin_kubeconfig)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 2
    shown = [line.strip() for line in done.stdout.splitlines()]
    at = shown.index('@@ data["app.conf"] @@')
    assert shown[at + 1 : at + 6] == ["line one", "- line two", "+ line 2", "line three", ""]


def values(row: dict[str, Any]) -> list[str]:
    """Every value a row shows."""
    fields = [field for change in row["changes"] for field in change["fields"]]
    return [field[side] for field in fields for side in ("before", "after") if field[side]]


def test_a_new_app_shows_what_git_has_and_no_defaults(cluster: Access, shop: tuple[Scratch, str, str]) -> None:
    scratch, base, namespace = shop
    config = CONFIG.replace("NS", namespace).replace(
        "environments: {prod", "  more: {path: apps/more, environments: [prod], namespace: NS}\nenvironments: {prod"
    )
    head = scratch.commit(
        {
            ".plumbline.yaml": config.replace("NS", namespace),
            "apps/more/all.yaml": (manifests.DEPLOYMENT + "---\n" + manifests.SECRET).replace("NAME", "more"),
        },
        onto=base,
    )
    row = plan(scratch, base, head, "--kubeconfig", cluster.admin_kubeconfig, "--format", "json").json["targets"][0]
    assert [change["verb"] for change in row["changes"]] == ["create", "create"]
    deployment = next(change for change in row["changes"] if change["object"]["kind"] == "Deployment")
    written = [path for path in flat(yaml.safe_load(manifests.DEPLOYMENT)) if not path.endswith("#")]
    named = ("apiVersion", "kind", "metadata.name")
    assert [field["path"] for field in deployment["fields"]] == [path for path in written if path not in named]
    assert "correct-horse" not in str(values(row))
