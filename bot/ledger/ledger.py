"""Opens the ledger: one database for rows and jobs, migrated, with one transaction for both."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from bot.domain.errors import TryLater, UserMistake
from bot.ledger.answers import SqlAnswers
from bot.ledger.audit import SqlAudit
from bot.ledger.candidates import SqlCandidates
from bot.ledger.database import Database
from bot.ledger.deliveries import SqlDeliveries
from bot.ledger.deployments import SqlDeployments
from bot.ledger.figures import SqlFigures
from bot.ledger.gates import SqlApprovals, SqlHolds, SqlLocks
from bot.ledger.inventory import SqlInventoryRows
from bot.ledger.jobs import Enqueue, SqlJobs
from bot.ledger.migrate import is_current, migrate
from bot.ledger.plans import SqlPlans
from bot.ledger.queue import Client
from bot.ledger.repositories import SqlRepositories
from bot.ledger.retention import SqlRetention
from bot.ledger.slots import SqlSlots
from bot.ledger.verified import SqlVerified


class SqlTransaction:
    """Implements `bot.ports.ledger.Transaction` on one connection."""

    def __init__(self, connection: sa.Connection, database: Database, enqueue: Enqueue) -> None:
        @cache
        def now() -> float:
            return database.now(connection)

        self.connection = connection
        self.deliveries = SqlDeliveries(connection, now)
        self.repositories = SqlRepositories(connection)
        self.plans = SqlPlans(connection)
        self.candidates = SqlCandidates(connection)
        self.deployments = SqlDeployments(connection)
        self.inventory = SqlInventoryRows(connection)
        self.slots = SqlSlots(connection)
        self.answers = SqlAnswers(connection)
        self.approvals = SqlApprovals(connection)
        self.holds = SqlHolds(connection)
        self.locks = SqlLocks(connection)
        self.audit = SqlAudit(connection)
        self.retention = SqlRetention(connection)
        self.figures = SqlFigures(connection)
        self.verified = SqlVerified(connection, now)
        self.jobs = SqlJobs(connection, now, enqueue)


class SqlLedger:
    """Implements `bot.ports.ledger.Ledger`. Threads may share it."""

    def __init__(self, database: Database, client: Client) -> None:
        self.database = database
        self.client = client

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        """One transaction. Raises TryLater when the database does not answer, RuntimeError when nested in a thread."""
        with self.database.begin() as connection:
            transaction = SqlTransaction(connection, self.database, self.client.enqueue)
            yield transaction
            transaction.jobs.flush()
            transaction.audit.flush()

    def ready(self) -> bool:
        """Whether the database answers and its tables are those of this version."""
        try:
            with self.database.begin() as connection:
                return is_current(connection)
        except TryLater:
            return False

    def close(self) -> None:
        """Close every connection."""
        self.client.close()
        self.database.close()


def open_ledger(url: str) -> SqlLedger:
    """Open `sqlite:///path` or `postgresql://user:password@host/name`, and bring its tables up to date.

    A SQLite file and its folder are made where there are none, for their owner only. Raises ValueError for another kind
    of URL and TryLater when the database does not answer.
    """
    database = Database(url)
    if database.is_sqlite:
        file = Path(database.url.database or "")
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    migrate(database)
    return SqlLedger(database, Client(database.url))


def existing_ledger(url: str) -> SqlLedger:
    """As `open_ledger`, for looking at what a bot has written: nothing is made and nothing is brought up to date.

    Raises UserMistake when there is no ledger of this version, and TryLater when the database does not answer.
    """
    database = Database(url)
    if not database.is_sqlite or Path(database.url.database or "").is_file():
        with database.begin() as connection:
            current = is_current(connection)
        if current:
            return SqlLedger(database, Client(database.url))
    database.close()
    raise UserMistake(
        "there is no ledger of this version", "set PLUMBLINE_DATA_DIR or PLUMBLINE_DATABASE_URL as the bot has them"
    )
