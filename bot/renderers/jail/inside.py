"""Runs inside the jail: sets the limits, takes a request from standard input, answers in JSON on standard output."""

import json
import os
import re
import resource
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from bot.objects.errors import ManifestError
from bot.objects.identity import ObjectKey, key_of
from bot.objects.read import SourceObject
from bot.renderers import helm, kustomize, plain
from bot.renderers.inputs import REAL, Reader
from bot.renderers.jail.helm_library import program

MAX_OBJECTS = 5_000
MAX_VALUES = 500_000
_PROCESSES = 128


def main() -> None:
    """Answer `{"objects": [[file, line, body]…], "read": [path…]}`, or `{"mistake": [message, file, line]}`."""
    request = json.load(sys.stdin)
    _limit(request["limits"], request["alone"])
    reader = Reader()
    try:
        answer = _answer(request, reader)
    except ManifestError as error:
        answer = _mistake(error.message, error.file, error.line)
    except MemoryError:
        answer = _mistake(f"rendering needs more than {request['limits']['memory'] >> 20} MiB of memory", reader.at)
    sys.stdout.buffer.write(answer)


def _answer(request: dict[str, Any], reader: Reader) -> bytes:
    objects, read = _rendered(request, reader)
    found = _bounded(objects, request["path"])
    rows = [[source.file, source.line, source.body] for source in found]
    try:
        text = json.dumps({"objects": rows, "read": read}, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise ManifestError("holds a number or character that JSON cannot carry", request["path"]) from None
    if len(text) > request["limits"]["output"]:
        megabytes = request["limits"]["output"] // 1_000_000
        raise ManifestError(f"renders to more than {megabytes} MB: split the app", request["path"])
    return text


def _rendered(request: dict[str, Any], reader: Reader) -> tuple[Iterable[SourceObject], Sequence[str]]:
    """The objects, and the paths that were read for them."""
    tool = [REAL.get(word, word) for word in request.get("tool", ())]
    if request["renderer"] == "kustomize":
        built, inputs = kustomize.render(request["path"], tool, reader)
        return built, inputs.read
    if request["renderer"] == "helm":
        return helm.render(request["path"], request["helm"], tool or program(), reader)
    if request["renderer"] == "jsonnet":
        from bot.renderers import jsonnet  # here, because loading it takes longer than rendering a small folder

        return jsonnet.render(request["path"], reader)
    return plain.render(request["path"], request["exclude"], reader), (request["path"],)


def _bounded(sources: Iterable[SourceObject], path: str) -> list[SourceObject]:
    """All of them. Raises ManifestError for one object written twice, for more than 5,000, and for 500,000 values.

    Values are bounded because those who take the answer hold it in memory, where a value takes a hundred bytes.
    """
    found: dict[ObjectKey, SourceObject] = {}
    values = 0
    for source in sources:
        key = key_of(source.body)
        if key in found:
            first = f"{found[key].file}:{found[key].line}" if found[key].line else found[key].file
            raise ManifestError(f"{key} is already written at {first}: remove one", source.file, source.line)
        found[key] = source
        values += _values(source.body)
        if len(found) > MAX_OBJECTS or values > MAX_VALUES:
            raise ManifestError(f"more than {MAX_OBJECTS:,} objects or {MAX_VALUES:,} values: split the app", path)
    return list(found.values())


def _values(body: Any) -> int:
    """How many values there are, those of aliases counted wherever they stand."""
    if isinstance(body, dict):
        return 1 + sum(map(_values, body.values()))
    return 1 + sum(map(_values, body)) if isinstance(body, list) else 1


def _mistake(message: str, file: str, line: int = 0) -> bytes:
    return json.dumps({"mistake": [message, file, line]}).encode()


def _limit(limits: dict[str, Any], alone: bool) -> None:
    """Bound this process and its children. Go reserves address space that it never uses, so there is more of that.

    `alone`: this user namespace holds nothing else, so that processes can be counted.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_AS, (3 * limits["memory"], 3 * limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["processor"], limits["processor"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"] + 1, limits["output"] + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if alone and _counts_by_namespace():
        resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))


def _counts_by_namespace() -> bool:
    """Since Linux 5.14 a user namespace counts its own processes; before, all of the user's on the machine count.

    Processes of a bot that runs as root are not bounded by it at all.
    """
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return version is not None and (int(version[1]), int(version[2])) >= (5, 14)
