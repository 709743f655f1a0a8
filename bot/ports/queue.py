"""The queue as a worker sees it: runs of jobs come in, and go back when they could not end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.subjects import Job


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job. `tries`: how often the job failed before; `resumes`: how often this run lost its worker."""

    job: Job
    tries: int = 0
    resumes: int = 0


class Queue(Protocol):
    """Hands out runs: at least once each, one at a time per queue and key."""

    def launch(self, run: Callable[[Run], None]) -> None:
        """Begin to hand out runs, each in a thread. What `run` raises counts as our bug and is lost: it must not."""
        ...

    def again(self, run: Run, after: float, failed: bool) -> None:
        """Make the job of a run due again in that many seconds. Raises TryLater when the database does not answer."""
        ...

    def tend(self) -> None:
        """Say that this worker lives, resume the runs of those that do not, and put jobs again whose run got lost.

        Call it every `pulse` seconds. Raises TryLater when the database does not answer.
        """
        ...

    @property
    def pulse(self) -> float:
        """Seconds between two calls of `tend`."""
        ...

    def lead(self, name: str, seconds: float) -> bool:
        """Whether this worker is the one to do something now that only one should do, for so many seconds."""
        ...

    def purge(self, older: float) -> None:
        """Forget ended runs and deliveries older than so many seconds."""
        ...

    def stop(self, grace: float) -> bool:
        """Hand out nothing more and wait so many seconds for what runs. Whether all of it ended."""
        ...
