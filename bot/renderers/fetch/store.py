"""Keeps fetched charts by their content, and lays out those that one render needs."""

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.domain.errors import UserMistake
from bot.renderers.fetch.lock import Locked, missing
from bot.renderers.fetch.sources import archive
from bot.renderers.fetch.web import Web


class ChartStore:
    """Archives in a folder: `<SHA-256>.tgz`, and for each chart, version and repository that was asked for the digest
    it turned out to be, so that what was reviewed is what is rendered again. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def laid_out(self, checkout: Path, folder: str, web: Callable[[], Web]) -> Iterator[Path | None]:
        """A folder with the archives that the chart's Chart.lock pins and nobody committed; None when none are missing.
        `web` makes the client to fetch with.

        Raises UserMistake, at its line of Chart.lock, for what cannot be had.
        """
        wanted = missing(checkout, folder)
        if not wanted:
            yield None
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with web() as client, tempfile.TemporaryDirectory(dir=self._folder, prefix=".") as room:
            for each in wanted:
                try:
                    found = self._have(each, client)
                except UserMistake as mistake:
                    mistake.file, mistake.line = f"{folder}/Chart.lock".lstrip("/"), each.line
                    raise
                shutil.copyfile(found, Path(room) / f"{each.name}-{each.version}.tgz")
            yield Path(room)

    def _have(self, locked: Locked, web: Web) -> Path:
        asked = "\0".join((locked.repository, locked.name, locked.version))
        pointer = self._folder / hashlib.sha256(asked.encode()).hexdigest()
        if pointer.exists():
            kept = self._folder / f"{pointer.read_text()}.tgz"
            if kept.exists() and hashlib.sha256(kept.read_bytes()).hexdigest() == kept.stem:
                return kept
        data = archive(locked, web)
        kept = self._folder / f"{hashlib.sha256(data).hexdigest()}.tgz"
        self._write(kept, data)
        self._write(pointer, kept.stem.encode())
        return kept

    def _write(self, place: Path, data: bytes) -> None:
        """Under another name first: a crash leaves no half of an archive."""
        making = self._folder / f".{secrets.token_hex(8)}"
        with open(making, "xb") as target:
            target.write(data)
        os.rename(making, place)
