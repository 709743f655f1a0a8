"""Which renderer a folder wants, found from the names in it, without opening a file."""

import os
from pathlib import Path

from bot.domain.config import App, RendererName
from bot.domain.errors import UserMistake
from bot.renderers.inputs import KUSTOMIZATIONS


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
        return RendererName.JSONNET
    return RendererName.PLAIN


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
