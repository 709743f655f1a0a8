"""Runs inside the jail: starts a renderer's binary, takes its output, and tells which limit ended it."""

import os
import resource
import signal
from collections.abc import Sequence

_STARVED = ("out of memory", "cannot allocate memory")
_SIGNS = {
    "file too large": "renders to more than {megabytes} MB: split the app",
    **dict.fromkeys(_STARVED, "{tool} needs more memory than it may have: split the app"),
    "sigxcpu": "{tool} takes too much processor time: split the app",
    "sigkill": "{tool} takes too much processor time: split the app",
    "dial tcp": "reads from the network, which is refused: commit a copy of what it needs",
}


def run_tool(arguments: Sequence[str]) -> tuple[int, bytes, str]:
    """Run to the end; its exit status (negative for a signal), output and what it printed as errors.

    It has our limits, and our environment, which is bare.
    """
    feed, out, error = (os.memfd_create(name) for name in ("in", "out", "error"))
    actions = [(os.POSIX_SPAWN_DUP2, handle, number) for number, handle in enumerate((feed, out, error))]
    child = os.posix_spawn(arguments[0], list(arguments), dict(os.environ), file_actions=actions)
    _, status = os.waitpid(child, 0)
    said = os.pread(error, 1 << 16, 0).decode(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        starved = any(sign in said.lower() for sign in _STARVED)
        said = _STARVED[0] if starved else f"the program was ended by {signal.Signals(-code).name}"
    return code, os.pread(out, os.fstat(out).st_size, 0), said


def limit_passed(tool: str, out: bytes, said: str) -> str:
    """In words, the limit that a tool ran into; empty when none is known.

    Output that fills a file to the limit was cut off there: helm takes no notice of that, and exits with 0.
    """
    size = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    sign = "file too large" if len(out) >= size else next((sign for sign in _SIGNS if sign in said.lower()), None)
    return _SIGNS[sign].format(tool=tool, megabytes=size // 1_000_000) if sign else ""
