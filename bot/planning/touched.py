"""Which targets a change can touch, without rendering them. Unsure means touched."""

from collections.abc import Sequence
from fnmatch import fnmatch

from bot.domain.config import CONFIG_FILE, App, Config, RendererName
from bot.domain.subjects import Target
from bot.planning.configs import Configs
from bot.planning.rendering import Tree


def touched(target: Target, configs: Configs, paths: Sequence[str], trees: tuple[Tree, Tree]) -> bool:
    """Whether a target may render differently: its config differs, or a path changed that its renders read."""
    before, after = _app(configs.base, target), _app(configs.head, target)
    if before != after or before is None or after is None:
        return True
    if CONFIG_FILE in paths and _rules(configs.base, target) != _rules(configs.head, target):
        return True
    return any(_reads_changed(app, tree, paths) for app, tree in zip((before, after), trees, strict=True))


def _app(config: Config | None, target: Target) -> App | None:
    return config.app(target) if config and config.names(target) else None


def _rules(config: Config | None, target: Target) -> object:
    return config.environment(target) if config and config.names(target) else None


def _reads_changed(app: App, tree: Tree, paths: Sequence[str]) -> bool:
    reads = tree.known_reads(app)
    if reads is None and app.renderer is RendererName.PLAIN:
        reads = (app.path,)
    if reads is None:
        return bool(paths)
    return any(_below(path, read) for path in paths for read in reads) or any(
        fnmatch(path, pattern) for path in paths for pattern in app.also
    )


def _below(path: str, read: str) -> bool:
    return not read or path == read or path.startswith(read.rstrip("/") + "/")
