"""Whether the ledger's database is reached, of this version, and as safe as it should be. Changes nothing in it."""

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from bot.domain.checkups import Checkup, bad, doubtful, good
from bot.domain.errors import TryLater
from bot.ledger.database import Database
from bot.ledger.migrate import is_current

_ABOUT = "database"


def examine_database(url: str) -> Iterator[Checkup]:
    """What there is to say of the database behind an address."""
    database = Database(url)
    try:
        if database.is_sqlite and not Path(database.url.database or "").is_file():
            yield doubtful(_ABOUT, "there is none yet", "it is made when the bot first starts")
            return
        with database.begin() as connection:
            yield _safety(connection, sqlite=database.is_sqlite)
            current = is_current(connection)
        if current:
            yield good(_ABOUT, "its tables are those of this version")
        else:
            yield doubtful(_ABOUT, "its tables are of another version", "start the bot, which brings them up to date")
    except TryLater as away:
        yield bad(_ABOUT, away.why, "see that it runs, and that PLUMBLINE_DATABASE_URL names it")
    finally:
        database.close()


def _safety(connection: sa.Connection, *, sqlite: bool) -> Checkup:
    if not sqlite:
        number = connection.execute(sa.text("SHOW server_version")).scalar_one()
        return good(_ABOUT, f"is PostgreSQL {str(number)[:40]}")
    version = connection.execute(sa.text("SELECT sqlite_version()")).scalar_one()
    mode = connection.execute(sa.text("PRAGMA journal_mode")).scalar_one()
    synchronous = connection.execute(sa.text("PRAGMA synchronous")).scalar_one()
    if str(mode).lower() != "wal" or int(synchronous) != 2:
        remedy = "keep it on a disk of this machine: file systems over the network cannot do it"
        return bad(_ABOUT, f"SQLite writes without a log ahead (journal {mode})", remedy)
    return good(_ABOUT, f"is SQLite {version}, with a log written ahead and synced")
