"""Charts are rendered for the cluster they go to: its version and what it serves."""

import os
from pathlib import Path

import pytest

from fixtures.cluster.access import Access
from fixtures.cluster.build import tools
from tests.live.planned import Scratch, plan

CONFIG = """version: 1
environments: {prod: {cluster: prod}}
apps: {web: {path: web, environments: [prod], namespace: default}}
"""
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {name: capabilities}
data:
  version: {{ .Capabilities.KubeVersion.Version | quote }}
  services: {{ .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1/APIService" | quote }}
  widgets: {{ .Capabilities.APIVersions.Has "acme.io/v1" | quote }}
"""


@pytest.mark.live
def test_a_chart_is_planned_with_what_its_cluster_can_do(
    cluster: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools()}{os.pathsep}{os.environ['PATH']}")
    scratch = Scratch.make(tmp_path / "repo")
    base = scratch.commit({".plumbline.yaml": CONFIG})
    head = scratch.commit({"web/Chart.yaml": CHART, "web/templates/all.yaml": TEMPLATE})
    asked = ("--kubeconfig", cluster.admin_kubeconfig, "--format", "json")
    (row,) = plan(scratch, base, head, *asked).json["targets"]
    (change,) = row["changes"]
    shown = {field["path"]: field["after"] for field in change["fields"]}
    assert shown["data.version"].startswith("v1.")
    assert (shown["data.services"], shown["data.widgets"]) == ('"true"', '"false"')
