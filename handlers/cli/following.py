"""Starts deployments in order and follows them until each has ended, with a line for whatever changes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.comments.progress import progress_text
from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import Target
from bot.ports.ledger import Ledger

LOOK_SECONDS = 0.5

Start = Callable[[Target], Deployment | None]
"""Starts a target's deployment; None when there is nothing to do, which counts as healthy."""


@dataclass
class Following:
    """What is under way. `before` are the targets, among those followed, that each one comes after."""

    ledger: Ledger
    start: Start
    before: Mapping[Target, frozenset[Target]]
    say: Callable[[str], None] = print
    _running: dict[Target, Deployment] = field(default_factory=dict)
    _ended: dict[Target, bool] = field(default_factory=dict)
    _said: dict[Target, str] = field(default_factory=dict)

    def follow(self, seconds: float) -> bool:
        """Until all have ended or the time is up: whether all are healthy."""
        until = time.monotonic() + seconds
        while True:
            self._begin()
            self._look()
            if len(self._ended) == len(self.before):
                return all(self._ended.values())
            if time.monotonic() > until:
                left = ", ".join(sorted(str(target) for target in self.before if target not in self._ended))
                self.say(f"not ended within {seconds:.0f} s: {left}; they go on without us")
                return False
            time.sleep(LOOK_SECONDS)

    def _begin(self) -> None:
        """Start what nothing is before any more. What comes after a failure is left alone."""
        for target in sorted(self.before):
            if target in self._ended or target in self._running:
                continue
            first = self.before[target]
            failed = sorted(str(each) for each in first if self._ended.get(each) is False)
            if failed:
                self._ended[target] = False
                self.say(f"{target}: left alone, because {failed[0]} is not healthy")
            elif all(self._ended.get(each) for each in first):
                row = self.start(target)
                if row is None:
                    self._ended[target] = True
                else:
                    self._running[target] = row

    def _look(self) -> None:
        """Say what changed. A deployment that a newer one took over is followed as that one."""
        for target, began in list(self._running.items()):
            with self.ledger.begin() as tx:
                rows = tx.deployments.of_target(began.repository, target)
            row = rows[-1]
            text = progress_text(row)
            if self._said.get(target) != text:
                self._said[target] = text
                self.say(text)
            if row.state.ended:
                del self._running[target]
                self._ended[target] = row.state is DeploymentState.HEALTHY
