"""Runs inside the jail: reads every manifest below a folder, or one file."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence

from bot.objects.errors import ManifestError
from bot.objects.read import SourceObject, read_stream
from bot.renderers.inputs import KUSTOMIZATIONS, LINK, NO_LINKS, TREE, Reader

MAX_ENTRIES = 50_000
_OTHERS = {**dict.fromkeys(KUSTOMIZATIONS, "a kustomization"), "Chart.yaml": "a chart"}
"""Files that say that a folder is for another renderer."""
_REMEDY = "make it an app, or name its folder in `exclude`"
_SUFFIXES = (".yaml", ".yml", ".json")


def render(path: str, exclude: Sequence[str], reader: Reader) -> Iterator[SourceObject]:
    """Objects of `*.yaml`, `*.yml` and `*.json` below a folder, in the order of their paths, or of a single file.

    Names that begin with a dot are skipped. `exclude` holds globs, from the folder or, with a leading /, from the root
    of the repository. Raises ManifestError.
    """
    skip = _matcher(path, exclude)
    for file in _files(path, skip):
        data = reader.read(file)
        try:
            yield from read_stream(data, file)
        except ManifestError as error:
            if LINK.fullmatch(data):
                raise ManifestError(NO_LINKS, file, error.line) from None
            raise


def _files(path: str, skip: Callable[[str], bool]) -> list[str]:
    found, open_folders, seen = [], [path], 0
    while open_folders:
        folder = open_folders.pop()
        if folder == path and not stat.S_ISDIR(os.lstat(f"{TREE}/{folder}").st_mode):
            return [path]
        with os.scandir(f"{TREE}/{folder}") as entries:
            for entry in entries:
                seen += 1
                if seen > MAX_ENTRIES:
                    raise ManifestError(f"more than {MAX_ENTRIES:,} files: narrow `path` or split the app", path)
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name.startswith(".") or skip(name):
                    continue
                if entry.is_symlink():
                    raise ManifestError("symbolic links are not followed: put a file or folder here", name)
                if folder != path and entry.name in _OTHERS:
                    raise ManifestError(f"{folder} is {_OTHERS[entry.name]} of its own: {_REMEDY}", name)
                if entry.is_dir():
                    open_folders.append(name)
                elif entry.name.endswith(_SUFFIXES):
                    found.append(name)
    return sorted(found)


def _matcher(path: str, exclude: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path from the repository's root is excluded."""
    shapes = [re.compile(_shape(_from_root(path, pattern))) for pattern in exclude]
    return lambda name: any(shape.fullmatch(name) for shape in shapes)


def _from_root(path: str, pattern: str) -> str:
    """A pattern from the root: `[` and others in the app's own path stand for themselves."""
    if pattern.startswith("/") or not path:
        return pattern.removeprefix("/")
    return f"{path}/{pattern}"


def _shape(pattern: str) -> str:
    """A glob as a regular expression: `*` and `?` stay within a name, `**` crosses folders."""
    steps = {"**/": "(?:[^/]+/)*", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", pattern)
    return "(?s)" + "".join(steps.get(part) or re.escape(part) for part in parts)
