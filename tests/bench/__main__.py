"""`make bench`: every budget of DESIGN §12 that has a row here, beside its peer in the same run.

    python -m tests.bench [ROW…]   rows: plans, deploys, door, comments, rebuild (all)

Each budget is a ratio to the peer's time, or seconds. Exits 1 when a row is over its budget. Figures of a busy machine
say little.
"""

import sys
from collections.abc import Callable, Iterator

from fixtures.cluster.borrowed import open_cluster
from tests.bench.comments import comment_rows
from tests.bench.deploys import deploy_rows
from tests.bench.door import door_rows
from tests.bench.plans import plan_rows
from tests.bench.rebuilding import rebuild_rows
from tests.bench.rows import HEAD, Row
from tests.live.conftest import Guarded, guard


def _plans(guarded: Guarded) -> Iterator[Row]:
    yield from plan_rows(guarded, 200)
    yield from plan_rows(guarded, 1000)


def _deploys(guarded: Guarded) -> Iterator[Row]:
    yield from deploy_rows(guarded, 200, 1000)


ROWS: dict[str, Callable[[Guarded], Iterator[Row]]] = {
    "plans": _plans,
    "deploys": _deploys,
    "door": door_rows,
    "comments": comment_rows,
    "rebuild": rebuild_rows,
}


def main() -> int:
    """Measure and print what is asked for."""
    wanted = sys.argv[1:] or list(ROWS)
    with open_cluster() as cluster:
        guarded = guard(cluster)
        print(HEAD, flush=True)
        within = True
        for name in wanted:
            for row in ROWS[name](guarded):
                print(row.text(), flush=True)
                within = within and row.within
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
