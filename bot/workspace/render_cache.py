"""The render cache of one process: the newest renders in memory, shared by its threads."""

import threading
from collections import OrderedDict

from bot.domain.errors import UserMistake
from bot.ports.renderer import Rendered

REMEMBERED = 512


class MemoryRenderCache:
    """Implements the RenderCache port with two bounded dictionaries."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._reads: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._results: OrderedDict[str, Rendered | UserMistake] = OrderedDict()
        self._lock = threading.Lock()

    def reads(self, app_key: str) -> tuple[str, ...] | None:
        """See the port."""
        with self._lock:
            return self._reads.get(app_key)

    def get(self, content_key: str) -> Rendered | UserMistake | None:
        """See the port."""
        with self._lock:
            return self._results.get(content_key)

    def keep(self, app_key: str, reads: tuple[str, ...], content_key: str, result: Rendered | UserMistake) -> None:
        """See the port."""
        with self._lock:
            self._reads[app_key] = reads
            self._results[content_key] = result
            while len(self._results) > self._remembered:
                self._results.popitem(last=False)
            while len(self._reads) > self._remembered:
                self._reads.popitem(last=False)
