"""Webhook deliveries: queued, then done or failed; only after a failure is the same delivery taken again."""

from collections.abc import Callable

import sqlalchemy as sa

from bot.domain.events import Event
from bot.domain.subjects import Job
from bot.ledger import codec
from bot.ledger.database import add
from bot.ledger.tables import deliveries

QUEUED, DONE, FAILED = "queued", "done", "failed"


class SqlDeliveries:
    """Implements `bot.ports.ledger.Deliveries`. Job keys are `<delivery>:<attempt>`."""

    def __init__(self, connection: sa.Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now

    def accept(self, delivery: str, event: Event | None) -> Job | None:
        body = codec.dump(event, Event) if event is not None else None
        state = QUEUED if event is not None else DONE
        row = {"id": delivery, "state": state, "attempt": 1, "event": body, "received": self._now()}
        if add(self._connection, deliveries, row):
            return _job(delivery, 1) if event is not None else None
        if event is None:
            return None
        # A delivery that meant nothing when it came first may mean something to a newer version of us.
        again = (
            sa.update(deliveries)
            .where(deliveries.c.id == delivery, sa.or_(deliveries.c.state == FAILED, deliveries.c.event.is_(None)))
            .values(state=QUEUED, attempt=deliveries.c.attempt + 1, event=body)
            .returning(deliveries.c.attempt)
        )
        attempt = self._connection.execute(again).scalar_one_or_none()
        return _job(delivery, attempt) if attempt is not None else None

    def event(self, job_key: str) -> Event | None:
        delivery, _ = _parts(job_key)
        body = self._connection.execute(sa.select(deliveries.c.event).where(deliveries.c.id == delivery)).scalar()
        return codec.load_any(Event, body) if body is not None else None

    def finish(self, job_key: str, ok: bool) -> None:
        delivery, attempt = _parts(job_key)
        self._connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == delivery, deliveries.c.attempt == attempt)
            .values(state=DONE if ok else FAILED)
        )


def _job(delivery: str, attempt: int) -> Job:
    return Job("ingest", "ingest", f"{delivery}:{attempt}")


def _parts(job_key: str) -> tuple[str, int]:
    delivery, _, attempt = job_key.rpartition(":")
    return delivery, int(attempt)
