"""Folders to render, for tests of renderers: files from a dictionary, and the error that rendering them gives."""

import importlib.util
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bot.domain.config import App
from bot.domain.errors import UserMistake
from bot.ports.renderer import Rendered
from bot.renderers.jail.bubblewrap import Limits
from bot.renderers.jail.helm_library import PACKAGE
from bot.renderers.jailed import JailedRenderer


def config_map(name: str, **data: str) -> str:
    """The YAML of a ConfigMap."""
    values = "".join(f"  {key}: {value}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n" + (f"data:\n{values}" if values else "")


def library() -> Path:
    """A folder of tools where the installed package stands in for helm."""
    package = importlib.util.find_spec(PACKAGE)
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parents[1]


class Folder:
    """A checkout and a renderer for it. `tools` is where kustomize is looked for.

    `kept`: renders are done in cells of a jail that is kept open, as those of a plan; else each in a jail of its own.
    """

    def __init__(
        self, place: Path, tools: Path | None = None, limits: Limits | None = None, *, kept: bool = True
    ) -> None:
        self._kept = kept
        self.checkout = place / "checkout"
        self.checkout.mkdir(exist_ok=True)
        self.renderer = JailedRenderer(place.parent / "jail", tools, limits)

    def write(self, files: dict[str, str | bytes]) -> "Folder":
        """Add files."""
        for name, text in files.items():
            path = self.checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def render(self, path: str = "app", **settings: Any) -> Rendered:
        """Render an app at a path."""
        with self.renderer.kept(self.checkout) if self._kept else nullcontext():
            return self.renderer.render(self.checkout, App("web", path, ("prod",), **settings))

    def names(self, path: str = "app", **settings: Any) -> list[str]:
        """The names of the objects that come out."""
        return [source.body["metadata"]["name"] for source in self.render(path, **settings).objects]

    def mistake(self, path: str = "app", **settings: Any) -> UserMistake:
        """The mistake that rendering ends with; it never shows where the checkout lies."""
        with pytest.raises(UserMistake) as caught:
            self.render(path, **settings)
        assert str(self.checkout) not in str(caught.value)
        assert "/tree" not in str(caught.value)
        return caught.value

    def place(self, path: str = "app", **settings: Any) -> tuple[str, int]:
        """File and line of the mistake that rendering ends with."""
        mistake = self.mistake(path, **settings)
        return mistake.file, mistake.line


def python_tool(place: Path, program: str) -> Path:
    """A folder whose `kustomize` is a Python program, for what runs inside the jail in place of the real one."""
    place.mkdir()
    tool = place / "kustomize"
    tool.write_text(f"#!{Path(sys.executable).resolve()} -ISB\n{program}")
    tool.chmod(0o755)
    return place


def running(marker: str) -> list[str]:
    """Processes that have the marker among their arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = process.read_bytes()
        except OSError:
            continue
        if arguments.endswith(marker.encode() + b"\0") and arguments.startswith(b"python"):
            found.append(process.parent.name)
    return found


def wait_until_gone(marker: str) -> None:
    """Raises AssertionError when such a process lives on."""
    deadline = time.monotonic() + 90
    while running(marker):
        assert time.monotonic() < deadline, "a jailed process lives on"
        time.sleep(0.05)
