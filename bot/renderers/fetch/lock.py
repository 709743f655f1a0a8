"""Reads a chart's Chart.lock: which charts it pins, and which of them nobody committed to `charts`."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import UserMistake
from bot.objects.errors import ManifestError
from bot.objects.read import Located, read_document

LOCK = "Chart.lock"
_MOST_BYTES = 1 << 20
_MOST = 100
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,200}")
_VERSION = re.compile(r"v?[0-9][0-9A-Za-z.+-]{0,200}")
_REMOTE = ("https://", "oci://")


@dataclass(frozen=True, slots=True)
class Locked:
    """One pinned chart: its name, exact version and the repository's address, with the line in Chart.lock."""

    name: str
    version: str
    repository: str
    line: int


def missing(checkout: Path, folder: str) -> list[Locked]:
    """The pinned charts of the chart in a folder that have an address and do not stand in its `charts`.

    Empty without a Chart.lock. Raises UserMistake, with the line, for an entry that cannot be what helm wrote.
    """
    file = f"{folder}/{LOCK}".lstrip("/")
    data = _read(checkout / file)
    if data is None:
        return []
    try:
        document = read_document(data, file)
    except ManifestError as wrong:
        raise UserMistake(wrong.message, file=file, line=wrong.line) from None
    found = _entries(document, file)
    present = _present(checkout / folder / "charts")
    return [each for each in found if each.repository.startswith(_REMOTE) and not present & _names(each)]


def _read(path: Path) -> bytes | None:
    """A regular file's bytes, if it is one and small: links are not followed, and say what they are to helm."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as source:
        return source.read(_MOST_BYTES)


def _present(folder: Path) -> set[str]:
    return {entry.name for entry in os.scandir(folder)} if folder.is_dir() and not folder.is_symlink() else set()


def _names(each: Locked) -> set[str]:
    """How a vendored copy may be called: an unpacked folder, or the archive as `helm dependency build` names it."""
    return {each.name, f"{each.name}-{each.version}.tgz"}


def _entries(document: Located, file: str) -> list[Locked]:
    listed = document.value.get("dependencies") if isinstance(document.value, dict) else None
    if listed is None:
        return []
    if not isinstance(listed, list) or len(listed) > _MOST:
        raise UserMistake(f"`dependencies` is a list of at most {_MOST} charts", _REMEDY, file=file)
    found = []
    for position, entry in enumerate(listed):
        line = document.line(("dependencies", position))
        fields = entry if isinstance(entry, dict) else {}
        name, version, repository = (str(fields.get(key) or "") for key in ("name", "version", "repository"))
        if not (_NAME.fullmatch(name) and _VERSION.fullmatch(version)):
            raise UserMistake("an entry needs a `name` and an exact `version`", _REMEDY, file=file, line=line)
        found.append(Locked(name, version, repository, line))
    return found


_REMEDY = "let `helm dependency update` write this file, and commit it"
