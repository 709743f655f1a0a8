"""Runs inside the jail: renders a Helm chart with the helm binary that was put there, from a copy of the chart."""

import os
import posixpath
import re
import shutil
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from bot.objects.errors import ManifestError
from bot.objects.read import SourceObject, compose, read_stream
from bot.renderers.charts import Chart, Copier, link_among, locate
from bot.renderers.inputs import FETCHED, LINK, NO_LINKS, SCRATCH, TREE, Reader, inside, join
from bot.renderers.jail.tool import limit_passed, run_tool

_CHART = f"{SCRATCH}/chart"
_MISSING = re.compile(r"missing in charts/ directory: (.*)")
_NAME = r"(?P<name>[^:\n\"]{1,900})"
_TOLD = re.compile(rf"(?:execution|parse) error at \({_NAME}:(?P<line>\d+)(?::\d+)?\): (?P<why>.*)", re.DOTALL)
_UNREADABLE = re.compile(rf"YAML parse error on {_NAME}: (?P<why>.*)", re.DOTALL)
_STEP = re.compile(
    rf'(?:^|\n|template: ){_NAME}:(?P<line>\d+):\d+:?\s{{1,9}}executing "[^"\n]{{0,900}}" at <(?P<at>.{{0,900}}?)>:\s',
    re.DOTALL,
)
_VALUES = (
    (re.compile(r"': '.*' (?=does not match|is not valid)"), "': the value "),
    (re.compile(r"(cannot unmarshal !!\w+) `.*`"), r"\1"),
    (re.compile(r"(invalid map key).*"), r"\1: a template's output must stand in quotes, or be indented"),
)


def render(
    folder: str, options: Mapping[str, Any], tool: Sequence[str], reader: Reader
) -> tuple[list[SourceObject], tuple[str, ...]]:
    """The objects of a release, tests left out, and what was read. Raises ManifestError.

    `options`: `release`, `namespace`, `values` (from the chart's folder, or with a leading / from the root),
    `skip_crds`, what the cluster can do, if that is known (`kube_version`, `api_versions`), and `later` for another
    time. An object's file is the template that printed it, its line is not known.
    """
    copier = Copier(reader, later=options["later"])
    chart = copier.copy(folder, _CHART)
    _add_fetched()
    values = [_value_file(chart, named, reader) for named in options["values"]]
    words = ["template", *(f"--namespace={name}" for name in [options["namespace"]] if name)]
    words += [f"--values={_quoted(f'{TREE}/{file}')}" for file in values]
    words += [f"--kube-version={options['kube_version']}"] if options["kube_version"] else []
    words += [f"--api-versions={','.join(options['api_versions'])}"] if options["api_versions"] else []
    words += [] if options["skip_crds"] else ["--include-crds"]
    reader.now(chart.about.file)
    code, out, said = run_tool([*tool, *words, "--", options["release"], _CHART])
    if limit := limit_passed("helm", out, said if code else ""):
        raise ManifestError(limit, chart.about.file)
    if code:
        if link := link_among(copier.files, reader):
            raise ManifestError(NO_LINKS, link)
        raise _explained(said, chart, values, reader)
    found = _placed(out, chart, reader)
    return [source for source in found if not _is_test(source)], (*chart.folders(), *values)


def _add_fetched() -> None:
    """Put archives that were fetched for this render beside those that the chart brings."""
    if os.path.isdir(FETCHED):
        os.makedirs(f"{_CHART}/charts", exist_ok=True)
        for name in sorted(os.listdir(FETCHED)):
            shutil.copyfile(f"{FETCHED}/{name}", f"{_CHART}/charts/{name}")


def _value_file(chart: Chart, named: str, reader: Reader) -> str:
    """The file that `helm.values` names. Raises ManifestError when it is not one in the tree."""
    target = join("", named.lstrip("/")) if named.startswith("/") else join(chart.folder, named)
    try:
        file = inside(target, named, chart.about, 0)
    except ManifestError as error:
        raise ManifestError(f"`helm.values`: {error.message}", error.file) from None
    if LINK.fullmatch(reader.read(file)):
        raise ManifestError(NO_LINKS, file)
    return file


