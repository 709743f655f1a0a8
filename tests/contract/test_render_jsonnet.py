"""Jsonnet: which files are evaluated, what may be imported, and where mistakes are told."""

import json
import os
import time
from pathlib import Path

import pytest

from bot.domain.config import RendererName
from bot.renderers.jail.bubblewrap import Limits
from tests.contract.rendering import Folder, config_map


def written(name: str, kind: str = "ConfigMap") -> str:
    """The jsonnet of an object."""
    return json.dumps({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_an_object_a_list_and_maps_of_objects_are_taken_in_any_depth(folder: Folder) -> None:
    nested = f"{{x: {{'a.yaml': {written('a')}, gone: null, more: [{written('b')}, [{written('c')}]]}}, y: {{}}}}"
    listed = f"{{apiVersion: 'v1', kind: 'List', items: [{written('d')}]}}"
    folder.write({"app/main.jsonnet": f"[{nested}, {listed}, null]", "app/other.jsonnet": "error 'not evaluated'"})
    rendered = folder.render()
    assert [source.body["metadata"]["name"] for source in rendered.objects] == ["a", "b", "c", "d"]
    assert {(source.file, source.line) for source in rendered.objects} == {("app/main.jsonnet", 0)}
    assert rendered.read == ("app/main.jsonnet",)


def test_without_main_every_jsonnet_of_the_folder_is_evaluated(folder: Folder) -> None:
    folder.write({"app/b.jsonnet": written("b"), "app/a.jsonnet": written("a"), "app/x.libsonnet": "error 'x'"})
    folder.write({"app/sub/c.jsonnet": "error 'sub'"})
    rendered = folder.render()
    assert [(source.file, source.body["metadata"]["name"]) for source in rendered.objects] == [
        ("app/a.jsonnet", "a"),
        ("app/b.jsonnet", "b"),
    ]
    assert rendered.read == ("app", "app/a.jsonnet", "app/b.jsonnet")
    assert folder.names("app/b.jsonnet") == ["b"]


def test_manifests_beside_jsonnet_files_are_left_out_only_where_that_is_written(folder: Folder) -> None:
    folder.write({"app/a.jsonnet": written("a"), "app/b.yaml": config_map("b")})
    mistake = folder.mistake()
    assert (mistake.file, "`renderer: jsonnet`" in mistake.remedy) == ("app/b.yaml", True)
    assert [source.body["metadata"]["name"] for source in folder.render(renderer=RendererName.JSONNET).objects] == ["a"]
    folder.write({"app/main.jsonnet": "[import 'a.jsonnet']"})
    assert folder.names() == ["a"]


def test_imports_are_found_beside_the_file_and_in_lib_and_vendor_above_and_all_are_read(folder: Folder) -> None:
    folder.write({"x/app/main.jsonnet": "(import '../y/y.libsonnet')(importstr 'name.txt')", "x/app/name.txt": "web"})
    folder.write({"x/y/y.libsonnet": "(import 'z.libsonnet')", "x/y/z.libsonnet": "import 'k8s/make.libsonnet'"})
    folder.write({"vendor/k8s/make.libsonnet": f"function(name) {written('?')} + {{metadata+: {{name: name}}}}"})
    rendered = folder.render("x/app")
    assert rendered.objects[0].body["metadata"]["name"] == "web"
    there = {path for path in rendered.read if (folder.checkout / path).is_file()}
    files = {str(path.relative_to(folder.checkout)) for path in folder.checkout.rglob("*") if path.is_file()}
    assert there == files
    folder.write({"x/lib/k8s/make.libsonnet": f"function(name) {written('nearer')}"})
    assert "x/lib/k8s/make.libsonnet" in rendered.read
    assert folder.names("x/app") == ["nearer"]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("{\n a: [\n}", 3, "expected one of"),
        ("\n\n{a: error 'no way'}", 3, "no way"),
        ("{a: 1,\nb: self.c}", 0, "no such field: c, in the field b"),
        ("local f(x) = f(x + 1);\nf(1)", 1, "calls itself without end"),
        ("local a = {b: self.b};\na", 1, "infinite recursion"),
        ("{a:\nstd.extVar('x')}", 2, "external variable"),
        ("function(x) x", 0, "argument is not passed"),
        ("{assert false : 'must',\n a: 1}", 1, "must"),
        ("importstr '/etc/passwd'", 1, "leads out"),
        ("[1,\nimportstr '../../etc/passwd']", 2, "leads out"),
        ("\nimport 'gone.libsonnet'", 2, "does not exist"),
        ("import '.'", 1, "does not exist"),
        ("import 'https://acme.io/x.libsonnet'", 1, "does not exist"),
        ("'text'", 0, "its value: a Kubernetes object must be a map"),
        ("{a: {b: [1]}}", 0, "`a.b[0]`: a Kubernetes object must be a map"),
        ("{a: {kind: 'X', apiVersion: 'v1'}}", 0, "`a`: `metadata` is missing"),
        ("{kind: 'X', apiVersion: 'v1', metadata: {name: 1}}", 0, "must be text"),
        ("../x/main.jsonnet", 0, "symbolic links"),
        ("std.native('x')()", 0, "only functions"),
        ("local d(n) = if n == 0 then {} else {a: d(n - 1)}; " + written("x") + " + {a: d(400)}", 0, "deep"),
    ],
)
def test_a_mistake_is_told_at_its_file_and_line(folder: Folder, text: str, line: int, says: str) -> None:
    folder.write({"app/main.jsonnet": text})
    mistake = folder.mistake()
    assert says in mistake.message
    assert (mistake.file, mistake.line) == ("app/main.jsonnet", line)


