"""Runs inside the jail: Helm charts as folders: copied file by file, and asked which file helm means by a name."""

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from bot.objects.errors import ManifestError
from bot.objects.read import Located, read_document
from bot.renderers.clock import at_another_time, is_template
from bot.renderers.inputs import LINK, MAX_BYTES, MAX_FILES, NO_LINKS, TREE, Reader, inside, join

_NAME = re.compile(r"""^name:[ ]+["']?([\w.+-]+)["']?[ ]*(?:#.*)?$""", re.MULTILINE)
_ARCHIVE = re.compile(r"(.+)-v?\d[^/]*\.tgz")
_LOCAL = "file://"
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Need:
    """An entry of a chart's dependencies, with the line it stands at."""

    name: str
    alias: str
    repository: str
    line: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart by its folder. `beside`: charts that its dependencies take from other folders of the tree, by name.

    `listed` is the document that holds the dependencies.
    """

    folder: str
    about: Located
    listed: Located
    needs: tuple[Need, ...]
    beside: dict[str, "Chart"] = field(default_factory=dict)

    def folders(self) -> Iterator[str]:
        """This chart's folder and those of all charts beside it."""
        yield self.folder
        for chart in self.beside.values():
            yield from chart.folders()


def read_chart(folder: str, reader: Reader) -> Chart:
    """What Chart.yaml says, and requirements.yaml of charts of the older form. Raises ManifestError with the line."""
    file, older = join(folder, "Chart.yaml"), join(folder, "requirements.yaml")
    if not os.path.lexists(f"{TREE}/{file}"):
        raise ManifestError("this folder has no Chart.yaml", folder)
    about = listed = _map(file, reader)
    if "dependencies" not in about.value and os.path.lexists(f"{TREE}/{older}"):
        listed = _map(older, reader)
    return Chart(folder, about, listed, tuple(_needs(listed)))


class Copier:
    """Copies charts out of the tree: regular files only, so that whoever reads the copy can follow no link.

    `later`: templates that print the time print another one (bot/renderers/clock.py).
    """

    def __init__(self, reader: Reader, *, later: bool = False) -> None:
        self._later = later
        self.files: list[str] = []
        self._reader = reader
        self._bytes = 0

    def copy(self, folder: str, place: str, above: tuple[str, ...] = ()) -> Chart:
        """Copy a chart; what `file://` names and nobody vendored is put into its charts. Raises ManifestError."""
        chart = read_chart(folder, self._reader)
        try:
            self._copy(folder, place)
        except OSError as error:
            raise ManifestError(f"this chart cannot be copied: {error.strerror}", folder) from None
        for need in chart.needs:
            if need.repository.startswith(_LOCAL) and need.name not in {*_vendored(folder), *chart.beside}:
                refers = need.repository.removeprefix(_LOCAL)
                target = inside(join(folder, refers), need.repository, chart.listed, need.line)
                if target in (folder, *above) or len(above) == _DEPTH:
                    raise ManifestError(f"{need.repository!r} leads back or too deep", chart.listed.file, need.line)
                inner = f"{place}/charts/{len(chart.beside)}-{posixpath.basename(target)}"
                chart.beside[need.name] = self.copy(target, inner, (folder, *above))
        return chart

    def _copy(self, folder: str, place: str) -> None:
        waiting = [(folder, place)]
        while waiting:
            source, target = waiting.pop()
            os.makedirs(target)
            with os.scandir(f"{TREE}/{source}") as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    name = join(source, entry.name)
                    mode = entry.stat(follow_symlinks=False).st_mode
                    self._count(name)
                    if stat.S_ISLNK(mode):
                        raise ManifestError("symbolic links are not followed: put a file or folder here", name)
                    if stat.S_ISDIR(mode):
                        waiting.append((name, f"{target}/{entry.name}"))
                    elif entry.name != ".git":
                        self._write(name, f"{target}/{entry.name}")

    def _write(self, name: str, target: str) -> None:
        data = self._reader.read(name)
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            raise ManifestError(f"the chart's files hold more than {MAX_BYTES // 1_000_000} MB: split the app", name)
        with open(target, "xb") as copy:
            copy.write(at_another_time(data) if self._later and is_template(name) else data)

    def _count(self, name: str) -> None:
        """The same chart may stand beside several others: every copy counts."""
        self.files.append(name)
        if len(self.files) > MAX_FILES:
            raise ManifestError(f"the chart has more than {MAX_FILES:,} files: split it", name)


def locate(chart: Chart, name: str, reader: Reader) -> str:
    """The file in the tree that helm calls `<chart>/charts/<other>/templates/x.yaml`; an archive for what is in one.

    Names in it are those of charts, or aliases. Chart.yaml stands for what is not found: templates can print any name.
    """
    parts = name.split("/")[1:]
    while len(parts) > 2 and parts[0] == "charts":
        known = next((need.name for need in chart.needs if need.alias == parts[1]), parts[1])
        found = _vendored(chart.folder).get(known, "")
        if known in chart.beside:
            chart = chart.beside[known]
        elif not found or found.endswith(".tgz"):
            return found or chart.about.file
        else:
            try:
                chart = _read_again(found, reader)
            except ManifestError:
                return join(found, "Chart.yaml")
        parts = parts[2:]
    file = join(chart.folder, "/".join(parts).lstrip("/"))
    return file if ".." not in parts and os.path.isfile(f"{TREE}/{file}") else chart.about.file


def link_among(files: list[str], reader: Reader) -> str:
    """The first file that holds nothing but a path, and so was a symbolic link in Git; empty when there is none."""
    for file in files:
        place = f"{TREE}/{file}"
        if not os.path.isfile(place) or os.path.getsize(place) > 4000:
            continue
        data = reader.read(file)
        if LINK.fullmatch(data):
            path = data.decode(errors="replace").strip()
            if path.startswith(("./", "../", "/")) or os.path.exists(f"{TREE}/{join(posixpath.dirname(file), path)}"):
                return file
    return ""


@cache
def _vendored(folder: str) -> dict[str, str]:
    """Folders and archives in a chart's `charts`, by the name of the chart that each holds."""
    place = join(folder, "charts")
    entries = sorted(os.listdir(f"{TREE}/{place}")) if os.path.isdir(f"{TREE}/{place}") else []
    found: dict[str, str] = {}
    for entry in entries:
        path = join(place, entry)
        if archive := _ARCHIVE.fullmatch(entry):
            found.setdefault(archive[1], path)
        elif os.path.isfile(about := f"{TREE}/{path}/Chart.yaml"):
            with open(about, encoding="utf-8", errors="replace") as source:
                named = _NAME.search(source.read(1 << 20))
            found.setdefault(named[1] if named else entry, path)
    return found


_read_again = cache(read_chart)
"""Of a chart whose charts beside it do not matter."""


def _map(file: str, reader: Reader) -> Located:
    data = reader.read(file)
    document = read_document(data, file)
    if not isinstance(document.value, dict):
        raise ManifestError(NO_LINKS if LINK.fullmatch(data) else "must be a map", file, document.line())
    return document


def _needs(document: Located) -> Iterator[Need]:
    entries = document.value.get("dependencies")
    for position, entry in enumerate(entries if isinstance(entries, list) else ()):
        line = document.line(("dependencies", position))
        fields = [entry.get(key) or "" for key in ("name", "alias", "repository")] if isinstance(entry, dict) else []
        texts = [text for text in fields if isinstance(text, str) and "\0" not in text]
        if len(texts) < 3 or not texts[0]:
            raise ManifestError("a dependency has a `name`, a `version` and a `repository`", document.file, line)
        yield Need(texts[0], texts[1], texts[2], line)
