"""Which workers live, by the database's clock, and who of them cleans up after the dead."""

import sqlalchemy as sa

from bot.ledger.database import add, put
from bot.ledger.tables import leases, resumes, workers


def beat(connection: sa.Connection, worker: str, now: float) -> None:
    """Say that a worker lives."""
    put(connection, workers, {"id": worker, "beat": now})


def leave(connection: sa.Connection, worker: str) -> None:
    """Say that a worker is gone, so that nobody waits for its silence to grow long."""
    connection.execute(sa.delete(workers).where(workers.c.id == worker))
    connection.execute(sa.delete(leases).where(leases.c.holder == worker))


def alive(connection: sa.Connection, since: float) -> frozenset[str]:
    """Workers heard of since then."""
    return frozenset(connection.execute(sa.select(workers.c.id).where(workers.c.beat >= since)).scalars())


def free_leases(connection: sa.Connection, living: frozenset[str]) -> None:
    """Take the leases of the dead, so that what they led goes on at once."""
    connection.execute(sa.delete(leases).where(leases.c.holder.not_in(living)))


def bury(connection: sa.Connection, before: float) -> None:
    """Forget workers not heard of since then."""
    connection.execute(sa.delete(workers).where(workers.c.beat < before))


def take_lease(connection: sa.Connection, name: str, holder: str, now: float, seconds: float) -> bool:
    """Take or renew a lease for that long. False while someone else has it."""
    row = {"name": name, "holder": holder, "until": now + seconds}
    if add(connection, leases, row):
        return True
    free = sa.or_(leases.c.holder == holder, leases.c.until <= now)
    taken = sa.update(leases).where(leases.c.name == name, free).values(**row)
    return connection.execute(taken).rowcount == 1


def count_resume(connection: sa.Connection, run: str, now: float) -> int:
    """Note that a run is resumed after its worker died. How often that happened, this time included."""
    before = resumed(connection, run)
    put(connection, resumes, {"run": run, "count": before + 1, "at": now})
    return before + 1


def resumed(connection: sa.Connection, run: str) -> int:
    """How often a run was resumed."""
    return connection.execute(sa.select(resumes.c.count).where(resumes.c.run == run)).scalar_one_or_none() or 0
