"""Runs inside the jail: the files a render reads, counted and bounded, and what a kustomization refers to."""

import json
import os
import posixpath
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.objects.errors import ManifestError
from bot.objects.read import Located, read_document

PLACES = "JAIL_PLACES"
"""The variable that says, in a jail where nothing can be mounted, where the places below really are."""

REAL: dict[str, str] = json.loads(os.environ.get(PLACES, "{}"))
TREE = REAL.get("/tree", "/tree")
"""Where the checkout is seen inside the jail."""

FETCHED = REAL.get("/fetched", "/fetched")
"""Where charts that were fetched for this render are seen, if there are any."""
SCRATCH = REAL.get("/scratch", "/scratch")
"""The one place inside the jail that can be written, when a renderer needs one."""

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
LINK = re.compile(rb"[^\s:{}\[\]]{1,4000}\n?")
"""Text that may be a symbolic link: a checkout writes links as files that hold the path."""

NO_LINKS = "this file holds only a path: symbolic links in Git are not followed, put the file here"
MAX_BYTES = 20_000_000
MAX_FILES = 10_000
_REMOTE = re.compile(
    r"://|^git@|^git::|\?(?:.*&)?ref=|//[^/].*\?|^(?:www\.)?(?:github|gitlab|bitbucket)\.\w+[/:]", re.I
)
_HELM = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_PATHS = ("resources", "bases", "components", "crds", "configurations", "patchesStrategicMerge")
_PLUGINS = ("generators", "transformers", "validators")
_HOLDERS = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")


