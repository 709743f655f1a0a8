"""The Renderer port: finds an app's renderer, runs it in the jail, and tells what came out."""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bot.domain.checkups import Checkup, bad, doubtful, good
from bot.domain.config import App, RendererName
from bot.domain.errors import UserMistake
from bot.objects.read import SourceObject
from bot.ports.renderer import ANYWHERE, Rendered, Setting
from bot.renderers.fetch.store import ChartStore
from bot.renderers.fetch.web import Web
from bot.renderers.find import find_renderer
from bot.renderers.inputs import FETCHED, SCRATCH, TREE, join
from bot.renderers.jail.bubblewrap import Jail, Limits, Stopped
from bot.renderers.jail.helm_library import LIBRARY, PACKAGE
from bot.renderers.jail.versions import version_of

_TOOL = "/tool"
_SDK = "helm-python-sdk"
"""The extra that stands in for the binary of helm."""
_PROGRAMS = {("kustomize", "kubectl"): "kustomizations", ("helm",): "charts"}
"""The programs of which one is needed, best first, and what for."""
_VERSION = {"kustomize": ("version",), "kubectl": ("version", "--client"), "helm": ("version", "--short")}


class JailedRenderer:
    """Implements `bot.ports.renderer.Renderer`. Safe to share between threads.

    `folder` keeps the code that runs in the jail and fetched charts; `tools` is the folder with helm (or the package
    that stands in for it) and kustomize or kubectl, else PATH and what is installed; `web` makes the client that
    fetches charts.
    """

    def __init__(
        self, folder: Path, tools: Path | None = None, limits: Limits | None = None, web: Callable[..., Web] = Web
    ) -> None:
        self._jail = Jail(folder, limits)
        self._charts = ChartStore(folder / "charts")
        self._tools = tools
        self._web = web

    def render(self, checkout: Path, app: App, setting: Setting = ANYWHERE) -> Rendered:
        """Render `app.path`. Raises UserMistake, with file and line where known, when that cannot be done, and
        Unavailable when a chart could not be fetched.

        Objects of a plain folder carry the line they were written at. The others carry line 0 and a file: the app's
        kustomization, the template of a chart, the jsonnet file that the evaluation began with.
        """
        renderer = find_renderer(checkout, app)
        path = join("", app.path.strip("/"))
        request: dict[str, Any] = {"renderer": renderer, "path": path, "exclude": app.exclude}
        binds = {checkout: TREE}
        if renderer is RendererName.HELM:
            return self._helm_render(checkout, app, setting, request)
        if renderer is RendererName.KUSTOMIZE:
            tool, words = self._kustomize()
            request["tool"] = [_TOOL, *words]
            binds[tool] = _TOOL
        return self._run(request, binds, app)

    def kept(self, checkout: Path) -> AbstractContextManager[None]:
        """See the port."""
        return self._jail.kept(checkout)

    def _helm_render(self, checkout: Path, app: App, setting: Setting, request: dict[str, Any]) -> Rendered:
        helm, place = self._helm()
        binds = {checkout: TREE, helm: place}
        request |= {"tool": [_TOOL] if place == _TOOL else [], "helm": _helm_options(app, setting)}
        with self._charts.laid_out(checkout, request["path"], lambda: self._web(setting.chart_hosts)) as fetched:
            if fetched is not None:
                binds[fetched] = FETCHED
            return self._run(request, binds, app, SCRATCH)

    def _run(self, request: dict[str, Any], binds: Mapping[Path, str], app: App, scratch: str = "") -> Rendered:
        try:
            answer = self._jail.run(request, binds, scratch)
        except Stopped as stopped:
            raise UserMistake(stopped.why, "make the app smaller or simpler", file=stopped.at or app.path) from stopped
        found = _decoded(answer, app.path)
        return Rendered(found.objects, (*found.read, *(_literal(pattern) for pattern in app.also)))

    def version(self) -> str:
        """A short text that changes when a render may come out differently for the same files: the tools' identity."""
        digest = hashlib.sha256(importlib.metadata.version("rjsonnet").encode())
        for tool in filter(None, map(self._found, ("kustomize", "kubectl", "helm"))):
            about = tool.stat()
            digest.update(f"{tool} {about.st_size} {about.st_mtime_ns}".encode())
        digest.update(self._library_version().encode())
        return digest.hexdigest()[:16]

    def checkups(self) -> Iterator[Checkup]:
        """What `plumbline doctor` says of the jail and of the renderers' programs."""
        try:
            yield good("jail", self._jail.kind())
        except UserMistake as mistake:
            yield bad("jail", mistake.message, mistake.remedy)
        for names, needed in _PROGRAMS.items():
            name, found = next(((each, path) for each in names if (path := self._found(each))), ("", None))
            if found is None and names == ("helm",) and (version := self._library_version()):
                yield good("helm", f"{_SDK} {version}, which does not heed the cluster's version and APIs")
            elif found is None:
                yield doubtful(" or ".join(names), "was not found on the PATH", f"install it if {needed} are used")
            elif version := version_of(found, _VERSION[name]):
                yield good(name, f"{version} ({found})")
            else:
                yield bad(name, f"{found} does not say its version", f"install {name} anew")

    def _kustomize(self) -> tuple[Path, tuple[str, ...]]:
        """The binary and the words that make it build. Raises UserMistake when there is none."""
        for name, words in (("kustomize", ("build",)), ("kubectl", ("kustomize",))):
            if found := self._found(name):
                return found, words
        raise UserMistake("neither `kustomize` nor `kubectl` was found", "install one of them where the bot runs")

    def _helm(self) -> tuple[Path, str]:
        """The binary, else the library, and where that stands in the jail. Raises UserMistake when there is neither."""
        if found := self._found("helm"):
            return found, _TOOL
        if library := self._library():
            return library, LIBRARY
        remedy = "install helm 3 or 4 on the PATH where the bot runs, or `plumbline-bot[helm]`"
        raise UserMistake("`helm` was not found", remedy)

    def _found(self, name: str) -> Path | None:
        found = shutil.which(name, path=str(self._tools) if self._tools else None)
        return Path(os.path.realpath(found)) if found else None

    def _library(self) -> Path | None:
        """The folder of the extra's package, which is never loaded here."""
        spec = None if self._tools else importlib.util.find_spec(PACKAGE)
        found = self._tools / PACKAGE if self._tools else Path(spec.origin).parent if spec and spec.origin else None
        return found.resolve() if found and found.is_dir() else None

    def _library_version(self) -> str:
        return importlib.metadata.version(_SDK) if self._library() else ""


def _helm_options(app: App, setting: Setting) -> dict[str, Any]:
    return {
        "kube_version": setting.kube_version,
        "api_versions": setting.api_versions,
        "release": app.helm.release or app.name,
        "namespace": app.namespace,
        "values": app.helm.values,
        "skip_crds": app.helm.skip_crds,
        "later": setting.later,
    }


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
