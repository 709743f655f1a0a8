"""Runs inside the jail: starts a renderer's binary and takes its output."""

import os
import resource
from collections.abc import Sequence


def run_tool(arguments: Sequence[str]) -> tuple[int, bytes, str]:
    """Run to the end; its exit status (negative for a signal), output and what it printed as errors.

    It gets the memory that the hard limit allows (Go reserves more than it uses) and our environment, which is bare.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    feed, out, error = (os.memfd_create(name) for name in ("in", "out", "error"))
    actions = [(os.POSIX_SPAWN_DUP2, handle, number) for number, handle in enumerate((feed, out, error))]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    child = os.posix_spawn(arguments[0], list(arguments), dict(os.environ), file_actions=actions)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    _, status = os.waitpid(child, 0)
    said = os.pread(error, 1 << 16, 0).decode(errors="replace")
    return os.waitstatus_to_exitcode(status), os.pread(out, os.fstat(out).st_size, 0), said
