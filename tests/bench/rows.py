"""One line of the bench: what was measured, beside what, and whether that is within the budget."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """Seconds of ours and of the peer, with the budget as a ratio; without a peer, `budget` is in seconds too."""

    work: str
    ours: float
    budget: float
    peer: float | None = None

    @property
    def within(self) -> bool:
        return self.measure <= self.budget

    @property
    def measure(self) -> float:
        """What the budget is about."""
        return self.ours if self.peer is None else self.ours / self.peer

    def text(self) -> str:
        """The row of the table."""
        beside = "" if self.peer is None else f"{self.peer:.3f} s"
        ratio = "" if self.peer is None else f"{self.measure:.2f} ×"
        budget = f"{self.budget:.3g} s" if self.peer is None else f"{self.budget:.3g} ×"
        verdict = "ok" if self.within else "OVER"
        return f"{self.work:<58} {self.ours:>8.3f} s {beside:>10} {ratio:>8} {budget:>8}  {verdict}"


HEAD = f"{'':<58} {'ours':>10} {'peer':>10} {'ratio':>8} {'budget':>8}"


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def typical(*works: Callable[[], object]) -> list[float]:
    """The median seconds of each, over some rounds in turns: what else the machine does meets all alike."""
    rounds = [[timed(work) for work in works] for _ in range(ROUNDS)]
    return [statistics.median(took) for took in zip(*rounds, strict=True)]
