"""Kustomizations: what is built, what was read, and everything a kustomization may not reach for."""

from pathlib import Path

import pytest

from bot.renderers.jail.bubblewrap import Limits
from bot.renderers.jailed import JailedRenderer
from fixtures.cluster.build import tools
from tests.contract.rendering import Folder, config_map


@pytest.fixture(scope="session")
def kustomize() -> Path:
    """The folder of the real binaries."""
    return tools()


@pytest.fixture(params=["kustomize", "kubectl"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, kustomize: Path) -> Folder:
    """A checkout, rendered once with each of the two programs."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / request.param).symlink_to(kustomize / request.param)
    return Folder(tmp_path, tmp_path / "tools")


def test_an_overlay_is_built_and_everything_it_read_is_named(folder: Folder) -> None:
    folder.write({"base/kustomization.yaml": "resources: [a.yaml, sub]\n", "base/a.yaml": config_map("a")})
    folder.write({"base/sub/Kustomization": "resources: [b.yaml]\n", "base/sub/b.yaml": config_map("b")})
    folder.write({"parts/p/kustomization.yml": "kind: Component\ncommonAnnotations: {p: q}\n"})
    overlay = (
        "resources: [../base]\ncomponents: [../parts/p]\nnamePrefix: x-\nnamespace: shop\npatches: [{path: p.yaml}]\n"
    )
    overlay += "configMapGenerator:\n- {name: g, files: [f.txt, k=g.txt], envs: [e.env]}\n"
    folder.write({"app/kustomization.yaml": overlay, "app/p.yaml": config_map("a", k="patched")})
    folder.write({"app/f.txt": "f", "app/g.txt": "g", "app/e.env": "E=1\n", "app/unused.yaml": "["})
    rendered = folder.render()
    bodies = {source.body["metadata"]["name"].split("-")[1]: source.body for source in rendered.objects}
    assert bodies["a"]["data"] == {"k": "patched"}
    assert bodies["b"]["metadata"]["namespace"] == "shop"
    assert bodies["g"]["data"] == {"f.txt": "f", "k": "g", "E": "1"}
    assert {(source.file, source.line) for source in rendered.objects} == {("app/kustomization.yaml", 0)}
    files = {path for path in rendered.read if (folder.checkout / path).is_file()}
    assert files == {
        str(path.relative_to(folder.checkout))
        for path in folder.checkout.rglob("*")
        if path.is_file() and path.name != "unused.yaml"
    }
    assert "app/Kustomization" in rendered.read


def test_plugins_make_the_whole_tree_count_as_read(folder: Folder) -> None:
    plugin = (
        "transformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: x}\n  prefix: x-\n"
    )
    plugin += "  fieldSpecs: [{path: metadata/name}]\n"
    folder.write({"app/kustomization.yaml": "resources: [a.yaml]\n" + plugin, "app/a.yaml": config_map("a")})
    rendered = folder.render()
    assert rendered.objects[0].body["metadata"]["name"] == "x-a"
    assert rendered.read == ("",)


@pytest.mark.parametrize(
    "entry",
    [
        "https://raw.example.com/acme/base/main/a.yaml",
        "github.com/acme/base",
        "github.com/acme/base?ref=main",
        "git@github.com:acme/base.git",
        "ssh://git@acme.io/base",
        "git::https://acme.io/base.git",
        "file:///etc",
        "https://github.com/acme/base//overlay?timeout=90s",
    ],
)
@pytest.mark.parametrize("field", ["resources", "bases", "components", "crds", "patchesStrategicMerge"])
def test_what_lies_elsewhere_is_refused_by_name_and_line(folder: Folder, field: str, entry: str) -> None:
    folder.write({"app/kustomization.yaml": f"namePrefix: x-\n{field}:\n- a.yaml\n- {entry}\n", "app/a.yaml": ""})
    mistake = folder.mistake()
    assert (mistake.file, mistake.line) == ("app/kustomization.yaml", 4)
    assert "remote" in mistake.message


@pytest.mark.parametrize(
    ("kustomization", "line"),
    [
        ("resources:\n- /etc/hosts.yaml\n", 2),
        ("resources:\n- ../../etc\n", 2),
        ("resources:\n- ../other/a.yaml\n", 2),
        ("patches:\n- {path: ../other/a.yaml}\n", 2),
        ("patches:\n- patch: '{}'\n- path: gone.yaml\n", 3),
        ("configMapGenerator:\n- name: x\n  files:\n  - /etc/passwd\n", 4),
        ("configMapGenerator:\n- name: x\n  files: [k=../../../etc/passwd]\n", 3),
        ("secretGenerator:\n- name: x\n  envs: [../other/a.yaml]\n", 3),
        ("secretGenerator:\n- name: x\n  env: https://acme.io/x\n", 3),
        ("openapi:\n  path: /etc/passwd\n", 2),
        ("replacements:\n- path: ../x.yaml\n", 2),
        ("resources: [gone.yaml]\n", 1),
        ("resources: [{a: b}]\n", 1),
        ("\nhelmCharts:\n- {name: x, repo: https://acme.io}\n", 2),
        ("- a\n", 1),
        ("resources: [\n", 2),
    ],
)
def test_what_a_kustomization_may_not_read_is_told_at_its_line(folder: Folder, kustomization: str, line: int) -> None:
    folder.write({"other/a.yaml": config_map("a"), "app/kustomization.yaml": kustomization})
    assert folder.place() == ("app/kustomization.yaml", line)


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        ("apiVersion: acme.io/v1\n  kind: Run\n  metadata: {name: x}\n", "plugin"),
        ("apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n  name: x\n", "enable-helm"),
        (
            "apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: x}\n  files: [https://acme.io/x]\n",
            "network",
        ),
        ("apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: x}\n  files: [/etc/passwd]\n", "passwd"),
        (
            "apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: x}\n  files: [../o/a]\n",
            "not in or below",
        ),
    ],
)
def test_generators_run_nothing_and_reach_nothing(folder: Folder, plugin: str, says: str) -> None:
    folder.write({"app/kustomization.yaml": f"generators:\n- |-\n  {plugin}", "o/a": "secret"})
    mistake = folder.mistake()
    assert mistake.file == "app/kustomization.yaml"
    assert says in mistake.message


def test_a_mistake_of_several_lines_keeps_its_reason_and_shows_no_patch(folder: Folder) -> None:
    patch = "patches:\n- target: {kind: ConfigMap}\n  patch: '[{op: add, path: /x, value: hunter2}]'\n"
    folder.write({"app/kustomization.yaml": "resources: [a.yaml]\n" + patch, "app/a.yaml": config_map("a")})
    mistake = folder.mistake()
    assert mistake.file == "app/kustomization.yaml"
    assert "unable to parse SM or JSON patch" in mistake.message
    assert "hunter2" not in mistake.message


def test_a_function_in_an_annotation_is_not_run(folder: Folder) -> None:
    function = config_map("x").replace(
        "  name: x", "  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: /tool}"
    )
    folder.write({"app/kustomization.yaml": "transformers: [f.yaml]\n", "app/f.yaml": function})
    assert "plugin" in folder.mistake().message


def test_a_folder_outside_of_the_app_may_be_a_base_but_no_link_may(folder: Folder) -> None:
    folder.write({"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": config_map("a")})
    folder.write({"app/kustomization.yaml": "resources: [../base]\n"})
    assert folder.names() == ["a"]
    (folder.checkout / "link").symlink_to("base")
    folder.write({"app/kustomization.yaml": "resources: [../link]\n"})
    assert folder.place() == ("link", 0)


@pytest.mark.parametrize(
    ("bad", "line"),
    [
        ("a: b\n c: [\n", 2),
        ("kind: ConfigMap\nmetadata: {name: a}\n", 1),
        (config_map("a") + "data: {a: " + "[" * 300 + "]" * 300 + "}\n", 5),
        (config_map("a") + "a: &a [1]\nb: [" + "*a," * 200 + "]\n", 6),
    ],
)
def test_a_bad_resource_of_a_base_is_told_with_its_own_file_and_line(folder: Folder, bad: str, line: int) -> None:
    folder.write({"base/kustomization.yaml": "resources: [good.yaml, bad.yaml]\n", "base/good.yaml": config_map("g")})
    folder.write({"base/bad.yaml": bad, "app/kustomization.yaml": "resources: [../base]\n"})
    assert folder.place() == ("base/bad.yaml", line)


@pytest.mark.parametrize(
    "text",
    ["patches:\n- target: {kind: ConfigMap}\n  patch: |\n", "patchesStrategicMerge:\n- |\n", "generators:\n- |\n"],
)
def test_an_alias_bomb_in_the_text_of_a_patch_never_reaches_kustomize(folder: Folder, text: str) -> None:
    bomb = config_map("a") + "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{other}: &{other} [" + ", ".join([f"*{one}"] * 9) + "]\n"
    indented = "".join(f"    {line}\n" for line in bomb.splitlines())
    folder.write({"app/a.yaml": config_map("a"), "app/kustomization.yaml": "resources: [a.yaml]\n" + text + indented})
    mistake = folder.mistake()
    assert "aliases" in mistake.message
    assert mistake.file == "app/kustomization.yaml"
    assert mistake.line > 1


def test_kustomizes_own_complaints_name_the_kustomization_that_they_are_about(folder: Folder) -> None:
    folder.write({"base/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n"})
    folder.write({"base/a.yaml": config_map("a"), "base/p.yaml": config_map("zz")})
    folder.write({"app/kustomization.yaml": "resources: [../base]\n"})
    mistake = folder.mistake()
    assert mistake.file == "base/kustomization.yaml"
    assert mistake.message.startswith("no resource matches")
    folder.write({"base/kustomization.yaml": "resources: [a.yaml, p.yaml]\n", "base/p.yaml": config_map("a")})
    mistake = folder.mistake()
    assert mistake.file == "base/p.yaml"
    assert "already registered" in mistake.message
    folder.write({"base/kustomization.yaml": "resource: [a.yaml]\n"})
    assert folder.mistake().file == "base/kustomization.yaml"


def test_two_kustomizations_in_one_folder_and_a_cycle_are_told(folder: Folder) -> None:
    folder.write({"app/kustomization.yaml": "resources: [../app]\n"})
    assert "cycle" in folder.mistake().message
    folder.write({"app/kustomization.yml": ""})
    assert folder.place() == ("app/kustomization.yml", 0)


def test_output_beyond_the_limit_is_refused(folder: Folder, tmp_path: Path) -> None:
    generators = "".join(f"- {{name: g{number}, files: [f]}}\n" for number in range(3))
    folder.write({"app/kustomization.yaml": f"configMapGenerator:\n{generators}", "app/f": "x: xxxxxxxxxxx\n" * 50_000})
    assert len(folder.names()) == 3
    folder.renderer = JailedRenderer(tmp_path.parent / "jail", tmp_path / "tools", Limits(output=2_000_000))
    assert "more than 2 MB" in folder.mistake().message
