"""The jail for machines that forbid user namespaces: a process that gives up files and TCP for good, by Landlock.

It needs Linux 6.7 and no right at all (kernel documentation: userspace-api/landlock). Weaker than bubblewrap: names
outside can be asked for, though not opened or listed; UDP is not stopped; before Linux 6.12, neither are signals.
"""

import ctypes
import os
import struct
from collections.abc import Sequence

PLACES = "JAIL_PLACES"
"""The environment variable that tells the jailed code where its places really are, as nothing can be mounted here."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _BENEATH, _NO_NEW_PRIVILEGES, _DEATH_SIGNAL, _KILL = 1, 1, 38, 1, 9
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_REMOVE_FOLDER, _REMOVE_FILE, _MAKE_FOLDER, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_ALL_FILES, _DEVICES, _ALL_TCP, _ALL_SCOPES = (1 << 15) - 1, 1 << 15, 0b11, 0b11
_SEE = _EXECUTE | _READ | _LIST
_KEEP = _READ | _LIST | _WRITE | _TRUNCATE | _REMOVE_FOLDER | _REMOVE_FILE | _MAKE_FOLDER | _MAKE_FILE

LEAST = 4
"""The first version of Landlock that can forbid TCP."""


def enter(seen: Sequence[str], kept: Sequence[str]) -> None:
    """Give up everything but reading and running what is `seen`, and writing below what is `kept`.

    For this process and all that it starts, without a way back. It also dies with the thread that started it. Raises
    OSError where Landlock is missing, switched off or too old.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = _called(libc, _CREATE, None, 0, _VERSION_FLAG)
    if version < LEAST:
        raise OSError(f"this kernel has Landlock {version}, and {LEAST} is needed")
    handled = _ALL_FILES | (_DEVICES if version >= 5 else 0)
    rules = struct.pack("=QQQ", handled, _ALL_TCP, _ALL_SCOPES)[: 24 if version >= 6 else 16]
    ruleset = _called(libc, _CREATE, rules, len(rules), 0)
    for places, allowed in ((seen, _SEE), (kept, _KEEP)):
        for place in filter(os.path.exists, places):
            _allow(libc, ruleset, place, allowed)
    if libc.prctl(_DEATH_SIGNAL, _KILL, 0, 0, 0) or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    _called(libc, _RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, place: str, allowed: int) -> None:
    if not os.path.isdir(place):
        allowed &= _EXECUTE | _READ | _WRITE | _TRUNCATE
    handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    _called(libc, _ADD, ruleset, _BENEATH, struct.pack("=Qi", allowed, handle), 0)
    os.close(handle)


def _called(libc: ctypes.CDLL, number: int, *arguments: int | bytes | None) -> int:
    """A system call. Raises OSError."""
    longs = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    answer = int(libc.syscall(ctypes.c_long(number), *longs))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
