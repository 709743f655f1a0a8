"""Brings tables up to date, under a lock, so that a door and workers may start at the same moment."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.ledger.database import Database
from bot.ledger.queue import migrate_engine
from bot.ledger.tables import VERSION_TABLE


def migrate(database: Database) -> None:
    """Create or upgrade our tables and the engine's. Changes nothing where both are current."""
    with database.alone():
        with database.begin() as connection:
            command.upgrade(_config(connection), "head")
        migrate_engine(database.url)


def is_current(connection: sa.Connection) -> bool:
    """Whether our tables are at the newest migration of this version."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision() == ScriptDirectory.from_config(_config(connection)).get_current_head()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "bot.ledger:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
