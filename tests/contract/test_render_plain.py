"""Plain folders: which files are read, in which order, and what is said about bad ones."""

import json
import os
import time
from pathlib import Path

import pytest

from bot.domain.config import RendererName
from fixtures.cluster.build import tools
from tests.contract.rendering import Folder, config_map


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, tools())


def test_every_manifest_below_the_folder_is_read_in_order(folder: Folder) -> None:
    folder.write({"app/b.yaml": config_map("b1") + "---\n" + config_map("b2"), "app/a/z.yml": config_map("a-z")})
    folder.write({"app/c.json": json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}})})
    folder.write({"app/README.md": "# app", "app/.hidden.yaml": "{", "app/.git/x.yaml": "{", "other/o.yaml": "{"})
    rendered = folder.render()
    assert [(source.file, source.line, source.body["metadata"]["name"]) for source in rendered.objects] == [
        ("app/a/z.yml", 1, "a-z"),
        ("app/b.yaml", 1, "b1"),
        ("app/b.yaml", 6, "b2"),
        ("app/c.json", 1, "c"),
    ]
    assert rendered.read == ("app",)


def test_a_list_gives_its_items(folder: Folder) -> None:
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in "ab"]
    folder.write({"app/list.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": items})})
    assert folder.names() == ["a", "b"]


def test_the_root_one_file_and_oddly_written_paths_are_folders_too(folder: Folder) -> None:
    folder.write({"a.yaml": config_map("a"), "app/b.yaml": config_map("b")})
    assert folder.names("") == folder.names(".") == ["a", "b"]
    assert folder.render("").read == ("",)
    assert folder.names("app/b.yaml") == folder.names("./app/") == folder.names("app//") == ["b"]
    assert folder.render("app/b.yaml").read == ("app/b.yaml",)
    assert folder.render("./app/").read == ("app",)


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (("**/crds/*.yaml",), ["a", "x"]),
        (("crds",), ["a", "x"]),
        (("*.yaml",), ["c", "d", "x"]),
        (("**/*.yaml",), []),
        (("**",), []),
        (("a.yam?", "deep/**"), ["c", "d"]),
        (("/app/crds/**",), ["a", "x"]),
        (("/crds/**", "app/*"), ["a", "c", "d", "x"]),
        (("[a].yaml", "(a|b)"), ["a", "c", "d", "x"]),
    ],
)
def test_globs_exclude_files_and_folders(folder: Folder, exclude: tuple[str, ...], left: list[str]) -> None:
    files = {"a.yaml": "a", "crds/c.yaml": "c", "crds/d.yaml": "d", "deep/er/x.yaml": "x"}
    folder.write({f"app/{file}": config_map(name) for file, name in files.items()})
    assert folder.names(exclude=exclude) == left


def test_further_inputs_are_named_by_the_folder_that_holds_them(folder: Folder) -> None:
    folder.write({"app/a.yaml": config_map("a")})
    assert folder.render(also=("components/**", "/x/y.yaml")).read == ("app", "components", "x/y.yaml")
    assert folder.render(also=("**/x",)).read == ("app", "")


def test_the_renderer_is_found_from_the_names_in_the_folder(folder: Folder) -> None:
    folder.write({"h/Chart.yaml": "x", "j/main.jsonnet": "j", "app/a.yaml": config_map("a")})
    assert folder.place("h") == ("h/Chart.yaml", 1)
    assert folder.place("j") == folder.place("j/main.jsonnet") == ("j/main.jsonnet", 1)
    assert folder.names(renderer=RendererName.PLAIN) == ["a"]
    assert "no kustomization" in folder.mistake(renderer=RendererName.KUSTOMIZE).message


def test_an_empty_folder_renders_to_nothing(folder: Folder) -> None:
    folder.write({"app/README.md": ""})
    assert folder.render().objects == ()


@pytest.mark.parametrize("path", ["gone", "app/gone", "../app", "app/../../x", "app/a.yaml/x", "a\0b"])
def test_a_path_that_is_not_there_or_leads_out_is_a_mistake(folder: Folder, path: str) -> None:
    folder.write({"app/a.yaml": config_map("a")})
    folder.mistake(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (config_map("a") + "  x: [\n", 6),
        (config_map("a") + "---\nkind: X\nmetadata: {name: b}\n", 6),
        ("a: b\na: c\n", 2),
        ("just text", 1),
        ("- 1\n", 1),
        ("a: \xff\n".encode("latin-1"), 1),
        ("a: " + "[" * 5_000 + "]" * 5_000, 1),
        ("a: &a [1]\nb: [" + "*a," * 200 + "]\n", 2),
        ("<" * 100_000, 1),
        ("? " * 10_000, 1),
    ],
)
def test_text_that_is_no_manifest_is_told_with_file_and_line(folder: Folder, text: str | bytes, line: int) -> None:
    folder.write({"app/good.yaml": config_map("good"), "app/sub/bad.yaml": text})
    assert folder.place() == ("app/sub/bad.yaml", line)


