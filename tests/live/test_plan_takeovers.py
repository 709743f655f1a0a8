"""Objects that somebody else made: the plan names the owner, what is taken from it, and what makes it let go."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from fixtures.cluster.access import Access
from tests.live import manifests
from tests.live.planned import Ended, Scratch, plan, rendered

THEIRS = "        - {name: THEIRS, value: x}\n"
MARKS: dict[str, tuple[str, dict[str, Any]]] = {
    "argo": ("argocd-controller", {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:x/argo"}}),
    "label": ("argocd-controller", {"labels": {"app.kubernetes.io/instance": "shop"}}),
    "flux": ("kustomize-controller", {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}),
    "release": ("helm-controller", {"labels": {"helm.toolkit.fluxcd.io/name": "web"}}),
    "helm": ("helm", {"annotations": {"meta.helm.sh/release-name": "web"}}),
    "set": ("kubectl-applyset", {"labels": {"applyset.kubernetes.io/part-of": "applyset-theirs-v1"}}),
}
PLAIN = "plain"
FIGHTING = ("argo", "label", "flux", "release", "set")


@dataclass(frozen=True)
class World:
    """The commit that brings the objects, on one without any, and how its plan ended before and after the release."""

    before: dict[str, Any]
    after: dict[str, Any]


@pytest.fixture(scope="module")
def world(cluster: Access, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Each object made by its owner with other values, planned, released by the commands that the plan names."""
    namespace = cluster.new_namespace()
    scratch = Scratch.make(tmp_path_factory.mktemp("takeovers") / "shop")
    names = (*MARKS, PLAIN, "first", "second")
    apps = {name: {"path": f"apps/{name}", "environments": ["prod"], "namespace": namespace} for name in names}
    one, all_of_them = (
        yaml.safe_dump({"version": 1, "apps": some, "environments": {"prod": {"cluster": "here"}}})
        for some in ({"first": apps["first"]}, apps)
    )
    files = {f"apps/{name}/a.yaml": manifests.DEPLOYMENT.replace("NAME", name) for name in (*MARKS, PLAIN)}
    twin = manifests.CONFIG.replace("NAME", "twin")
    base = scratch.commit({".plumbline.yaml": one, "apps/first/a.yaml": twin})
    head = scratch.commit({**files, ".plumbline.yaml": all_of_them, "apps/second/a.yaml": twin})
    options = ("apply", "--server-side", "-f", "-", "-n", namespace)
    for name, (manager, marks) in MARKS.items():
        cluster.kubectl(*options, f"--field-manager={manager}", stdin=_theirs(name, marks))
    cluster.kubectl("create", "-f", "-", "-n", namespace, stdin=_theirs(PLAIN, {}))
    cluster.kubectl(*options, "--field-manager=plumbline", stdin=rendered(scratch, "prod/first", base))
    before = _planned(cluster, scratch, base, head)
    for row in before.values():
        for command in _commands(row):
            cluster.kubectl(*command.split()[1:])
    return World(before, _planned(cluster, scratch, base, head))


def _theirs(name: str, marks: dict[str, Any]) -> str:
    text = manifests.DEPLOYMENT.replace("NAME", name).replace("app:1", "app:theirs")
    body = yaml.safe_load(text.replace(manifests.ENV, manifests.ENV + THEIRS))
    for group, entries in marks.items():
        body["metadata"].setdefault(group, {}).update(entries)
    return yaml.safe_dump(body)


def _planned(cluster: Access, scratch: Scratch, base: str, head: str) -> dict[str, Any]:
    ended: Ended = plan(scratch, base, head, "--kubeconfig", cluster.admin_kubeconfig, "--format", "json")
    return {row["target"].removeprefix("prod/"): row for row in ended.json["targets"]}


def _commands(row: dict[str, Any]) -> list[str]:
    """The kubectl commands of a row's findings that change something."""
    text = " ".join(finding["message"] for finding in row["findings"])
    return re.findall(r"`(kubectl (?:label|annotate|delete) [^`]*)`", text)


def _levels(row: dict[str, Any]) -> dict[str, str]:
    return {finding["rule"]: finding["level"] for finding in row["findings"]}


@pytest.mark.parametrize("name", FIGHTING)
def test_who_would_write_it_again_blocks_until_the_named_commands_were_run(world: World, name: str) -> None:
    assert "block" in _levels(world.before[name]).values()
    assert _commands(world.before[name])
    assert _levels(world.after[name]) == {"present-owner": "note"}


def test_helm_only_warns_and_is_made_to_forget_without_deleting(world: World) -> None:
    assert _levels(world.before["helm"]) == {"kept-by-another-tool": "warn"}
    assert _commands(world.before["helm"])[0].startswith("kubectl delete secret -n ")
    assert world.after["helm"]["changes"][0]["verb"] == "takeover"


def test_an_object_that_nobody_keeps_names_who_wrote_it(world: World) -> None:
    row = world.before[PLAIN]
    assert _levels(row) == {"present-owner": "note"}
    assert "kubectl-create" in row["findings"][0]["message"]


@pytest.mark.parametrize("name", [*MARKS, PLAIN])
def test_fields_that_are_taken_and_those_that_stay_theirs_are_lines_and_defaults_are_not(
    world: World, name: str
) -> None:
    (change,) = world.before[name]["changes"]
    marks = [field for field in change["fields"] if field["path"].startswith("metadata.")]
    fields = {field["path"].rpartition("[name=app].")[2]: field for field in change["fields"] if field not in marks}
    assert change["verb"] == "takeover"
    assert {path: field["cause"] for path, field in fields.items()} == {
        "image": "taken-over",
        "env[name=THEIRS].value": "stays",
    }
    assert (fields["image"]["before"], fields["image"]["after"]) == ("app:theirs", "app:1")
    assert {field["cause"] for field in marks} <= {"stays"}


def test_another_target_of_the_same_config_is_named(world: World) -> None:
    assert _levels(world.before["second"])["owned-elsewhere"] == "block"
    assert "prod/first" in world.before["second"]["findings"][0]["message"]
