"""What a jailed process reads and writes: unnamed files in memory, which need no emptying and no folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_TAIL = 1 << 20

NO_CELLS = b"no"
"""What the keeper of a cell tells where no namespaces can be made inside of namespaces."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Handles of its standard input, output and errors. Their sizes are bounded by RLIMIT_FSIZE, which the jailed
    program sets first of all."""

    feed: int
    out: int
    error: int

    def written(self, most: int) -> tuple[bytes, str]:
        """The first bytes of the output, one more than `most` when there are more, and the end of the errors."""
        said = os.pread(self.error, _TAIL, max(0, os.fstat(self.error).st_size - _TAIL))
        return os.pread(self.out, most + 1, 0), said.decode(errors="replace")


@contextmanager
def streams(feed: bytes) -> Iterator[Streams]:
    """Three files, with the first filled and wound back. They are gone once nobody holds them."""
    handles: list[int] = []
    try:
        for _ in range(3):
            handles.append(os.memfd_create("jail"))
        os.write(handles[0], feed)
        os.lseek(handles[0], 0, os.SEEK_SET)
        yield Streams(*handles)
    finally:
        for handle in handles:
            os.close(handle)
