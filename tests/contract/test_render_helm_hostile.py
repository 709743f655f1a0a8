"""Charts that want out or want too much: nothing of the machine is in what they render, and each ends within limits."""

import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.config import HelmOptions
from bot.renderers.jail.bubblewrap import Limits
from bot.renderers.jailed import JailedRenderer
from fixtures.cluster.build import tools
from tests.contract.rendering import Folder, config_map, library
from tests.contract.test_render_helm import archive, chart_yaml


@pytest.fixture(params=[tools, library], ids=["binary", "library"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Folder:
    """A checkout with a chart that renders nothing yet, and little time to do it."""
    (tmp_path / "secret").write_text("s3cret")
    chart = {"app/Chart.yaml": chart_yaml("shop"), "app/values.yaml": "a: 1\n", "s": "s3cret"}
    return Folder(tmp_path, request.param(), Limits(processor=3)).write(dict(chart))


def bomb() -> str:
    """A value of nine to the ninth texts."""
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{other}: &{other} [" + ", ".join([f"*{one}"] * 9) + "]\n"
    return text


def test_templates_see_no_cluster_no_names_no_files_and_no_environment(folder: Folder, tmp_path: Path) -> None:
    asked = {
        "lookup": 'lookup "v1" "Secret" "kube-system" "" | toJson',
        "all": 'lookup "v1" "Namespace" "" "" | toJson',
        "host": 'getHostByName "localhost"',
        "up": '.Files.Get "../../s"',
        "root": f'.Files.Get "{tmp_path}/secret"',
        "passwd": '.Files.Get "/etc/passwd"',
        "glob": '(.Files.Glob "../**").AsConfig',
        "lines": '.Files.Lines "../s" | toJson',
    }
    folder.write(
        {"app/templates/a.yaml": config_map("x", **{key: f"{{{{ {ask} | quote }}}}" for key, ask in asked.items()})}
    )
    assert folder.render().objects[0].body["data"] == {
        "lookup": "{}",
        "all": "{}",
        "host": "",
        "up": "",
        "root": "",
        "passwd": "",
        "glob": "{}",
        "lines": "[]",
    }


@pytest.mark.parametrize("found", [tools, library], ids=["binary", "library"])
@pytest.mark.parametrize(
    "template", ["{{ range until 1000000000 }}{{ end }}", "{{ range until 100000 }}{{ repeat 10000 `x` }}{{ end }}"]
)
def test_a_template_that_wants_too_much_memory_is_told_so(
    tmp_path: Path, found: Callable[[], Path], template: str
) -> None:
    chart = {"app/Chart.yaml": chart_yaml("shop"), "app/templates/a.yaml": template}
    patient = Limits(processor=60)  # or a slow machine would run out of time first
    mistake = Folder(tmp_path, found(), patient).write(dict(chart)).mistake()
    assert mistake.message == "helm needs more memory than it may have: split the app"
    assert mistake.file.startswith("app/")


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}", "processor time"),
        ("a: {{ range until 2200 }}{{ repeat 10000 `x` }}{{ end }}", "20 MB"),
        ("{{ define `x` }}{{ tpl `{{ include \"x\" . }}` . }}{{ end }}{{ include `x` . }}", "include"),
        ("{{ .Files.Get `bomb.txt` | fromYaml | toJson }}", "template"),
        ("{{ $a := list }}{{ range until 40 }}{{ $a = concat $a $a (list 1) }}{{ end }}", "helm"),
        ("{{ mustRegexMatch (repeat 2000 `(a*)*`) (repeat 100000 `a`) }}", ""),
    ],
)  # fmt: skip
def test_a_greedy_template_ends_in_a_mistake_within_its_limits(folder: Folder, template: str, says: str) -> None:
    folder.write({"app/templates/a.yaml": template, "app/bomb.txt": bomb()})
    began = time.monotonic()
    mistake = folder.mistake()
    assert says in mistake.message or says in mistake.file
    assert mistake.file.startswith("app/")
    assert time.monotonic() - began < 100


@pytest.mark.parametrize("file", ["app/values.yaml", "app/Chart.yaml", "other.yaml"])
def test_an_alias_bomb_in_values_or_chart_is_told_at_its_file(folder: Folder, file: str) -> None:
    folder.write({"other.yaml": "", "app/templates/a.yaml": config_map("a")})
    folder.write({file: bomb() if file != "app/Chart.yaml" else chart_yaml("shop") + bomb()})
    began = time.monotonic()
    mistake = folder.mistake(helm=HelmOptions(values=("/other.yaml",)))
    assert mistake.file == file
    assert "alias" in mistake.message
    assert time.monotonic() - began < 100


@pytest.mark.parametrize(
    "place", ["app/files", "app/templates", "app/charts", "app/charts/sub", "app/templates/x.yaml"]
)
@pytest.mark.parametrize("target", ["/etc", "/etc/passwd", "../../secret", "../other"])
def test_a_real_link_anywhere_in_a_chart_is_refused(folder: Folder, place: str, target: str) -> None:
    folder.write({"other/a.yaml": config_map("a")})
    link = folder.checkout / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    mistake = folder.mistake()
    assert mistake.file == place
    assert "not followed" in mistake.message


