"""A chart that draws random values, planned by the command line's own road, and what is then sent."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.domain.config import App
from bot.domain.plans import Level, Plan, TargetPlan, TargetState
from bot.objects.identity import Kind, Object
from bot.objects.read import SourceObject
from bot.planning.ignoring import heeding, left_alone
from bot.planning.make import PlanRequest, make_plan
from bot.planning.sides import Ready, Sent, make_side
from bot.ports.clusters import Resource
from bot.wiring import local
from fixtures.cluster.build import tools

CONFIG = "version: 1\napps:\n  c: {path: chart, environments: [p], namespace: x}\nenvironments:\n  p: {cluster: k}\n"
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {password: %s, user: ana}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME}
data: {a: b}
"""
RANDOM = "{{ randAlphaNum 12 | quote }}"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ana", "-c", "user.email=ana@acme.example")
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, password: str, name: str = "c") -> str:
    templates = folder / "chart" / "templates"
    templates.mkdir(parents=True, exist_ok=True)
    (folder / ".plumbline.yaml").write_text(CONFIG)
    (folder / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (templates / "s.yaml").write_text((SECRET % password).replace("NAME", name))
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return git(folder, "rev-parse", "HEAD").strip()


def planned(folder: Path, base: str, head: str, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The plan, made anew: nothing rendered before is remembered."""
    monkeypatch.setenv("PATH", f"{tools()}{os.pathsep}{os.environ['PATH']}")
    with local(folder, "local:0") as here:
        here.planner.rendering.workspace.fetch(here.repository, base, head)
        plan = make_plan(PlanRequest(here.repository, base, head, head, everything=True), here.planner)
    assert plan is not None
    return plan


def row_of(plan: Plan) -> TargetPlan:
    (row,) = plan.targets
    return row


def test_random_values_block_nothing_and_a_finding_names_what_to_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned, drawn = commit(tmp_path, "from-values"), commit(tmp_path, RANDOM)
    plan = planned(tmp_path, pinned, drawn, monkeypatch)
    row = row_of(plan)
    assert row.error is None
    assert (row.dangers, row.changes) == ((), ()), "what lives is kept"
    (finding,) = [each for each in row.findings if each.rule == "unstable"]
    assert finding.level is Level.WARN
    assert (finding.field, finding.file) == ("data.password", "chart/templates/s.yaml")
    assert "data.password: made up anew" in finding.message.plain
    assert planned(tmp_path, pinned, drawn, monkeypatch).digest == plan.digest


def test_a_chart_that_draws_on_both_sides_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = commit(tmp_path, RANDOM), commit(tmp_path, RANDOM)
    row = row_of(planned(tmp_path, first, second, monkeypatch))
    assert (row.state, row.changes) == (TargetState.UNCHANGED, ())


def test_what_is_printed_of_the_time_is_found_also_when_it_changes_once_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned, dated = commit(tmp_path, "from-values"), commit(tmp_path, '{{ now | date "2006-01" | quote }}')
    row = row_of(planned(tmp_path, pinned, dated, monkeypatch))
    assert (row.error, row.changes) == (None, ())
    assert [each.field for each in row.findings if each.rule == "unstable"] == ["data.password"]


def test_pinning_a_value_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, pinned = commit(tmp_path, RANDOM), commit(tmp_path, "from-values")
    row = row_of(planned(tmp_path, drawn, pinned, monkeypatch))
    assert [field.path for change in row.changes for field in change.fields] == ["data.password"]
    assert not [each for each in row.findings if each.rule == "unstable"]


def test_a_name_that_is_drawn_cannot_be_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit(tmp_path, "pinned", "c-{{ randAlpha 5 | lower }}")
    row = row_of(planned(tmp_path, head, head, monkeypatch))
    assert row.state is TargetState.ERROR
    assert row.error is not None
    assert "made up anew by each render" in row.error.plain


# What is sent


def body(password: str, **data: str) -> Object:
    metadata = {"name": "s", "namespace": "x"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"password": password, **data}}


def sent(password: str = "Zmlyc3Q=", again: str = "c2Vjb25k") -> Sent:
    app = App("c", "chart", ("p",))
    source = SourceObject(body(password), "s.yaml", 1, again=body(again))
    (made,) = make_side((source,), Ready(app, None, "id", lambda _: True)).objects.values()
    return made


def test_the_live_value_is_sent_where_there_is_one_and_the_drawn_one_only_at_first() -> None:
    one = sent()
    assert one.unstable == (("data", "password"),)
    alive = left_alone(one.body, body("bGl2ZQ=="), (), one.unstable)
    assert alive["data"] == {"password": "bGl2ZQ=="}
    assert left_alone(one.body, None, (), one.unstable) is one.body
    without = {**body("x"), "data": {"other": "eA=="}}
    assert left_alone(one.body, without, (), one.unstable)["data"] == {"password": "Zmlyc3Q="}


def test_what_is_drawn_is_in_no_digest() -> None:
    assert sent("Zmlyc3Q=").digest == sent("dGhpcmQ=").digest


class Holding:
    """A cluster that holds one object."""

    def __init__(self, live: Object | None) -> None:
        self.live = live

    def resource(self, kind: Kind, version: str = "") -> Resource:
        return Resource(kind, "v1", "secrets", True)

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        return self.live


def test_applying_asks_for_what_lives_before_it_sends_what_was_drawn() -> None:
    one = sent()
    assert heeding(Holding(body("bGl2ZQ==")), one, ())["data"] == {"password": "bGl2ZQ=="}  # type: ignore[arg-type]
    assert heeding(Holding(None), one, ())["data"] == {"password": "Zmlyc3Q="}  # type: ignore[arg-type]
