"""Which deployments may be forgotten: only what no condition, range or inventory can ever ask for again. Pure.

Of each target a beginning is forgotten, never something from the middle, so that what is left answers as before. Kept
are: whatever is unfinished, the last healthy one and all after it (a range begins there), the newest that began to
write (a rewritten branch is held against it), the newest that is older than anything unfinished in the repository
(which may wait for it by order), everything of a target that was never healthy, the newest few, and all that is young.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.domain.deployments import Deployment, DeploymentState
from bot.domain.subjects import Target

NEWEST = 20
"""Deployments of a target that are kept, however old they are."""


def forgettable(rows: Iterable[Deployment], before: float) -> list[Deployment]:
    """Of all deployments of one repository those that may go. before: seconds since the epoch; what changed later is
    young."""
    by_target: dict[Target, list[Deployment]] = defaultdict(list)
    for row in rows:
        by_target[row.target].append(row)
    unfinished = [row.id for of in by_target.values() for row in of if not row.state.ended]
    oldest = min(unfinished, default=None)
    return [row for of in by_target.values() for row in _beginning(sorted(of, key=_seq), before, oldest)]


def _beginning(rows: Sequence[Deployment], before: float, unfinished: int | None) -> Sequence[Deployment]:
    """What may go of one target's deployments, oldest first. unfinished: the oldest open one's id, of any target."""
    healthy = [at for at, row in enumerate(rows) if row.state is DeploymentState.HEALTHY]
    if not healthy:
        return []
    kept = [healthy[-1], len(rows) - NEWEST]
    kept += [at for at, row in enumerate(rows) if row.started][-1:]
    kept += [at for at, row in enumerate(rows) if not row.state.ended or row.changed >= before][:1]
    if unfinished is not None:
        # Ids count up over all targets: what is newest before an open one is what that one may come after.
        kept += [at for at, row in enumerate(rows) if row.id < unfinished][-1:]
    return rows[: max(0, min(kept))]


def _seq(row: Deployment) -> int:
    return row.seq