def _quoted(path: str) -> str:
    """Helm reads this flag as a line of comma-separated values."""
    doubled = path.replace('"', '""')
    return f'"{doubled}"'


def _placed(out: bytes, chart: Chart, reader: Reader) -> list[SourceObject]:
    """The objects in helm's output, each with the file that the comment above it names."""
    starts, names, above = [0], [""], b""
    for number, line in enumerate(out.split(b"\n"), 1):
        if above == b"---" and line.startswith(b"# Source: "):
            starts.append(number)
            names.append(line[10:].decode(errors="replace"))
        above = line
    files = {name: locate(chart, name, reader) for name in dict.fromkeys(names)}

    def file_at(line: int) -> str:
        return files[names[bisect_right(starts, line) - 1]]

    try:
        return [SourceObject(source.body, file_at(source.line), 0) for source in read_stream(out, "")]
    except ManifestError as error:
        raise ManifestError(f"what it renders to is unusable: {error.message}", file_at(error.line)) from None


def _is_test(source: SourceObject) -> bool:
    """Whether helm would make an object only for `helm test` (helm.sh/docs/topics/chart_tests)."""
    hook = (source.body["metadata"].get("annotations") or {}).get("helm.sh/hook") or ""
    words = [word.strip() for word in hook.split(",")]
    return all(word in ("test", "test-success", "test-failure") for word in words)


def _explained(said: str, chart: Chart, values: Sequence[str], reader: Reader) -> ManifestError:
    """What helm printed, at the innermost file and line that it names, without values where it quotes them."""
    text = re.split(r"^Error: ", said, maxsplit=1, flags=re.MULTILINE)[-1].split("\n\nUse --debug")[0]
    text = text.replace(f"{_CHART}/", "").replace(f"{TREE}/", "") or "helm failed and did not say why"
    if missing := _MISSING.search(text):
        return _unvendored(chart, missing[1].split(",")[0].strip())
    place = _TOLD.match(text) or _UNREADABLE.match(text)
    steps = [] if place else list(_STEP.finditer(text))
    if place:
        return _at(place, place["why"], chart, reader)
    if steps:
        return _at(steps[-1], f"{steps[-1]['at']}: {text[steps[-1].end() :]}", chart, reader)
    if "yaml" in text.lower():
        for file in values:
            _check(file, reader)
        _check(join(chart.folder, "values.yaml"), reader)
    return ManifestError(_plain(text), chart.about.file)


def _unvendored(chart: Chart, name: str) -> ManifestError:
    line = next((need.line for need in chart.needs if need.name == name), 0)
    why = "commit it with `helm dependency build`, or commit a Chart.lock for charts from hosts the operator allows"
    return ManifestError(f"the chart {name!r} is not in `charts`: {why}", chart.listed.file, line)


def _at(place: re.Match[str], why: str, chart: Chart, reader: Reader) -> ManifestError:
    """A mistake in a template. A line counts in the template, or else in its output, where the message has it."""
    file = locate(chart, place["name"], reader)
    line = int(place.groupdict().get("line") or 0)
    why = re.sub(r"\byaml: line (\d+)", r"line \1 of what it prints", why)
    if posixpath.basename(file) == posixpath.basename(place["name"]):
        return ManifestError(_plain(why), file, line)
    return ManifestError(f"{place['name']}:{line}: {_plain(why)}", file)


def _check(file: str, reader: Reader) -> None:
    """Read a file that helm could not. Raises ManifestError with its line."""
    try:
        data = reader.read(file)
    except ManifestError:
        return
    for _ in compose(data, file):
        pass


def _plain(text: str) -> str:
    text = text[:4000]
    for shape, instead in _VALUES:
        text = shape.sub(instead, text)
    return " ".join(text.split()).replace(TREE, "the repository")[:2000]
