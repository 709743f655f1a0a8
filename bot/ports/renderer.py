"""Turns a folder of a checkout into objects, in the jail."""

from contextlib import AbstractContextManager
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


@dataclass(frozen=True, slots=True)
class Setting:
    """What a chart may know and have besides its files: hosts that charts may be fetched from, and the Kubernetes
    version and API versions of the cluster it is for (`v1.37.2`; `apps/v1`, `apps/v1/Deployment`), where known.
    `later`: its templates are told another time than it is."""

    chart_hosts: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    later: bool = False


ANYWHERE = Setting()
"""No cluster is known, and nothing is fetched."""


class Renderer(Protocol):
    """Renders one app. The app comes from `Config.app(target)`: its path and options are final."""

    def render(self, checkout: Path, app: App, setting: Setting = ANYWHERE) -> Rendered:
        """Render `app.path` below the checkout. Raises UserMistake (with file and line where known) when it cannot, and
        Unavailable when that may pass."""
        ...

    def kept(self, checkout: Path) -> AbstractContextManager[None]:
        """Say that many apps of a checkout may be rendered while this is open, and that its files stay as they are.
        What they render to does not depend on it, only the time it takes."""
        ...
