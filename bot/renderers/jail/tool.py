"""Runs inside the jail: starts a renderer's binary and takes its output."""

import os
from collections.abc import Sequence


def run_tool(arguments: Sequence[str]) -> tuple[int, bytes, str]:
    """Run to the end; its exit status (negative for a signal), output and what it printed as errors.

    It has our limits, and our environment, which is bare.
    """
    feed, out, error = (os.memfd_create(name) for name in ("in", "out", "error"))
    actions = [(os.POSIX_SPAWN_DUP2, handle, number) for number, handle in enumerate((feed, out, error))]
    child = os.posix_spawn(arguments[0], list(arguments), dict(os.environ), file_actions=actions)
    _, status = os.waitpid(child, 0)
    said = os.pread(error, 1 << 16, 0).decode(errors="replace")
    return os.waitstatus_to_exitcode(status), os.pread(out, os.fstat(out).st_size, 0), said
