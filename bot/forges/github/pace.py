"""How fast one installation may write: GitHub allows about 80 contents a minute and locks out who goes on."""

import threading
import time
from collections.abc import Callable

from bot.domain.errors import TryLater

BURST = 5
PER_SECOND = 80 / 60
SHORT_WAIT = 1.0


class Pace:
    """A token bucket shared by every job of an installation in this process. Safe to use from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        """now is a clock in seconds that never goes back; sleep waits that many seconds."""
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._left, self._at = float(BURST), now()
        self._paused_until = 0.0
        self.requests_left: int | None = None
        """What GitHub last said that this installation may still ask in the hour; None before the first answer."""

    def ready(self) -> None:
        """Before a read. Raises TryLater while GitHub has asked this installation to slow down."""
        with self._lock:
            self._check_pause()

    def take(self) -> None:
        """Before a write: waits for at most a second. Raises TryLater when it would take longer."""
        with self._lock:
            self._check_pause()
            now = self._now()
            self._left = min(float(BURST), self._left + (now - self._at) * PER_SECOND)
            self._at = now
            wait = max(0.0, (1 - self._left) / PER_SECOND)
            if wait > SHORT_WAIT:
                raise TryLater("many comments and checks are being written", wait)
            self._left -= 1
        if wait:
            self._sleep(wait)

    def pause(self, seconds: float) -> None:
        """GitHub asked to be left alone for so long."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._now() + seconds)

    def _check_pause(self) -> None:
        left = self._paused_until - self._now()
        if left > 0:
            raise TryLater("GitHub asked this installation to slow down", left)
