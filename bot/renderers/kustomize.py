"""Runs inside the jail: builds a kustomization with the kustomize or kubectl binary that was put there."""

import os
import re
from collections.abc import Sequence

from bot.objects.errors import ManifestError
from bot.objects.read import SourceObject, compose, read_stream
from bot.renderers.inputs import TREE, Inputs, Reader, join, kustomize_inputs
from bot.renderers.jail.tool import run_tool

_FIRST = re.compile(r"^(?:Error|error): ")
_FILE = re.compile(r"(?:/tree/|(?<=['\" ]))([\w@%+=:,./-]+?\.(?:ya?ml|json))\b")


def render(folder: str, tool: Sequence[str], reader: Reader) -> tuple[list[SourceObject], Inputs]:
    """Build; the objects, whose place is the app's kustomization, and what was read. Raises ManifestError.

    Every manifest goes through our own reader's limits first where it holds aliases: kustomize spells them out.
    """
    inputs = kustomize_inputs(folder, reader)
    texts = {file: reader.read(file) for file in inputs.manifests}
    for file in inputs.paths:
        if file not in texts:
            reader.read(file)
    for file, data in texts.items():
        if b"&" in data and b"*" in data:
            reader.now(file)
            _check(data, file)
    place = next(iter(inputs.manifests))
    reader.now(place)
    code, out, said = run_tool([*tool, f"{TREE}/{folder}", "--load-restrictor", "LoadRestrictionsRootOnly"])
    if code:
        for file, data in texts.items():
            _check(data, file)
        raise _explained(said, folder, place)
    try:
        found = read_stream(out, place)
    except ManifestError as error:
        raise ManifestError(f"kustomize's output is unusable: {error.message}", place) from None
    return [SourceObject(source.body, place, 0) for source in found], inputs


def _check(data: bytes, file: str) -> None:
    """Read a file with every limit on. Raises ManifestError with its line."""
    for _ in compose(data, file):
        pass


def _explained(said: str, folder: str, place: str) -> ManifestError:
    """What kustomize printed, with paths from the repository's root, at the file that it names if that is here."""
    text = _FIRST.sub("", said.strip().splitlines()[-1] if said.strip() else "kustomize failed and did not say why")
    named = _FILE.findall(text)
    file = next((path for name in named for path in (join(folder, name), name) if _is_file(path)), place)
    return ManifestError(text.replace(f"{TREE}/", "").replace(TREE, "the repository")[:2000], file)


def _is_file(path: str) -> bool:
    return not path.startswith("..") and os.path.isfile(f"{TREE}/{path}")
