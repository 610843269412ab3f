"""Brings a database up to date, safely when several replicas start at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from app.migrations.event_store import create_missing
from app.migrations.event_trigger import create_triggers
from app.sources.database import translating

SCHEMA = "dashboard"
SOURCE = "migrations"
# Any number that all replicas share and nobody else uses.
LOCK_KEY = 0x7A3D_DA5B
LOCK_WAIT_S = 120
CONNECT_TIMEOUT_S = 10


def migrate(database_url: str, event_schema: str) -> None:
    """Creates or upgrades schema ``dashboard``, and the event store where it is missing: all of it or nothing.

    Waits for another replica that is at it. Raises SourceError.
    """
    engine = _engine(database_url)
    try:
        with translating(SOURCE), engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            _create_schema(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            create_missing(_driver(connection), event_schema)
            create_triggers(_driver(connection), event_schema)
    finally:
        engine.dispose()


def pending(database_url: str) -> bool:
    """Whether ``migrate`` has something to do in schema ``dashboard``. Raises SourceError."""
    engine = _engine(database_url)
    try:
        with translating(SOURCE), engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
            return set(context.get_current_heads()) != set(ScriptDirectory.from_config(_config()).get_heads())
    finally:
        engine.dispose()


def _engine(database_url: str) -> Engine:
    """An engine whose connections psycopg makes from the address itself.

    libpq reads every form of it (Unix sockets by ``?host=``, several hosts, ``postgres://``); SQLAlchemy does not.
    """

    def connect() -> psycopg.Connection[Any]:
        with translating(SOURCE):
            return psycopg.connect(database_url, connect_timeout=CONNECT_TIMEOUT_S, application_name="tamma-migrate")

    return create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _create_schema(connection: Connection) -> None:
    # IF NOT EXISTS alone asks for the right to create schemas even where ours was made by an administrator.
    if connection.scalar(text("SELECT to_regnamespace(:name) IS NULL"), {"name": SCHEMA}):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
