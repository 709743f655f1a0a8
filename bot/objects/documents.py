"""YAML text → plain data with line numbers: one pass over the C parser's events, bounded in size, depth and aliases.

Composing a deeply nested document with PyYAML's own composer overruns the C stack and kills the process, and an
alias bomb is small until it is printed. So values are built here, from events, and every limit is checked on the way.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.objects.errors import ManifestError
from bot.objects.scalars import resolve

MAX_BYTES = 10_000_000
MAX_NODES = 1_000_000
MAX_ALIASES = 100
MAX_DEPTH = 200

_PAIR = re.compile(r"\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|[\s\S])")
_CORE = "tag:yaml.org,2002:"
_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (float, int), "bool": (bool,), "null": (type(None),)}


@dataclass(frozen=True, slots=True)
class Located:
    """A document's value, and where its parts were written."""

    value: Any
    file: str
    start: int
    marks: dict[int, dict[Any, int]] = field(repr=False, compare=False)

    def line(self, path: tuple[str | int, ...] = ()) -> int:
        """The line (from 1) of a key or list index; of its nearest parent that exists when it does not."""
        line, value = self.start, self.value
        for step in path:
            found = self.marks.get(id(value), {}).get(step, 0)
            if not found:
                return line
            line, value = found, value[step]
        return line


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not been seen."""

    value: Any
    anchor: str | None
    line: int
    size: int = 1
    key: Any = None
    waits: bool = False
    merged: set[str] = field(default_factory=set)
    lines: dict[Any, int] = field(default_factory=dict)


_MERGE = object()
"""Stands for the key `<<` while its value is read."""


def compose(text: bytes | str, file: str) -> Iterator[Located]:
    """Yield each document of a stream; empty ones have the value None.

    Raises ManifestError for text that is not YAML, is not UTF-8, repeats a key or passes a limit.
    """
    loader = _Loader(file)
    decoded = _joined(_decoded(text, file))
    try:
        yield from loader.documents(decoded)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ManifestError(f"not YAML: {_problem(error, decoded)}", file, mark.line + 1 if mark else 0) from None
    except yaml.reader.ReaderError as error:
        raise ManifestError(f"not YAML: {error.reason}", file) from None


def _problem(error: yaml.MarkedYAMLError, text: str) -> str:
    """The parser's words, or plainer ones for a character that it does not name."""
    mark = error.problem_mark
    if mark is None or error.problem != "found character that cannot start any token":
        return str(error.problem)
    line = re.split(r"\r\n|[\r\n\x85\u2028\u2029]", text)[mark.line :][:1]
    found = "".join(line)[mark.column : mark.column + 1]
    return f"a value cannot begin with {found!r}: put it in quotes" if found.strip() else "indent with spaces, not tabs"


def read_document(text: bytes | str, file: str) -> Located:
    """The one document of a file, such as a config; its value is None when the file is empty. Raises ManifestError."""
    documents = [document for document in compose(text, file) if document.value is not None]
    if len(documents) > 1:
        raise ManifestError("this file may hold one YAML document only: remove `---`", file, documents[1].start)
    return documents[0] if documents else Located(None, file, 1, {})


def _decoded(text: bytes | str, file: str) -> str:
    try:
        data = text if isinstance(text, bytes) else text.encode()
        if len(data) > MAX_BYTES:
            raise ManifestError(f"larger than {MAX_BYTES // 1_000_000} MB: split the file", file)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ManifestError("not UTF-8 text: save the file as UTF-8", file, line) from None
    except UnicodeEncodeError:
        raise ManifestError("holds half of a surrogate pair, which is no character", file) from None


def _joined(text: str) -> str:
    """JSON with its escaped surrogate pairs as the characters they mean; YAML, where they mean nothing, as it is."""
    if text.lstrip()[:1] not in ("{", "[") or not _PAIR.search(text):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _PAIR.sub(lambda found: json.loads(f'"{found[0]}"') if found[1] else found[0], text)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


