"""What adapters are tried against: every database that the ledger runs on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger.ledger import SqlLedger, open_ledger
from tests.databases import PostgresServer, fresh_sqlite, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One Postgres server for all tests."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is made once and copied often."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, templates: Path) -> str:
    """The address of a database without rows, of each kind in turn."""
    if request.param == "sqlite":
        return fresh_sqlite(tmp_path, templates)
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger/plumbline.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty()


@pytest.fixture
def ledger(database_url: str) -> Iterator[SqlLedger]:
    """An open ledger on it."""
    opened = open_ledger(database_url)
    yield opened
    opened.close()
