"""Runs inside the jail: builds a kustomization with the kustomize or kubectl binary that was put there."""

import os
import re
from collections.abc import Sequence

from bot.objects.errors import ManifestError
from bot.objects.read import SourceObject, compose, read_stream
from bot.renderers.inputs import KUSTOMIZATIONS, TREE, Inputs, Reader, join, kustomize_inputs
from bot.renderers.jail.tool import limit_passed, run_tool

_LOG = re.compile(r'[EF]\d{4} \S+ +\d+ \S+\] "command failed" err=(?:"(?P<line>.*)"|<)$')
_SAYS = re.compile(r"[Ee]rror: ")
_FOLDER = re.compile(r"accumulating resources: accumulation err='.*?' must resolve to a file': ", re.DOTALL)
_SINGLE = re.compile(r"accumulating resources: accumulation err='(.*)': must build at directory: .*", re.DOTALL)
_COMPONENT = re.compile(r'accumulating components: accumulateDirectory: "(.*)"', re.DOTALL)
_INSIDE = re.compile(r"(?:recursed accumulation of|couldn't make target for) path '([^']*)': ")
_WRITTEN = re.compile(r" with config: `.*?`(?=: )| from \[patch: .*\]", re.DOTALL)
"""An inline patch or plugin, which is printed as it was written, whatever it holds."""
_LITERALS = re.compile(r"literal sources? .*", re.DOTALL)
_LITERAL = "a generator's literal is invalid: write each as name=value"
"""A generator's error prints all its literals, of which some may be secret."""
_FILE = re.compile(rf"(?:{re.escape(TREE)}/|(?<=['\" ]))([\w@%+=:,./-]+?\.(?:ya?ml|json))\b")


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
    for text, file, line in inputs.inline:
        if "&" in text and "*" in text:
            _check_inline(text, file, line)
    place = next(iter(inputs.manifests))
    reader.now(place)
    code, out, said = run_tool([*tool, f"{TREE}/{folder}", "--load-restrictor", "LoadRestrictionsRootOnly"])
    if code:
        for file, data in texts.items():
            _check(data, file)
        raise _explained(out, said, folder, place)
    try:
        found = read_stream(out, place)
    except ManifestError as error:
        for file in inputs.resources:
            read_stream(texts[file], file)
        raise ManifestError(f"kustomize's output is unusable: {error.message}", place) from None
    return [SourceObject(source.body, place, 0) for source in found], inputs


def _check(data: bytes, file: str) -> None:
    """Read a file with every limit on. Raises ManifestError with its line."""
    for _ in compose(data, file):
        pass


def _check_inline(text: str, file: str, line: int) -> None:
    """The same for text inside a kustomization, at whose place a mistake is told."""
    try:
        _check(text.encode(), file)
    except ManifestError as error:
        raise ManifestError(f"in this text: {error.message}", file, line) from None


def _explained(out: bytes, said: str, folder: str, place: str) -> ManifestError:
    """What kustomize printed, without its layers, with paths from the repository's root, at the file that it names."""
    if limit := limit_passed("kustomize", out, said):
        return ManifestError(limit, place)
    text = _WRITTEN.sub("", _told(said))
    named = _FILE.findall(text)
    text, inner = _unwrapped(text.replace(f"{TREE}/", ""), folder)
    if inner != folder:
        place = next((path for name in KUSTOMIZATIONS if _is_file(path := join(inner, name))), place)
    file = next((path for name in named for path in (join(inner, name), name) if _is_file(path)), place)
    return ManifestError(_LITERALS.sub(_LITERAL, text).replace(TREE, "the repository")[:2000], file)


def _told(said: str) -> str:
    """The last mistake that was printed, which may have several lines, in one; else the last line."""
    lines = said.strip().splitlines() or ["kustomize failed and did not say why"]
    begins = [number for number, line in enumerate(lines) if _SAYS.match(line) or _LOG.match(line)]
    first, *rest = lines[begins[-1] :] if begins else lines[-1:]
    logged = _LOG.match(first)
    if logged and logged["line"] is None:
        return " ".join(line.strip() for line in rest if line.strip() != ">")
    text = logged["line"].replace('\\"', '"') if logged else _SAYS.sub("", first, count=1)
    return text if logged else " ".join([text, *rest])


def _unwrapped(text: str, folder: str) -> tuple[str, str]:
    """The innermost message, and the kustomization's folder that it is about."""
    while True:
        if outer := _FOLDER.match(text):
            text = text[outer.end() :]
        elif single := _SINGLE.fullmatch(text) or _COMPONENT.fullmatch(text):
            text = single[1]
        elif inside := _INSIDE.match(text):
            text, folder = text[inside.end() :], inside[1]
        else:
            return text, folder


def _is_file(path: str) -> bool:
    return not path.startswith("..") and os.path.isfile(f"{TREE}/{path}")
