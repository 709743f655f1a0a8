"""Which targets a change touches: what their renders read, wherever it stands; and no others."""

import os
from collections.abc import Iterator

import pytest

from bot.domain.plans import TargetState
from bot.planning.make import PlanRequest, make_plan
from bot.wiring import Local, local
from fixtures.cluster.build import tools
from tests.live.planned import Scratch

CONFIG = """version: 1
apps:
  over: {path: over, environments: [p], namespace: x, renderer: kustomize}
  chart: {path: chart, environments: [p], namespace: x, helm: {values: [/shared/values.yaml, own.yaml]}}
  sonnet: {path: sonnet, environments: [p], namespace: x, renderer: jsonnet}
  flat: {path: flat, environments: [p, q], namespace: x, exclude: ["**/crds/*.yaml"], also: ["docs/**/*.md"]}
  "team-{app}": {path: "teams/{app}", environments: [p], namespace: x}
environments:
  p: {cluster: k}
  q: {cluster: k}
"""


def config_map(name: str, value: str = "one") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {value}}}\n"


TREE: dict[str, str | None] = {
    ".plumbline.yaml": CONFIG,
    "over/kustomization.yaml": "resources: [../lower]\ncomponents: [../pieces/extra]\n",
    "lower/kustomization.yaml": "resources: [deep/map.yaml]\n",
    "lower/deep/map.yaml": config_map("lower"),
    "lower/unused.yaml": config_map("unused"),
    "pieces/extra/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [map.yaml]\n"
    ),
    "pieces/extra/map.yaml": config_map("extra"),
    "chart/Chart.yaml": (
        "apiVersion: v2\nname: c\nversion: 0.1.0\n"
        "dependencies: [{name: sub, version: 0.1.0, repository: 'file://../charts/sub'}]\n"
    ),
    "chart/own.yaml": "own: one\n",
    "chart/templates/map.yaml": config_map("c", "{{ .Values.own }}-{{ .Values.common }}"),
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "charts/sub/templates/map.yaml": config_map("sub"),
    "shared/values.yaml": "common: one\n",
    "sonnet/main.jsonnet": "import 'map.libsonnet'\n",
    "lib/other.libsonnet": "{}\n",
    "sonnet/map.libsonnet": (
        "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 's'}, data: {a: importstr '../words.txt'}}\n"
    ),
    "words.txt": "one\n",
    "flat/map.yaml": config_map("flat"),
    "flat/crds/map.yaml": config_map("left-out"),
    "teams/red/map.yaml": config_map("red"),
    "teams/blue/map.yaml": config_map("blue"),
    "README.md": "one\n",
}

EDITS: dict[str, tuple[dict[str, str | None], set[str]]] = {
    "a base's resource in a folder of its own": ({"lower/deep/map.yaml": config_map("lower", "two")}, {"p/over"}),
    "a component": ({"pieces/extra/map.yaml": config_map("extra", "two")}, {"p/over"}),
    "a file beside a base that nothing names": ({"lower/unused.yaml": config_map("unused", "two")}, set()),
    "a value file elsewhere": ({"shared/values.yaml": "common: two\n"}, {"p/chart"}),
    "a chart that another depends on": ({"charts/sub/templates/map.yaml": config_map("sub", "two")}, {"p/chart"}),
    "a text that is imported by an import": ({"words.txt": "two\n"}, {"p/sonnet"}),
    "a folder in two environments": ({"flat/map.yaml": config_map("flat", "two")}, {"p/flat", "q/flat"}),
    "a file that is excluded": ({"flat/crds/map.yaml": config_map("left-out", "two")}, set()),
    "a folder of a pattern": ({"teams/red/map.yaml": config_map("red", "two")}, {"p/team-red"}),
    "a new folder of a pattern": ({"teams/green/map.yaml": config_map("green")}, {"p/team-green"}),
    "a folder of a pattern that goes": ({"teams/blue/map.yaml": None}, {"p/team-blue"}),
    "what nobody reads": ({"README.md": "two\n"}, set()),
    "an override for one of two": (
        {".plumbline.yaml": CONFIG.replace("also: [", "overrides: {q: {namespace: other}}, also: [")},
        {"q/flat"},
    ),
    "what comes first, which is no content": (
        {".plumbline.yaml": CONFIG.replace("path: flat,", "path: flat, needs: [over],")},
        set(),
    ),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scratch, str, Local]]:
    """The tree, and a planner that has planned it before."""
    scratch = Scratch.make(tmp_path_factory.mktemp("touched") / "shop")
    base = scratch.commit(dict(TREE))
    with pytest.MonkeyPatch.context() as patch, local(scratch.folder, "local:0") as here:
        patch.setenv("PATH", f"{tools()}{os.pathsep}{os.environ['PATH']}")
        here.planner.rendering.workspace.fetch(here.repository, base)
        make_plan(PlanRequest(here.repository, base, base, base, everything=True), here.planner)
        yield scratch, base, here


@pytest.mark.parametrize("what", EDITS)
def test_a_change_touches_what_reads_it(shop: tuple[Scratch, str, Local], what: str) -> None:
    (scratch, base, here), (files, expected) = shop, EDITS[what]
    head = scratch.commit(files, onto=base)
    here.planner.rendering.workspace.fetch(here.repository, base, head)
    plan = make_plan(PlanRequest(here.repository, base, head, head), here.planner)
    assert plan is not None
    assert {str(row.target) for row in plan.targets} == expected
    assert not [row for row in plan.targets if row.state is TargetState.ERROR], plan.targets
