"""Helm charts: what they render to, where their objects and mistakes come from, and which charts are taken along."""

import io
import tarfile
from pathlib import Path

import pytest

from bot.domain.config import HelmOptions
from bot.renderers.jail.bubblewrap import Limits
from bot.renderers.jailed import JailedRenderer
from fixtures.cluster.build import tools
from tests.contract.rendering import Folder, config_map, library


def chart_yaml(name: str, *dependencies: str) -> str:
    """A Chart.yaml of version 0.1.0 whose dependencies are given in flow style."""
    listed = "dependencies:\n" + "".join(f"- {entry}\n" for entry in dependencies) if dependencies else ""
    return f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n{listed}"


def archive(files: dict[str, str]) -> bytes:
    """A packaged chart."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as pack:
        for name, text in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(text)
            pack.addfile(about, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture(params=[tools, library], ids=["binary", "library"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Folder:
    """A checkout with a chart that renders nothing yet, for the binary, and for the library where there is none."""
    found = request.param()
    return Folder(tmp_path, found).write({"app/Chart.yaml": chart_yaml("shop"), "app/values.yaml": "a: 1\n"})


def test_release_namespace_and_values_reach_the_templates(folder: Folder) -> None:
    template = "release: {{ .Release.Name }}\n  space: {{ .Release.Namespace }}\n"
    template += "  {{- range $key, $value := .Values }}\n  {{ $key }}: {{ $value | quote }}\n  {{- end }}"
    folder.write({"app/templates/a.yaml": config_map("x") + "data:\n  " + template})
    folder.write({"app/one,two.yaml": "b: inner\nc: inner\n", 'values/"p".yaml': "c: outer\n"})
    body = folder.render().objects[0].body
    assert body["data"] == {"release": "web", "space": "default", "a": "1"}
    helm = HelmOptions("front", ("one,two.yaml", '/values/"p".yaml'))
    rendered = folder.render(helm=helm, namespace="prod")
    assert rendered.objects[0].body["data"] == {
        "release": "front",
        "space": "prod",
        "a": "1",
        "b": "inner",
        "c": "outer",
    }
    assert rendered.read == ("app", "app/one,two.yaml", 'values/"p".yaml')


def test_objects_name_the_template_that_printed_them(folder: Folder) -> None:
    dependencies = ("{name: sub, version: 0.1.0, alias: other}", "{name: packed, version: 0.1.0}")
    folder.write({"app/Chart.yaml": chart_yaml("shop", *dependencies)})
    folder.write(
        {"app/charts/folder/Chart.yaml": chart_yaml("sub"), "app/charts/folder/templates/s.yaml": config_map("s")}
    )
    packed = {"packed/Chart.yaml": chart_yaml("packed"), "packed/templates/p.yaml": config_map("p")}
    folder.write({"app/charts/packed-0.1.0.tgz": archive(packed)})
    folder.write(
        {"app/templates/a.yaml": config_map("a") + "---\n" + config_map("b"), "app/crds/c.yaml": config_map("c")}
    )
    lie = "---\n# Source: shop/../../etc/passwd\n" + config_map("l") + "---\n# Source: x\n" + config_map("m")
    folder.write({"app/templates/l.yaml": lie})
    found = {source.body["metadata"]["name"]: (source.file, source.line) for source in folder.render().objects}
    assert found == {
        "a": ("app/templates/a.yaml", 0),
        "b": ("app/templates/a.yaml", 0),
        "c": ("app/crds/c.yaml", 0),
        "l": ("app/templates/l.yaml", 0),
        "m": ("app/templates/l.yaml", 0),
        "p": ("app/charts/packed-0.1.0.tgz", 0),
        "s": ("app/charts/folder/templates/s.yaml", 0),
    }


def test_tests_are_left_out_and_other_hooks_and_crds_stay(folder: Folder) -> None:
    for name, hook in (
        ("t", "test"),
        ("u", "test-success, test-failure"),
        ("h", "pre-install,pre-upgrade"),
        ("d", "test,post-install"),
    ):
        annotated = config_map(name).replace("  name", f'  annotations: {{"helm.sh/hook": "{hook}"}}\n  name')
        folder.write({f"app/templates/{name}.yaml": annotated})
    folder.write({"app/templates/NOTES.txt": "{{ .Release.Name }}", "app/crds/c.yaml": config_map("c")})
    assert sorted(folder.names()) == ["c", "d", "h"]
    assert sorted(folder.names(helm=HelmOptions(skip_crds=True))) == ["d", "h"]


def test_a_chart_that_is_not_vendored_is_named_with_what_to_do(folder: Folder) -> None:
    remote = "{name: redis, version: 1.0.0, repository: 'https://charts.acme.io'}"
    folder.write({"app/Chart.yaml": chart_yaml("shop", remote), "app/Chart.lock": "dependencies: []\n"})
    mistake = folder.mistake()
    assert (mistake.file, mistake.line) == ("app/Chart.yaml", 5)
    assert "'redis'" in mistake.message
    assert "helm dependency build" in mistake.message
    older = "dependencies:\n\n- {name: redis, version: 1.0.0, repository: 'https://charts.acme.io'}\n"
    folder.write({"app/Chart.yaml": chart_yaml("shop").replace("v2", "v1"), "app/requirements.yaml": older})
    assert folder.place() == ("app/requirements.yaml", 3)


def test_charts_from_other_folders_of_the_repository_are_put_in(folder: Folder) -> None:
    folder.write(
        {"app/Chart.yaml": chart_yaml("shop", "{name: lib, version: 0.1.0, repository: 'file://../libs/lib'}")}
    )
    folder.write(
        {"libs/lib/Chart.yaml": chart_yaml("lib", "{name: deep, version: 0.1.0, repository: 'file://../deep'}")}
    )
    folder.write(
        {"libs/lib/templates/a.yaml": config_map("a"), "libs/deep/templates/_b.tpl": '{{ define "b" }}b{{ end }}'}
    )
    folder.write({"libs/deep/Chart.yaml": chart_yaml("deep"), "libs/deep/templates/c.yaml": "{{ fail .Chart.Name }}"})
    assert folder.place() == ("libs/deep/templates/c.yaml", 1)
    folder.write({"libs/deep/templates/c.yaml": config_map('{{ include "b" . }}')})
    rendered = folder.render()
    assert {(source.body["metadata"]["name"], source.file) for source in rendered.objects} == {
        ("a", "libs/lib/templates/a.yaml"),
        ("b", "libs/deep/templates/c.yaml"),
    }
    assert rendered.read == ("app", "libs/lib", "libs/deep")


@pytest.mark.parametrize(
    ("template", "line", "says"),
    [
        ("a: b\n\nc: {{ .Values.x.y.z }}", 3, ".Values.x.y.z: nil pointer"),
        ("\n{{ if }}", 2, "missing value for if"),
        ("\n\na: {{ fail `no way` }}", 3, "no way"),
        ("{{ required `say x` .Values.x }}", 1, "say x"),
        ("{{ include `nope` . }}", 1, 'no template "nope"'),
        ('{{ define "in" }}\n{{ .Values.q.r.s }}{{ end }}\n{{ include "in" . }}', 2, ".Values.q.r.s: nil pointer"),
        ("{{ env `HOME` }}", 1, 'function "env" not defined'),
        ("a: [\n b: c", 0, "line 2 of what it prints|not YAML"),
        ("just text", 0, "cannot unmarshal|must be a map"),
        ("a: {{ .Values }}: b", 0, "mapping values are not allowed"),
        ("kind: ConfigMap", 0, "unusable"),
        (config_map("x") + "data: {a: b, a: c}\n", 0, "'a'"),
        ('{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}', 1, "error calling include"),
        ('{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}', 1, "maximum template depth"),
    ],
)  # fmt: skip
def test_a_templates_mistake_is_told_at_its_file_and_line(folder: Folder, template: str, line: int, says: str) -> None:
    folder.write({"app/templates/bad file.yaml": template})
    mistake = folder.mistake()
    assert (mistake.file, mistake.line) == ("app/templates/bad file.yaml", line)
    assert any(each in mistake.message for each in says.split("|"))


def test_mistakes_in_values_are_told_without_the_values(folder: Folder) -> None:
    folder.write({"values/v.yaml": "a: b\nc: [\n"})
    options = HelmOptions(values=("/values/v.yaml",))
    assert folder.place(helm=options) == ("values/v.yaml", 3)
    schema = '{"properties": {"c": {"type": "string", "pattern": "^q"}, "d": {"type": "string", "format": "ipv4"}}}'
    folder.write({"values/v.yaml": "c: hunter2\nd: hunter3\n", "app/values.schema.json": schema})
    message = folder.mistake(helm=options).message
    assert "at '/c': the value does not match pattern '^q'" in message
    assert "hunter" not in message
    folder.write({"app/values.yaml": "a: b\na: [\n", "app/values.schema.json": "{}"})
    assert folder.place()[0] == "app/values.yaml"


@pytest.mark.parametrize(
    "named", ["gone.yaml", "../../x.yaml", "/../x.yaml", "/link/v.yaml", "v\0.yaml", "templates", ""]
)
def test_a_value_file_that_is_none_or_leads_out_is_a_mistake(folder: Folder, named: str) -> None:
    folder.write({"app/templates/a.yaml": config_map("a"), "real/v.yaml": "a: 2\n"})
    (folder.checkout / "link").symlink_to("real")
    folder.mistake(helm=HelmOptions(values=(named,)))


def test_names_that_helm_does_not_take_are_a_mistake_and_never_an_option(folder: Folder) -> None:
    folder.write({"app/templates/a.yaml": config_map("a")})
    assert "release name" in folder.mistake(helm=HelmOptions("--post-renderer=x")).message
    assert "release name" in folder.mistake(helm=HelmOptions("x" * 60)).message
    folder.write({"app/Chart.yaml": "- a\n"})
    assert folder.place() == ("app/Chart.yaml", 1)
    folder.write({"app/Chart.yaml": chart_yaml("lib") + "type: library\n"})
    assert "library" in folder.mistake().message


def test_without_helm_the_mistake_says_what_to_install(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    folder.renderer = JailedRenderer(tmp_path.parent / "jail", tmp_path / "none")
    mistake = folder.mistake()
    assert "`helm` was not found" in mistake.message
    assert "install helm" in mistake.remedy


def test_output_that_helm_would_cut_off_is_refused(folder: Folder, tmp_path: Path) -> None:
    folder.write(
        {"app/templates/a.yaml": config_map("a", k='{{ repeat 3000000 "x" }}'), "app/templates/b.yaml": config_map("b")}
    )
    assert sorted(folder.names()) == ["a", "b"]
    folder.renderer = JailedRenderer(tmp_path.parent / "jail", tools(), Limits(output=2_000_000))
    assert "more than 2 MB" in folder.mistake().message
