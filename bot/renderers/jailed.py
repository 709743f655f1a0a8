"""The Renderer port: finds an app's renderer, runs it in the jail, and tells what came out."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from bot.domain.config import App, RendererName
from bot.domain.errors import UserMistake
from bot.objects.read import SourceObject
from bot.ports.renderer import Rendered
from bot.renderers.find import find_renderer
from bot.renderers.inputs import TREE, join
from bot.renderers.jail.bubblewrap import Jail, Limits, Stopped

_TOOL = "/tool"


class JailedRenderer:
    """Implements `bot.ports.renderer.Renderer`. Safe to share between threads.

    `folder` keeps the code that runs in the jail; `tools` is the folder with kustomize or kubectl, by default PATH.
    """

    def __init__(self, folder: Path, tools: Path | None = None, limits: Limits | None = None) -> None:
        self._jail = Jail(folder, limits)
        self._tools = tools

    def render(self, checkout: Path, app: App) -> Rendered:
        """Render `app.path`. Raises UserMistake, with file and line where known, when that cannot be done.

        Objects of a plain folder carry the line they were written at; those that kustomize made carry the app's
        kustomization and line 0.
        """
        renderer = find_renderer(checkout, app)
        path = join("", app.path.strip("/"))
        request: dict[str, Any] = {"renderer": renderer, "path": path, "exclude": app.exclude}
        binds = {checkout: TREE}
        if renderer is RendererName.KUSTOMIZE:
            tool, words = self._kustomize()
            request["tool"] = [_TOOL, *words]
            binds[tool] = _TOOL
        elif renderer is not RendererName.PLAIN:
            raise UserMistake(f"the renderer {renderer} is not supported yet", "render to plain files", file=app.path)
        try:
            answer = self._jail.run(request, binds)
        except Stopped as stopped:
            raise UserMistake(stopped.why, "make the app smaller or simpler", file=stopped.at or app.path) from stopped
        found = _decoded(answer, app.path)
        return Rendered(found.objects, (*found.read, *(_literal(pattern) for pattern in app.also)))

    def version(self) -> str:
        """A short text that changes when a render may come out differently for the same files: the tool's identity."""
        try:
            tool, _ = self._kustomize()
        except UserMistake:
            return "plain"
        about = tool.stat()
        return hashlib.sha256(f"{tool} {about.st_size} {about.st_mtime_ns}".encode()).hexdigest()[:16]

    def _kustomize(self) -> tuple[Path, tuple[str, ...]]:
        """The binary and the words that make it build. Raises UserMistake when there is none."""
        where = str(self._tools) if self._tools else None
        for name, words in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
            if found := shutil.which(name, path=where):
                return Path(os.path.realpath(found)), words
        raise UserMistake("neither `kustomize` nor `kubectl` was found", "install one of them where the bot runs")


def _decoded(answer: bytes, path: str) -> Rendered:
    """What the jail answered. Raises UserMistake for a mistake that it found, and for anything that is no answer."""
    try:
        said = json.loads(answer)
        if "mistake" in said:
            message, file, line = said["mistake"]
            raise UserMistake(str(message), file=str(file), line=int(line))
        objects = tuple(SourceObject(body, str(file), int(line)) for file, line, body in said["objects"])
        return Rendered(objects, tuple(map(str, said["read"])))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UserMistake("rendering gave no usable answer", file=path) from None


def _literal(pattern: str) -> str:
    """The folder that everything a glob can match lies in; empty for the whole tree."""
    parts = pattern.strip("/").split("/")
    special = next((n for n, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts))
    return "/".join(parts[:special])
