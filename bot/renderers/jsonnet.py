"""Runs inside the jail: evaluates jsonnet, whose imports are kept inside the tree."""

import json
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Any

import rjsonnet

from bot.objects.errors import ManifestError
from bot.objects.read import SourceObject, read_stream
from bot.renderers.inputs import LINK, NO_LINKS, TREE, Reader, join, refuse_links

MAX_STACK = 500
"""Calls; more than jsonnet itself allows by default would let a program overrun the real stack."""

_LIBRARIES = ("lib", "vendor")
_PLACE = re.compile(r"^ {4}(?P<file>[^:\n]{1,900}):(?P<line>\d+):", re.MULTILINE)
_FIELD = re.compile(r"\n {4}field <([^>\n]{1,200})>")
_TRACE = re.compile(r"\n {4}(?:[^:\n]{1,900}:\d+:\d+|field <|during |elem <)")


def render(path: str, reader: Reader) -> tuple[list[SourceObject], tuple[str, ...]]:
    """The objects of one file, of a folder's main.jsonnet, or of every *.jsonnet in a folder; and what was read.

    A file gives an object, or lists and maps of objects in any depth; null is left out. Raises ManifestError.
    """
    entries, read = _entries(path)
    imports = Imports(posixpath.dirname(entries[0]), reader)
    found: list[SourceObject] = []
    for entry in entries:
        for name, body in _objects(_evaluated(entry, imports), ""):
            try:
                found += [SourceObject(source.body, entry, 0) for source in read_stream(json.dumps(body), entry)]
            except ManifestError as error:
                raise ManifestError(f"{f'`{name}`' if name else 'its value'}: {error.message}", entry) from None
    return found, (*read, *imports.tried)


class Imports:
    """Answers imports: beside the file that imports, else in `lib` and `vendor` of the app's folder and those above it.

    `tried` has every path that was looked for, as the result may change when one of them appears.
    """

    def __init__(self, folder: str, reader: Reader) -> None:
        above = [folder]
        while above[-1]:
            above.append(posixpath.dirname(above[-1]))
        self._libraries = [join(place, library) for place in above for library in _LIBRARIES]
        self._reader = reader
        self.tried: dict[str, None] = {}
        self.texts: dict[str, str] = {}
        self.mistake: ManifestError | None = None

    def __call__(self, folder: str, name: str) -> tuple[str, str]:
        """The path and text of what a file in a folder imports. Raises ManifestError, and keeps it in `mistake`."""
        folder = join("", folder)
        try:
            file = self._find(folder, name)
            refuse_links(file)
            data = self._reader.read(file)
            self.texts[file] = data.decode()
        except UnicodeDecodeError:
            self.mistake = ManifestError("is not UTF-8, and so cannot be imported", file)
        except ManifestError as error:
            self.mistake = error
        if self.mistake:
            raise self.mistake
        return file, self.texts[file]

    def _find(self, folder: str, name: str) -> str:
        if name.startswith("/") or join(folder, name).split("/")[0] == "..":
            raise self._at(folder, name, "leads out of the repository")
        for place in (folder, *self._libraries):
            file = join(place, name)
            if file.split("/")[0] != "..":
                self.tried[file] = None
                if os.path.lexists(f"{TREE}/{file}") and not os.path.isdir(f"{TREE}/{file}"):
                    return file
        raise self._at(folder, name, "does not exist, neither here nor in `lib` or `vendor`")

    def _at(self, folder: str, name: str, why: str) -> ManifestError:
        """The mistake at the line that imports, which is not told to us: the first that has the name in quotes."""
        for file, text in self.texts.items():
            for number, line in enumerate(text.splitlines() if posixpath.dirname(file) == folder else (), 1):
                if f"'{name}'" in line or f'"{name}"' in line:
                    return ManifestError(f"imports {name!r}, which {why}", file, number)
        return ManifestError(f"the import {name!r} {why}", next(iter(self.texts), ""))


def _entries(path: str) -> tuple[list[str], Sequence[str]]:
    """The files to evaluate, and what more has to stay the same for these to be the ones."""
    if os.path.isfile(f"{TREE}/{path}"):
        return [path], ()
    names = sorted(name for name in os.listdir(f"{TREE}/{path}") if name.endswith(".jsonnet"))
    if not names:
        raise ManifestError("this folder has no *.jsonnet", path)
    if "main.jsonnet" in names:
        return [join(path, "main.jsonnet")], ()
    return [join(path, name) for name in names], (path,)


def _evaluated(entry: str, imports: Imports) -> Any:
    try:
        text = rjsonnet.evaluate_file(entry, max_stack=MAX_STACK, import_callback=imports)
        return json.loads(text, parse_constant=_refused)
    except RuntimeError as error:
        raise imports.mistake or _explained(str(error), entry, imports) from None
    except ValueError:
        raise ManifestError("gives a number or character that JSON cannot carry", entry) from None


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _explained(said: str, entry: str, imports: Imports) -> ManifestError:
    """What the evaluation ended with, at the innermost place in the tree that it names."""
    places = [found for found in _PLACE.finditer(said) if found["file"] in imports.texts]
    file, line = (places[0]["file"], int(places[0]["line"])) if places else (entry, 0)
    text = imports.texts.get(file, "")
    if "/" in text and LINK.fullmatch(text.encode()):
        return ManifestError(NO_LINKS, file)
    message = " ".join(_TRACE.split(said, maxsplit=1)[0].split())
    if message.startswith("stack overflow"):
        message = f"calls itself without end, or more than {MAX_STACK} times"
    field = None if places else _FIELD.search(said)
    return ManifestError(f"{message[:2000]}, in the field {field[1]}" if field else message[:2000], file, line)


def _objects(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every object in a value, with the fields that lead to it."""
    if isinstance(value, dict) and not isinstance(value.get("kind", value.get("apiVersion")), str):
        for key, inner in value.items():
            yield from _objects(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _objects(inner, f"{name}[{position}]")
    elif value is not None:
        yield name, value