def test_a_mistake_in_an_import_is_told_there(folder: Folder) -> None:
    folder.write({"app/main.jsonnet": "\nimport '../lib/a.libsonnet'", "lib/a.libsonnet": "{\n a: error 'x' }"})
    assert folder.place() == ("lib/a.libsonnet", 2)
    folder.write({"lib/a.libsonnet": "\n\nimportstr '../../x'"})
    assert folder.place() == ("lib/a.libsonnet", 3)
    folder.write({"lib/a.libsonnet": b"\xff"})
    assert folder.place() == ("lib/a.libsonnet", 0)


def test_links_and_pipes_are_not_followed(folder: Folder) -> None:
    folder.write({"app/main.jsonnet": "import 'l/a.libsonnet'", "real/a.libsonnet": written("a")})
    (folder.checkout / "app/l").symlink_to("../real")
    assert "symbolic link" in folder.mistake().message
    (folder.checkout / "app/l").unlink()
    (folder.checkout / "app/l").mkdir()
    (folder.checkout / "app/l/a.libsonnet").symlink_to("/etc/passwd")
    assert "app/l/a.libsonnet" in str(folder.mistake())
    (folder.checkout / "app/l/a.libsonnet").unlink()
    os.mkfifo(folder.checkout / "app/l/a.libsonnet")
    folder.mistake()


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("std.foldl(function(a, b) a + b, std.range(1, 1000000000), 0)", Limits(processor=2)),
        ("local f(n) = if n == 0 then 0 else f(n - 1) + f(n - 1); f(60)", Limits(processor=2)),
        ("std.repeat('x', 4000000000)", Limits(processor=5)),
        ("local d(n, x) = if n == 0 then x else d(n - 1, x + x); d(40, 'x')", Limits(processor=5)),
        ("{a: std.repeat('x', 30000000)}", Limits(processor=5)),
        (f"[{written('x')} + {{a: std.repeat('x', 30000000)}}]", Limits(processor=5)),
        ("[" * 200_000, Limits(processor=5)),
        ("1 / 0", Limits()),
        ("[1e308 * 10]", Limits()),
        (f"[{written('x')} + {{metadata+: {{name: 'x%d' % n}}}} for n in std.range(1, 5001)]", Limits()),
        ("std.parseYaml('a: &a [x, x]\\nb: &b [*a, *a, *a]')", Limits()),
    ],
)
def test_a_greedy_program_ends_in_a_mistake_within_its_limits(tmp_path: Path, text: str, limits: Limits) -> None:
    folder = Folder(tmp_path, limits=limits).write({"app/main.jsonnet": text})
    began = time.monotonic()
    assert folder.mistake().file.startswith("app")
    assert time.monotonic() - began < 100
