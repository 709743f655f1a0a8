"""What adapters are tried against: every database that the ledger runs on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger.ledger import SqlLedger, open_ledger
from tests.databases import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One Postgres server for all tests."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger/plumbline.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def ledger(database_url: str) -> Iterator[SqlLedger]:
    """An open ledger on it."""
    opened = open_ledger(database_url)
    yield opened
    opened.close()
