"""Waiting for something to become true, with a deadline instead of luck."""

import time
from collections.abc import Callable
from typing import TypeVar

from fixtures.cluster.access import PATIENCE

T = TypeVar("T")


def until(ask: Callable[[], T], seconds: float = PATIENCE) -> T:
    """The first truthy answer. Raises AssertionError with the last answer when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {seconds} s")
        time.sleep(0.02)
    return answer