@pytest.mark.parametrize("place", ["app/charts/lib", "app/templates/_x.tpl", "app/templates/x.yaml", "app/values.yaml"])
def test_a_link_that_git_wrote_as_text_is_explained(folder: Folder, place: str) -> None:
    folder.write({"app/templates/a.yaml": '{{ include "x" . }}', place: "../../common/thing"})
    mistake = folder.mistake()
    assert mistake.file == place
    assert "symbolic links" in mistake.message


@pytest.mark.parametrize(
    ("repository", "says"),
    [
        ("file:///etc", "leads out"),
        ("file://../../..", "leads out"),
        ("file://../link", "not followed"),
        ("file://../gone", "does not exist"),
        ("file://../plain", "no Chart.yaml"),
        ("file://../s", "no Chart.yaml"),
        ("file://.", "leads back"),
        ("file://../back", "leads back"),
        ("https://127.0.0.1/charts", "not in `charts`"),
        ("oci://127.0.0.1/charts", "not in `charts`"),
        ("@stable", "not in `charts`"),
    ],
)
def test_a_dependency_from_elsewhere_is_never_fetched(folder: Folder, repository: str, says: str) -> None:
    folder.write({"app/Chart.yaml": chart_yaml("shop", f"{{name: lib, version: 0.1.0, repository: '{repository}'}}")})
    folder.write({"back/Chart.yaml": chart_yaml("lib", "{name: x, version: 0.1.0, repository: 'file://../app'}")})
    folder.write({"plain/a.yaml": "", "real/Chart.yaml": chart_yaml("lib")})
    (folder.checkout / "link").symlink_to("real")
    assert says in folder.mistake().message


def test_charts_that_multiply_by_depending_on_each_other_are_stopped(folder: Folder) -> None:
    for number in range(20):
        both = [f"{{name: {one}, version: 0.1.0, repository: 'file://../c{number + 1}'}}" for one in "ab"]
        folder.write({f"c{number}/Chart.yaml": chart_yaml("c", *both)})
    folder.write({"c20/Chart.yaml": chart_yaml("c")})
    began = time.monotonic()
    said = folder.mistake("c0").message
    assert "10,000 files" in said or "processor time" in said  # whichever limit a busy machine meets first
    assert time.monotonic() - began < 100


def test_archives_lead_nowhere_and_may_not_swell(folder: Folder) -> None:
    folder.write({"app/Chart.yaml": chart_yaml("shop", "{name: sub, version: 0.1.0}")})
    up = archive(
        {"sub/Chart.yaml": chart_yaml("sub"), "sub/../../../../code/x": "x", "sub/templates/a.yaml": config_map("a")}
    )
    folder.write({"app/charts/sub-0.1.0.tgz": up})
    assert "parent directory" in folder.mistake().message
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as pack:
        link = tarfile.TarInfo("sub/files/passwd")
        link.type, link.linkname = tarfile.SYMTYPE, "/code/bot/__init__.py"
        pack.addfile(link)
        for name, text in (
            ("Chart.yaml", chart_yaml("sub")),
            ("templates/a.yaml", config_map("a", k="{{ .Files.Get `files/passwd` | quote }}")),
        ):
            about = tarfile.TarInfo(f"sub/{name}")
            about.size = len(text)
            pack.addfile(about, io.BytesIO(text.encode()))
    folder.write({"app/charts/sub-0.1.0.tgz": packed.getvalue()})
    assert folder.render().objects[0].body["data"] == {"k": ""}
    folder.write(
        {"app/charts/sub-0.1.0.tgz": archive({"sub/Chart.yaml": chart_yaml("sub"), "sub/big": "x" * 150_000_000})}
    )
    folder.mistake()


@pytest.mark.parametrize("reference", ["https://127.0.0.1/x.json", "file:///code/bot/__init__.py", "../../s"])
def test_a_schema_reads_nothing_from_elsewhere(folder: Folder, reference: str) -> None:
    folder.write({"app/templates/a.yaml": config_map("a"), "app/values.schema.json": f'{{"$ref": "{reference}"}}'})
    message = folder.mistake().message
    assert "s3cret" not in message
    assert "runs inside" not in message.lower()


def test_too_many_or_too_large_files_are_refused_before_helm_runs(folder: Folder, tmp_path: Path) -> None:
    folder.renderer = JailedRenderer(tmp_path.parent / "jail", tools())
    folder.write({f"app/files/{number}": b"x" * 3_000_000 for number in range(8)})
    assert "20 MB" in folder.mistake().message
    for number in range(8):
        (folder.checkout / f"app/files/{number}").unlink()
    for number in range(10_001):
        (folder.checkout / f"app/files/{number}").touch()
    assert "10,000 files" in folder.mistake().message
