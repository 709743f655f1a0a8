"""Runs when Alembic migrates: on the connection that `bot/ledger/migrate.py` opened, in its transaction."""

from alembic import context

from bot.ledger.tables import PREFIX, VERSION_TABLE, metadata


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """The engine's tables live in the same SQLite file and are none of our business."""
    return kind != "table" or (name or "").startswith(PREFIX)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_object=_ours,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