class Reader:
    """Reads files below the checkout. Remembers which, and says so on standard error, where a killed render is read."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.at = ""
        self._bytes = 0

    def read(self, file: str) -> bytes:
        """A regular file's bytes. Raises ManifestError for anything else, and beyond 20 MB or 10,000 files in all."""
        self.now(file)
        try:
            handle = os.open(f"{TREE}/{file}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise ManifestError(f"cannot be read: {error.strerror}", file) from None
        with os.fdopen(handle, "rb") as source:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ManifestError("is not a regular file", file)
            data = source.read(MAX_BYTES + 1)
        self._bytes += 0 if file in self.files else len(data)
        self.files[file] = None
        if self._bytes > MAX_BYTES:
            raise ManifestError(f"the app's files hold more than {MAX_BYTES // 1_000_000} MB: split the app", file)
        if len(self.files) > MAX_FILES:
            raise ManifestError(f"the app has more than {MAX_FILES:,} files: split it", file)
        return data

    def now(self, file: str) -> None:
        """Say what is being worked on. Raises ManifestError for a name that is not UTF-8."""
        try:
            line = file.encode().replace(b"\n", b"\\n")
        except UnicodeEncodeError:
            shown = os.fsencode(file).decode(errors="backslashreplace")
            raise ManifestError("the file's name is not UTF-8: rename it", shown) from None
        self.at = file
        os.write(sys.stderr.fileno(), b"at " + line + b"\n")


@dataclass
class Inputs:
    """What a kustomize build reads: of its `paths` some are `manifests`, and of those some are `resources`.

    `inline` is YAML that stands as text in a kustomization, with the file and line of that.
    """

    manifests: dict[str, None] = field(default_factory=dict)
    resources: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    paths: dict[str, None] = field(default_factory=dict)
    inline: list[tuple[str, str, int]] = field(default_factory=list)
    sure: bool = True

    def note(self, file: str, named_by: str) -> None:
        """A field of a kustomization names a file."""
        self.paths[file] = None
        if named_by not in _GENERATORS:
            self.manifests[file] = None
        if named_by in ("resources", "bases"):
            self.resources[file] = None

    @property
    def read(self) -> tuple[str, ...]:
        """Files whose change may change the build, also those that are not there yet; ("",) is the whole tree."""
        kustomizations = [join(folder, name) for folder in self.folders for name in KUSTOMIZATIONS]
        return (*kustomizations, *self.paths) if self.sure else ("",)


def kustomize_inputs(folder: str, reader: Reader) -> Inputs:
    """Follow every local reference of a kustomization. Raises ManifestError, with the line, for one that is not local.

    Kustomize would fetch what is not there: https files, and repositories through git. Both are refused by name here;
    the jail has no network and no git for what this overlooks.
    """
    inputs, waiting = Inputs(), [folder]
    while waiting:
        here = waiting.pop()
        if here in inputs.folders:
            continue
        inputs.folders[here] = None
        document = kustomization(here, reader)
        inputs.manifests[document.file] = None
        for path, text in _inline(document):
            inputs.inline.append((text, document.file, document.line(path)))
        for path, refers in _references(document):
            target = _local(here, refers, document, path)
            if target is None:
                inputs.sure = False
            elif os.path.isdir(f"{TREE}/{target}"):
                waiting.append(target)
            elif here and not target.startswith(f"{here}/"):
                why = "stands outside of this kustomization's folder: kustomize reads single files only below it"
                raise ManifestError(f"{refers!r} {why}", document.file, document.line(path))
            else:
                inputs.note(target, str(path[0]))
        inputs.sure = inputs.sure and not any(document.value.get(name) for name in _PLUGINS)
    return inputs


def kustomization(folder: str, reader: Reader) -> Located:
    """The one kustomization file of a folder. Raises ManifestError when there is none, two, or no map in it."""
    found = [join(folder, name) for name in KUSTOMIZATIONS if os.path.lexists(f"{TREE}/{join(folder, name)}")]
    if not found:
        raise ManifestError("this folder has no kustomization.yaml", folder)
    if len(found) > 1:
        raise ManifestError(f"stands beside {posixpath.basename(found[0])}: kustomize takes one of them", found[1])
    document = read_document(reader.read(found[0]), found[0])
    if not isinstance(document.value, dict):
        raise ManifestError("a kustomization must be a map", found[0], document.line())
    for name in _HELM:
        if document.value.get(name):
            raise ManifestError(
                f"`{name}` is not supported: commit the rendered chart", found[0], document.line((name,))
            )
    return document


def join(folder: str, name: str) -> str:
    """A path from the repository's root; `..` is resolved and may lead out of it."""
    joined = posixpath.normpath(posixpath.join(folder, name))
    return "" if joined == "." else joined


def _references(document: Located) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every place in a kustomization that names a file or folder, with what stands there."""
    body = document.value
    for name in (*_PATHS, *_PLUGINS):
        for position, entry in enumerate(_list(body.get(name))):
            yield (name, position), entry
    for name in _HOLDERS:
        for position, entry in enumerate(_list(body.get(name))):
            if isinstance(entry, dict) and entry.get("path"):
                yield (name, position, "path"), entry["path"]
    if isinstance(body.get("openapi"), dict) and body["openapi"].get("path"):
        yield ("openapi", "path"), body["openapi"]["path"]
    for name in _GENERATORS:
        for position, entry in enumerate(_list(body.get(name))):
            yield from _generated((name, position), entry if isinstance(entry, dict) else {})


def _inline(document: Located) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every place in a kustomization where YAML stands as text."""
    for name in (*_PLUGINS, "patchesStrategicMerge"):
        for position, entry in enumerate(_list(document.value.get(name))):
            if isinstance(entry, str) and "\n" in entry:
                yield (name, position), entry
    for name in _HOLDERS:
        for position, entry in enumerate(_list(document.value.get(name))):
            if isinstance(entry, dict) and isinstance(entry.get("patch"), str):
                yield (name, position, "patch"), entry["patch"]


def _generated(path: tuple[str | int, ...], entry: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Files of a ConfigMap or Secret generator: `files` as `key=path` or `path`, `envs`, and the older `env`."""
    for position, file in enumerate(_list(entry.get("files"))):
        yield (*path, "files", position), file.partition("=")[2] or file if isinstance(file, str) else file
    for position, file in enumerate(_list(entry.get("envs"))):
        yield (*path, "envs", position), file
    if entry.get("env"):
        yield (*path, "env"), entry["env"]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _local(folder: str, refers: Any, document: Located, path: tuple[str | int, ...]) -> str | None:
    """The path of a reference from the repository's root; None for YAML that stands inline in its place."""
    line = document.line(path)
    if not isinstance(refers, str) or not refers or "\0" in refers:
        raise ManifestError(f"`{path[0]}` must name files or folders", document.file, line)
    if "\n" in refers and path[0] in (*_PLUGINS, "patchesStrategicMerge"):
        return None
    if _REMOTE.search(refers):
        raise ManifestError("remote bases and files are refused: commit a copy of it", document.file, line)
    return inside(join(folder, refers), refers, document, line)


def inside(target: str, refers: str, document: Located, line: int) -> str:
    """The target of a reference, if it is in the tree with no link on the way. Raises ManifestError if it is not."""
    if target.startswith("/") or target.split("/")[0] == "..":
        raise ManifestError(f"{refers!r} leads out of the repository", document.file, line)
    refuse_links(target)
    if not os.path.exists(f"{TREE}/{target}"):
        raise ManifestError(f"names {refers!r}, which does not exist here", document.file, line)
    return target


def refuse_links(target: str) -> None:
    """Raises ManifestError when a path, or a folder on the way to it, is a symbolic link."""
    place = TREE
    for part in target.split("/"):
        place = posixpath.join(place, part)
        if os.path.islink(place):
            raise ManifestError("is a symbolic link, which is not followed", target)
