"""A real PostgreSQL for a test process, and a fresh migrated database for each test that wants one."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.migrations.run import migrate
from app.sources.embedded import Embedded, start_embedded
from tests.servers.processes import outputs

EVENT_SCHEMA = "public"
TEMPLATE = "migrated"
# Speed over safety: nothing here outlives the test run.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "autovacuum": "off",
    "log_checkpoints": "off",
    "io_method": "sync",
}


class PostgresServer:
    """The server and the databases made in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embedded: Embedded = start_embedded(folder, options=OPTIONS)
        self._numbers = count(1)
        self._migrated = False
        outputs["postgres"] = folder / "postgres.log"

    @property
    def url(self) -> str:
        """The server's own database, for administration."""
        return self._embedded.url

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._embedded.pid

    def url_of(self, database: str) -> str:
        """The address of one of its databases."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def create(self, *, migrated: bool = True) -> str:
        """The URL of a new database: a copy of a migrated one, or empty."""
        name = f"test_{next(self._numbers)}"
        template = self._template() if migrated else "template0"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Remove a database; whoever is still connected is thrown out."""
        name = urlsplit(url).path.removeprefix("/")
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """End the server; its databases stay for ``start``."""
        self._embedded.stop()

    def start(self) -> None:
        """Start again, on the same port."""
        self._embedded = start_embedded(self._folder, options=OPTIONS)

    def _template(self) -> str:
        """The migrated database that others are copied from; nobody may be connected to it."""
        if not self._migrated:
            self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(TEMPLATE)))
            migrate(self.url_of(TEMPLATE), EVENT_SCHEMA)
            self._migrated = True
        return TEMPLATE

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)
