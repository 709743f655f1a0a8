"""A chart that draws random values, planned by the command line's own road."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.domain.plans import Plan, TargetState
from bot.planning.make import PlanRequest, make_plan
from bot.wiring import local
from fixtures.cluster.build import tools

CONFIG = "version: 1\napps:\n  c: {path: chart, environments: [p], namespace: x}\nenvironments:\n  p: {cluster: k}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: %s}\n"


def _planned(folder: Path, password: str, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("PATH", f"{tools()}{os.pathsep}{os.environ['PATH']}")
    templates = folder / "chart" / "templates"
    templates.mkdir(parents=True)
    (folder / ".plumbline.yaml").write_text(CONFIG)
    (folder / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (templates / "s.yaml").write_text(SECRET % password)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run(
            ["git", "-c", "user.name=ana", "-c", "user.email=ana@acme.example", *command], cwd=folder, check=True
        )
    with local(folder, "local:0") as here:
        head = here.resolve("HEAD")
        here.planner.rendering.workspace.fetch(here.repository, head)
        plan = make_plan(PlanRequest(here.repository, head, head, head, everything=True), here.planner)
    assert plan is not None
    return plan


def test_a_chart_that_draws_random_values_is_an_error_that_names_the_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = _planned(tmp_path, "{{ randAlphaNum 12 | quote }}", monkeypatch).targets
    assert row.state is TargetState.ERROR
    assert row.error is not None
    assert "stringData.password" in row.error.plain
    assert row.error_file == "chart/templates/s.yaml"


def test_a_chart_whose_values_are_pinned_is_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = _planned(tmp_path, "from-values", monkeypatch).targets
    assert row.state is not TargetState.ERROR
