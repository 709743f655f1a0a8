"""Which renderer a folder wants, found from the names in it, without opening a file."""

import os
from pathlib import Path

from bot.domain.config import App, RendererName
from bot.domain.errors import UserMistake
from bot.renderers.inputs import KUSTOMIZATIONS, join


def find_renderer(checkout: Path, app: App) -> RendererName:
    """The renderer that the app names, or the one its folder shows. Raises UserMistake for a path that is no folder."""
    place = _inside(checkout, app.path)
    if app.renderer:
        return app.renderer
    names = set(os.listdir(place)) if place.is_dir() else set()
    if names.intersection(KUSTOMIZATIONS):
        return RendererName.KUSTOMIZE
    if "Chart.yaml" in names:
        return RendererName.HELM
    if any(name.endswith(".jsonnet") for name in names) or app.path.endswith(".jsonnet"):
        _refuse_mixed(app, names)
        return RendererName.JSONNET
    return RendererName.PLAIN


def _refuse_mixed(app: App, names: set[str]) -> None:
    """Nobody wrote that manifests beside jsonnet files are to be left out. A main.jsonnet says what there is."""
    beside = sorted(name for name in names if name.endswith((".yaml", ".yml")) and not name.startswith("."))
    if beside and "main.jsonnet" not in names:
        message = f"{beside[0]} lies beside jsonnet files, which do not bring it along"
        remedy = "give it an app of its own, or write `renderer: jsonnet` at this one to leave it out"
        raise UserMistake(message, remedy, file=join(app.path.strip("/"), beside[0]))


def _inside(checkout: Path, path: str) -> Path:
    """The place of a path below the checkout. Raises UserMistake when it is not there or leads out of it."""
    place = checkout
    for part in [part for part in path.split("/") if part not in ("", ".")]:
        place = place / part
        if part == ".." or "\0" in part or place.is_symlink():
            raise UserMistake(f"{path!r} leads out of the repository", "`path` is written from the repository's root")
        if not place.exists():
            raise UserMistake(f"{path} does not exist", "correct `path`, or add it")
    return place
