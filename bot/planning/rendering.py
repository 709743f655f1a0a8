"""One commit's files and what apps render to there: checked out when first needed, rendered once per content."""

import posixpath
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from bot.domain.config import App
from bot.domain.errors import Unavailable, UserMistake
from bot.domain.pulls import Repository
from bot.objects.difference import same
from bot.objects.identity import key_of
from bot.ports.render_cache import RenderCache
from bot.ports.renderer import ANYWHERE, Rendered, Renderer, Setting
from bot.ports.workspace import Workspace

WHOLE_TREE = ("",)
CHART = "Chart.yaml"
"""Charts can draw random values and print the time, which no other renderer here can."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What rendering needs: trees, the jail, and the memory of both."""

    workspace: Workspace
    renderer: Renderer
    cache: RenderCache


class Tree:
    """One commit. Made by `tree_at`; not for use after its context has ended. Safe across threads."""

    def __init__(self, rendering: Rendering, repository: Repository, commit: str, stack: ExitStack) -> None:
        self.commit = commit
        self._rendering, self._repository, self._stack = rendering, repository, stack
        self._files: Path | None = None
        self._checking_out = threading.Lock()

    def render(self, app: App, setting: Callable[[], Setting] = lambda: ANYWHERE) -> Rendered:
        """What an app (from `Config.app(target)`) renders to here. Only a chart's setting is asked for.

        Raises UserMistake when it cannot be rendered, Unavailable when that may pass.
        """
        cache = self._rendering.cache
        there = setting() if self.is_chart(app) else ANYWHERE
        app_key = self._app_key(app)
        reads = cache.reads(app_key)
        known = cache.get(self._content_key(app_key, reads, there)) if reads is not None else None
        if known is None:
            known = self._render_now(app, there)
            reads = known.read if isinstance(known, Rendered) else WHOLE_TREE
            if isinstance(known, Unavailable):
                raise known
            cache.keep(app_key, reads, self._content_key(app_key, reads, there), known)
        if isinstance(known, UserMistake):
            raise known
        return known

    def known_reads(self, app: App) -> tuple[str, ...] | None:
        """The paths that rendering this app read before; None when it was not rendered yet."""
        return self._rendering.cache.reads(self._app_key(app))

    def id_of(self, path: str) -> str:
        """The id of what stands at a path, empty when nothing does."""
        return self._rendering.workspace.tree_id(self._repository, self.commit, path)

    def _render_now(self, app: App, there: Setting) -> Rendered | UserMistake:
        if not self.id_of(app.path):
            return UserMistake(f"the folder {app.path} of app {app.name} does not exist", "correct `path`, or add it")
        files = self._checkout()
        try:
            rendered = self._rendering.renderer.render(files, app, there)
            if self.is_chart(app):
                rendered = _twice(rendered, self._render_later(files, app, there), app)
        except UserMistake as mistake:
            return mistake
        return rendered

    def _render_later(self, files: Path, app: App, there: Setting) -> Rendered:
        """A second render at another time; at the same one for a chart that then cannot be rendered."""
        try:
            return self._rendering.renderer.render(files, app, replace(there, later=True))
        except UserMistake:
            return self._rendering.renderer.render(files, app, there)

    def _checkout(self) -> Path:
        with self._checking_out:
            if self._files is None:
                checkout = self._rendering.workspace.checkout(self._repository, self.commit)
                files = self._stack.enter_context(checkout)
                self._stack.enter_context(self._rendering.renderer.kept(files))
                self._files = files
            return self._files

    def is_chart(self, app: App) -> bool:
        """Whether an app is a Helm chart here."""
        return bool(self.id_of(f"{app.path.strip('/')}/{CHART}".lstrip("/")))

    def chart_inputs(self, app: App) -> str:
        """The identity of all that a chart renders from here, told without its cluster: what it renders to depends on
        what that can do, so charts are compared by what goes in."""
        options = (app.path, app.namespace, repr(app.helm), repr(app.exclude))
        return _key(*options, *(f"{path}={self.id_of(path)}" for path in sorted(self._chart_reads(app))))

    def _chart_reads(self, app: App) -> tuple[str, ...]:
        try:
            return self.known_reads(app) or self.render(app).read
        except UserMistake:
            values = (posixpath.normpath(posixpath.join("/", app.path, named)) for named in app.helm.values)
            return (app.path, *(value.lstrip("/") for value in values))

    def _app_key(self, app: App) -> str:
        return _key(self._repository.key, repr(app), self.id_of(app.path))

    def _content_key(self, app_key: str, reads: tuple[str, ...], there: Setting) -> str:
        return _key(app_key, repr(there), *(f"{path}={self.id_of(path)}" for path in sorted(reads)))


def _twice(once: Rendered, again: Rendered, app: App) -> Rendered:
    """A render beside a second one: where they differ, both are kept, since charts may make up values.

    Raises UserMistake where whole objects or their names differ: nothing tells which one lives.
    """
    keys = [[key_of(each.body) for each in side.objects] for side in (once, again)]
    if keys[0] != keys[1]:
        one = next((str(key) for key, other in zip(*keys, strict=False) if key != other), app.name)
        raise UserMistake(f"{one} is made up anew by each render", "pin its name in the app's values", file=app.path)
    pairs = zip(once.objects, again.objects, strict=True)
    objects = tuple(one if same(one.body, other.body) else replace(one, again=other.body) for one, other in pairs)
    return replace(once, objects=objects)


def _key(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()


@contextmanager
def tree_at(rendering: Rendering, repository: Repository, commit: str) -> Iterator[Tree]:
    """A commit's tree for as long as the context is open."""
    with ExitStack() as stack:
        yield Tree(rendering, repository, commit, stack)
