"""Turns a folder of a checkout into objects, in the jail."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.domain.config import App
from bot.objects.read import SourceObject


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came out: objects with the file and line they came from, and the files and folders that were read."""

    objects: tuple[SourceObject, ...]
    read: tuple[str, ...]


class Renderer(Protocol):
    """Renders one app. The app comes from `Config.app(target)`: its path and options are final."""

    def render(self, checkout: Path, app: App) -> Rendered:
        """Render `app.path` below the checkout. Raises UserMistake (with file and line where known) when it cannot."""
        ...