def test_an_alias_bomb_is_told_at_once(folder: Folder) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{other}: &{other} [" + ", ".join([f"*{one}"] * 9) + "]\n"
    folder.write({"app/bomb.yaml": config_map("a") + bomb})
    began = time.monotonic()
    assert folder.place()[0] == "app/bomb.yaml"
    assert time.monotonic() - began < 30


def test_an_object_written_twice_is_told_with_both_places(folder: Folder) -> None:
    folder.write({"app/a.yaml": config_map("x") + "---\n" + config_map("z"), "app/b.yaml": "\n" + config_map("z")})
    mistake = folder.mistake()
    assert (mistake.file, mistake.line) == ("app/b.yaml", 2)
    assert "ConfigMap z" in mistake.message
    assert "app/a.yaml:6" in mistake.message


def test_the_same_name_in_another_kind_or_namespace_is_another_object(folder: Folder) -> None:
    elsewhere = config_map("x").replace("name: x", "name: x\n  namespace: shop")
    folder.write({"app/a.yaml": config_map("x"), "app/b.yaml": elsewhere, "app/c.yaml": "# nothing\n---\n"})
    rendered = folder.render()
    assert len(rendered.objects) == 2
    assert "namespace" not in rendered.objects[0].body["metadata"]


def test_links_are_refused_whether_real_or_as_git_text(folder: Folder) -> None:
    folder.write({"app/a.yaml": "../../../etc/passwd"})
    assert "symbolic links" in folder.mistake().message
    (folder.checkout / "app/a.yaml").unlink()
    for target in ("/etc/passwd", "/etc", "a.yaml"):
        (folder.checkout / "app/l.yaml").symlink_to(target)
        mistake = folder.mistake()
        assert mistake.file == "app/l.yaml"
        assert "not followed" in mistake.message
        (folder.checkout / "app/l.yaml").unlink()
    (folder.checkout / "l").symlink_to(folder.checkout / "app")
    assert "leads out" in folder.mistake("l").message


def test_a_pipe_is_not_waited_for(folder: Folder) -> None:
    folder.write({"app/a.txt": ""})
    os.mkfifo(folder.checkout / "app/p.yaml")
    assert folder.place() == ("app/p.yaml", 0)


def test_names_with_newlines_work_and_names_that_are_not_text_are_refused(folder: Folder) -> None:
    folder.write(
        {"app/new\nline.yaml": config_map("a"), "app/'\"$(x).yaml": config_map("b"), "app/ü🚀.yaml": config_map("c")}
    )
    files = ["app/'\"$(x).yaml", "app/new\nline.yaml", "app/ü🚀.yaml"]
    assert [source.file for source in folder.render().objects] == files
    folder.write({"app/new\nline.yaml": "["})
    assert folder.place()[0] == "app/new\nline.yaml"
    folder.write({"app/new\nline.yaml": config_map("a")})
    (Path(os.fsdecode(os.fsencode(folder.checkout) + b"/app/\xff.yaml"))).write_text(config_map("c"))
    assert "not UTF-8" in folder.mistake().message


def test_fifty_thousand_files_are_refused_before_they_are_read(folder: Folder) -> None:
    folder.write({"app/a.yaml": config_map("a")})
    for number in range(50_000):
        os.mknod(f"{folder.checkout}/app/{number}.yaml")
    began = time.monotonic()
    assert "50,000 files" in folder.mistake().message
    assert time.monotonic() - began < 30


def test_too_many_objects_or_bytes_are_refused(folder: Folder) -> None:
    folder.write({"app/a.yaml": "---\n".join(config_map(f"a{number}") for number in range(5_001))})
    assert "5,000 objects" in folder.mistake().message
    folder.write({"app/a.yaml": config_map("a") + "x: [" + "1," * 400_000 + "]\n"})
    folder.write({"app/b.yaml": config_map("b") + "x: [" + "1," * 100_000 + "]\n"})
    assert "500,000 values" in folder.mistake().message
    many = {f"app/{number}.yaml": config_map(f"a{number}", k="x" * 4_000_000) for number in range(6)}
    folder.write({"app/a.yaml": "", "app/b.yaml": "", **many})
    assert "20 MB" in folder.mistake().message


def test_values_keep_their_types_and_characters(folder: Folder) -> None:
    text = "a: {int: 1, float: 1.5, yes: on, none: ~, text: '1', wide: \"\\U0001F680é\", long: 9007199254740993}"
    folder.write({"app/a.yaml": config_map("a") + text})
    assert folder.render().objects[0].body["a"] == {
        "int": 1,
        "float": 1.5,
        "true": True,
        "none": None,
        "text": "1",
        "wide": "🚀é",
        "long": 9007199254740993,
    }


@pytest.mark.parametrize(("file", "kind"), [("kustomization.yaml", "a kustomization"), ("Chart.yaml", "a chart")])
def test_a_folder_for_another_renderer_inside_a_plain_one_is_named(folder: Folder, file: str, kind: str) -> None:
    folder.write({"app/one.yaml": config_map("one"), f"app/base/{file}": "a: b\n", "app/base/two.yaml": "a: b\n"})
    mistake = folder.mistake()
    assert mistake.file == f"app/base/{file}"
    assert f"app/base is {kind} of its own" in mistake.message
    assert folder.names(exclude=("base/**",)) == ["one"]
