"""A jail that stays open as long as its checkout, and renders in cells. Only ever for one checkout."""

import os
import select
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

from bot.renderers.jail.streams import NO_CELLS, streams

_PATIENCE = 30.0
"""Seconds beyond a render's own within which its end is told, or the jail is taken for broken."""

Ended = tuple[int, bytes, str]
"""Exit status as bubblewrap gives it, output, errors."""


class NoCells(Exception):
    """This machine makes no namespaces inside of namespaces."""


class KeptJail:
    """Bubblewrap around `cells.main`. Safe to share between threads."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._broken = False
        # A thread of its own, as bubblewrap ends with the thread that started it.
        threading.Thread(target=_stand, args=(arguments, theirs), name="plumbline-jail", daemon=True).start()

    def run(self, feed: bytes, seconds: float, most: int) -> Ended | None:
        """Answer a request in a new cell; None when the jail is broken, and the request has to be run elsewhere.

        `most`: bytes of output. Raises NoCells.
        """
        if self._broken:
            return None
        with streams(feed) as held:
            told = self._told((held.feed, held.out, held.error), seconds)
            if told == NO_CELLS:
                raise NoCells
            if not told.isdigit():
                self._broken = True
                return None
            return int(told), *held.written(most)

    def close(self) -> None:
        """End it, and every cell with it."""
        self._orders.close()

    def _told(self, handles: tuple[int, int, int], seconds: float) -> bytes:
        """What is told of a cell; empty when nothing is."""
        reading, writing = os.pipe()
        try:
            with suppress(OSError):
                socket.send_fds(self._orders, [str(seconds).encode()], [*handles, writing])
        finally:
            os.close(writing)
        try:
            waiting = select.poll()
            waiting.register(reading, select.POLLIN)
            return os.read(reading, 32) if waiting.poll((seconds + _PATIENCE) * 1000) else b""
        finally:
            os.close(reading)


class KeptJails:
    """Those of one checkout: one for each set of files to see, since not every renderer is given the same."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, ...], KeptJail] = {}
        self._lock = threading.Lock()

    def of(self, arguments: Sequence[str]) -> KeptJail:
        """The jail that is started like this, started if it is not."""
        with self._lock:
            found = self._open.get(tuple(arguments))
            if found is None:
                found = self._open[tuple(arguments)] = KeptJail(arguments)
            return found

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            for jail in self._open.values():
                jail.close()


def _stand(arguments: Sequence[str], orders: socket.socket) -> None:
    """Start a process with this as its input, and wait for its end."""
    nothing = subprocess.DEVNULL
    with orders, suppress(OSError):
        process = subprocess.Popen(
            arguments, stdin=orders.fileno(), stdout=nothing, stderr=nothing, env={}, cwd="/", start_new_session=True
        )
        orders.close()
        process.wait()
