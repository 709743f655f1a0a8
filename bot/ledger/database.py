"""Connections: SQLite as safe as it gets, or Postgres; one transaction at a time per thread; errors become waits."""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.errors import TryLater

BUSY_SECONDS = 20
BUSY_PAUSE = 0.002
MIGRATION_LOCK = 7_264_001


class Database:
    """Connections to one database. Passwords and row values never appear in its errors."""

    def __init__(self, url: str) -> None:
        """`sqlite:///path` or `postgresql://…`. Nothing is connected to yet."""
        self.url = _with_driver(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._inside = threading.local()
        self._turn = threading.Lock()
        arguments = {"timeout": BUSY_SECONDS} if self.is_sqlite else {"connect_timeout": 5}
        self._engine = sa.create_engine(
            self.url,
            connect_args=arguments,
            pool_size=5,
            max_overflow=15,
            hide_parameters=True,
            pool_pre_ping=not self.is_sqlite,
        )
        if self.is_sqlite:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "begin", _begin_immediate)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction, on SQLite with the write lock from its start.

        Raises TryLater when the database does not answer or chose this transaction to break a deadlock, and
        RuntimeError inside another transaction of the same thread, which would wait for itself.
        """
        if getattr(self._inside, "on", False):
            raise RuntimeError("a transaction is open in this thread already")
        self._inside.on = True
        try:
            with self._one_writer(), answering(), self._engine.begin() as connection:
                yield connection
        finally:
            self._inside.on = False

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """On SQLite threads queue up here: waiting for its lock means sleeping and trying again, ever longer."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise TryLater("the database did not answer: other threads have it", 2.0)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps out every other process that asks for the same, as long as the context is open. For migrations."""
        with answering():
            if self.is_sqlite:
                with Path(f"{self.url.database}.lock").open("w") as file:
                    fcntl.flock(file, fcntl.LOCK_EX)
                    yield
                return
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                # Asked again and again: a statement that waits holds a snapshot, for which the engine's
                # `create index concurrently` would wait in turn.
                while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(MIGRATION_LOCK))).scalar():
                    time.sleep(0.2)
                try:
                    yield
                finally:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(MIGRATION_LOCK)))

    def now(self, connection: sa.Connection) -> float:
        """Seconds since the epoch by the database's own clock, which all processes share."""
        clock = (
            "(julianday('now') - 2440587.5) * 86400.0" if self.is_sqlite else "extract(epoch from clock_timestamp())"
        )
        return float(connection.execute(sa.text(f"SELECT {clock}")).scalar_one())

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def answering() -> Iterator[None]:
    """Turns a database that is away, busy for too long or in a deadlock into TryLater. Its words stay out of it."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise TryLater(f"the database did not answer: {type(error.__cause__ or error).__name__}", 2.0) from error


def put(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert a row or replace the one with its primary key."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    connection.execute(_insert(connection, table).values(**row).on_conflict_do_update(index_elements=keys, set_=rest))


def put_all(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`put` for any number of rows, in one statement for each."""
    if rows:
        keys = [column.name for column in table.primary_key]
        insert = _insert(connection, table)
        rest = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest), list(rows))


def add(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its primary key is there. Whether it was inserted."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(connection, table).values(**row).on_conflict_do_nothing(index_elements=keys)
    return connection.execute(statement.returning(table.c[keys[0]])).first() is not None


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    """Both dialects spell `on conflict` alike, in classes of their own."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def _with_driver(url: str) -> sa.URL:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError("write the database as sqlite:///folder/plumbline.db or postgresql://user:password@host/name")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would open transactions late and as readers; `_begin_immediate` opens them.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_immediate(connection: sa.Connection) -> None:
    """Take the write lock, asking often: left to itself SQLite sleeps up to 100 ms between two tries."""
    driver: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise exc.OperationalError("BEGIN IMMEDIATE", {}, error, hide_parameters=True) from error
                time.sleep(BUSY_PAUSE)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
