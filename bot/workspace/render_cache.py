"""The render cache of one process: the renders used last, in memory, shared by its threads."""

import pickle
import threading
from collections import OrderedDict

from bot.domain.errors import UserMistake
from bot.ports.renderer import Rendered

REMEMBERED = 512
MOST_BYTES = 16_000_000
"""Of all renders together, counted as they would be written down; in memory they take about five times as much."""


class MemoryRenderCache:
    """Implements the RenderCache port, bounded by number and by size. The newest render is always kept."""

    def __init__(self, remembered: int = REMEMBERED, most_bytes: int = MOST_BYTES) -> None:
        self._remembered, self._most_bytes = remembered, most_bytes
        self._reads: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._results: OrderedDict[str, tuple[Rendered | UserMistake, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def reads(self, app_key: str) -> tuple[str, ...] | None:
        """See the port."""
        with self._lock:
            if app_key in self._reads:
                self._reads.move_to_end(app_key)
            return self._reads.get(app_key)

    def get(self, content_key: str) -> Rendered | UserMistake | None:
        """See the port."""
        with self._lock:
            if content_key not in self._results:
                return None
            self._results.move_to_end(content_key)
            return self._results[content_key][0]

    def keep(self, app_key: str, reads: tuple[str, ...], content_key: str, result: Rendered | UserMistake) -> None:
        """See the port."""
        size = len(pickle.dumps(result.objects)) if isinstance(result, Rendered) else 0
        with self._lock:
            self._reads[app_key] = reads
            self._reads.move_to_end(app_key)
            self._bytes += size - self._results.pop(content_key, (result, 0))[1]
            self._results[content_key] = (result, size)
            while len(self._results) > 1 and (len(self._results) > self._remembered or self._bytes > self._most_bytes):
                self._bytes -= self._results.popitem(last=False)[1][1]
            while len(self._reads) > self._remembered:
                self._reads.popitem(last=False)
