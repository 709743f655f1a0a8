"""Alembic's folder: `env.py` and one file per migration. `bot/ledger/migrate.py` runs them."""
