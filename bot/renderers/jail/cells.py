"""Runs inside a jail that is kept open for one checkout: gives each render a cell, so that Python starts only once.

A cell is a child of a process that has read nothing but handles, so it begins as a fresh jail would. It is alone in its
namespaces of users, processes, memory and network, has its own three streams, its own limits and no right to any other
process, and its end ends all that it started. Nothing in here can be written, so there is nothing else to share.

Four processes stand in a row: the warden, which opens cells; for each cell a keeper outside of it, the only one to tell
how it ended; the cell's first process, with whose end the kernel ends the rest; and the one that renders.
"""

import ctypes
import gc
import os
import select
import signal
import socket
import struct
import sys
from typing import NoReturn

from bot.renderers.jail import inside
from bot.renderers.jail.streams import NO_CELLS

HANDLES = 4
"""Sent with each order, which is the seconds that the render may take: input, output, errors, and where its end is
told, as bubblewrap would tell it."""

_NEW_USER, _NEW_PROCESSES, _NEW_MEMORY, _NEW_NETWORK = 0x10000000, 0x20000000, 0x08000000, 0x40000000
_APART = _NEW_USER | _NEW_PROCESSES | _NEW_MEMORY | _NEW_NETWORK
_CAPABILITIES_3 = 0x20080522
_MOST_HANDLES = 1024


def main() -> None:
    """Open a cell for every order on standard input, until the other end is closed."""
    orders = socket.socket(fileno=0)
    # Nobody waits for keepers: what they have to say goes through a handle.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        seconds, handles, _, _ = socket.recv_fds(orders, 32, HANDLES)
        if not seconds:
            os._exit(0)
        if os.fork() == 0:
            orders.close()
            _keep(float(seconds), *handles)
        for handle in handles:
            os.close(handle)


def _keep(seconds: float, feed: int, out: int, error: int, told: int) -> NoReturn:
    """Wait for the cell's end, or for the end of its time, and tell it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        os.close(os.pidfd_open(os.getpid()))
        _checked(libc.unshare(_APART))
    except OSError:
        os.write(told, NO_CELLS)
        os._exit(0)
    first = os.fork()
    if first == 0:
        os.close(told)
        os._exit(_stand(libc, (feed, out, error)))
    ending = select.poll()
    ending.register(os.pidfd_open(first), select.POLLIN)
    late = not ending.poll(seconds * 1000)
    if late:
        os.kill(first, signal.SIGKILL)
    code = _code(os.waitpid(first, 0)[1])
    os.write(told, str(128 + signal.SIGALRM if late else code).encode())
    os._exit(0)


def _stand(libc: ctypes.CDLL, streams: tuple[int, int, int]) -> int:
    """Be the first process of a cell until the second has ended; its exit status.

    Signals that end other processes do not reach a first one, so it cannot be the one that renders.
    """
    second = os.fork()
    if second == 0:
        _render(libc, streams)
    while True:
        ended, status = os.wait()
        if ended == second:
            return _code(status)


def _render(libc: ctypes.CDLL, streams: tuple[int, int, int]) -> NoReturn:
    """Answer the request. What is raised ends this process as it would end a program."""
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
    os.closerange(3, _MOST_HANDLES)
    # Signals to a process group would find those outside the cell, too.
    os.setsid()
    _checked(libc.capset(struct.pack("=II", _CAPABILITIES_3, 0), bytes(24)))
    sys.stdin = os.fdopen(0, encoding="utf-8")
    inside.main()
    sys.stdout.flush()
    os._exit(0)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _checked(answer: int) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