class _Loader:
    """The state of reading one stream."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.nodes = 0
        self.aliases = 0
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.stack: list[_Open] = []
        self.marks: dict[int, dict[Any, int]] = {}

    def documents(self, text: str) -> Iterator[Located]:
        parser: Any = yaml.CSafeLoader(text)
        parser.get_event()
        event = parser.get_event()
        root: Any = None
        start = 1
        while not isinstance(event, yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors, self.stack, self.marks, root = {}, [], {}, None
                start = 0
            elif isinstance(event, yaml.DocumentEndEvent):
                yield Located(root, self.file, start, self.marks)
            else:
                start = start or _line(event)
                done, value = self._take(event)
                root = value if done else root
            event = parser.get_event()

    def _take(self, event: Any) -> tuple[bool, Any]:
        """Use one event. Answers whether it ended the document's root node, and with what value."""
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._finish(self._scalar(event, line), event.anchor, 1, line)
        if isinstance(event, yaml.AliasEvent):
            value, size = self._alias(str(event.anchor), line)
            return self._finish(value, None, size, line)
        if isinstance(event, yaml.CollectionEndEvent):
            closed = self.stack.pop()
            self.marks[id(closed.value)] = closed.lines
            return self._finish(closed.value, closed.anchor, closed.size, closed.line)
        if len(self.stack) >= MAX_DEPTH:
            raise ManifestError(f"nested more than {MAX_DEPTH} levels deep", self.file, line)
        self.stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line))
        return False, None

    def _finish(self, value: Any, anchor: str | None, size: int, line: int) -> tuple[bool, Any]:
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            self._count(size, line)
            return True, value
        parent = self.stack[-1]
        parent.size += size
        if parent.size > MAX_NODES:
            self._count(parent.size, line)
        if isinstance(parent.value, list):
            parent.lines[len(parent.value)] = line
            parent.value.append(value)
        elif parent.waits:
            parent.waits = False
            self._store(parent, value, line)
        else:
            parent.key, parent.waits = self._key(value, line), True
            if parent.key is not _MERGE:
                parent.lines.setdefault(parent.key, line)
        return False, None

    def _count(self, size: int, line: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise ManifestError(f"more than {MAX_NODES:,} values once its aliases are written out", self.file, line)

    def _store(self, parent: _Open, value: Any, line: int) -> None:
        key, body = parent.key, parent.value
        if key is _MERGE:
            self._merge(parent, value, line)
        elif key in body and key not in parent.merged:
            raise ManifestError(f"the key {key!r} is written twice: remove one", self.file, line)
        else:
            parent.merged.discard(key)
            parent.lines[key] = parent.lines.get(key) or line
            body[key] = value

    def _merge(self, parent: _Open, value: Any, line: int) -> None:
        """Take in `<<`. Overlap with keys before it is refused: kubectl and the YAML specification disagree on it."""
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise ManifestError("`<<` takes a map or a list of maps", self.file, line)
        merged: dict[str, Any] = {}
        for source in sources:
            merged = source | merged
        for key in merged.keys() & parent.value.keys():
            raise ManifestError(f"`<<` must stand before the key {key!r} that it overlaps", self.file, line)
        parent.merged.update(merged)
        parent.lines.update(dict.fromkeys(merged, line))
        parent.value.update(merged)

    def _key(self, value: Any, line: int) -> Any:
        """A key in its JSON spelling: text, or the text of a number or bool."""
        if isinstance(value, str) or value is _MERGE:
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int) or (isinstance(value, float) and f"{value:.6g}" == repr(value)):
            return repr(value)
        template = ", or use a chart if it is a template" if isinstance(value, dict) else ""
        raise ManifestError(f"a key must be text: put it in quotes{template}", self.file, line)

    def _alias(self, anchor: str, line: int) -> tuple[Any, int]:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise ManifestError(f"more than {MAX_ALIASES} aliases: write the values out", self.file, line)
        if anchor not in self.anchors:
            raise ManifestError(
                "an alias has no finished anchor before it; a text that begins with * needs quotes", self.file, line
            )
        return self.anchors[anchor]

    def _scalar(self, event: Any, line: int) -> Any:
        text: str = event.value
        tag = event.tag.removeprefix(_CORE) if event.tag else None
        parent = self.stack[-1] if self.stack else None
        is_key = parent is not None and isinstance(parent.value, dict) and not parent.waits
        if is_key and text == "<<" and (event.implicit[0] or tag == "merge"):
            return _MERGE
        try:
            return _tagged(text, tag) if tag else resolve(text) if event.implicit[0] else text
        except ValueError as error:
            raise ManifestError(f"{error}: put the value in quotes or correct it", self.file, line) from None


def _tagged(text: str, tag: str) -> Any:
    """A scalar with an explicit tag. Tags that YAML does not define mean text, as for kubectl."""
    if tag == "binary":
        try:
            return base64.b64decode(text.encode(), validate=False).decode()
        except (binascii.Error, UnicodeError):
            raise ValueError("!!binary is not base64 of UTF-8 text") from None
    if tag not in _TYPES:
        return text
    value = resolve(text)
    if not isinstance(value, _TYPES[tag]) or (tag != "bool" and isinstance(value, bool)):
        raise ValueError(f"the value is no {tag}")
    return value
