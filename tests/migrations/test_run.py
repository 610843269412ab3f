"""Migrations: once, twice, many at once, and never over somebody else's tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from alembic import command

from app.migrations import run
from app.migrations.run import migrate, pending
from app.sources.errors import SourceError

COLUMNS = """
    SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
    ORDER BY table_schema, table_name, ordinal_position"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname <> 'pg_catalog' ORDER BY indexdef"


def _ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _shape(url: str) -> list[list[tuple[Any, ...]]]:
    return [_ask(url, COLUMNS), _ask(url, INDEXES)]


def test_a_new_database_and_again(empty_database: str) -> None:
    assert pending(empty_database)
    migrate(empty_database, "public")
    assert not pending(empty_database)
    before = _shape(empty_database)
    migrate(empty_database, "public")
    assert _shape(empty_database) == before
    tables = {(row[0], row[1]) for row in before[0]}
    assert {("public", "events"), ("public", "workflow_runs"), ("dashboard", "users")} <= tables


def test_the_event_store_has_the_canonical_shape(empty_database: str) -> None:
    migrate(empty_database, "public")
    rows = _ask(empty_database, COLUMNS)
    assert [row[2:] for row in rows if row[1] == "events"] == [
        ("id", "uuid", "NO", None),
        ("type", "character varying", "NO", None),
        ("timestamp", "timestamp with time zone", "NO", "now()"),
        ("tags", "jsonb", "NO", "'{}'::jsonb"),
        ("metadata", "jsonb", "NO", "'{}'::jsonb"),
        ("data", "jsonb", "NO", "'{}'::jsonb"),
    ]
    assert [row[2:5] for row in rows if row[1] == "workflow_runs"] == [
        ("id", "text", "NO"),
        ("issue_id", "text", "YES"),
        ("workflow_name", "text", "YES"),
        ("started_at", "timestamp with time zone", "NO"),
        ("completed_at", "timestamp with time zone", "YES"),
        ("status", "text", "NO"),
        ("current_step", "text", "YES"),
        ("error_message", "text", "YES"),
    ]


def test_a_database_of_the_first_release_gets_what_came_since(database: str, empty_database: str) -> None:
    """Its accounts stay; the rest comes as a new database has it."""
    engine = run._engine(empty_database)
    with engine.begin() as connection:
        run._create_schema(connection)
        config = run._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    _ask(empty_database, "INSERT INTO dashboard.users (name, password_hash, role) VALUES ('olga', 'x', 'operator')")
    assert "maintenance" not in {row[1] for row in _ask(empty_database, COLUMNS)}
    assert pending(empty_database)
    migrate(empty_database, "public")
    assert not pending(empty_database)
    assert _shape(empty_database) == _shape(database)
    assert "maintenance" in {row[1] for row in _ask(empty_database, COLUMNS)}
    assert _ask(empty_database, "SELECT name FROM dashboard.users") == [("olga",)]


@pytest.mark.parametrize(
    "values",
    [
        "now(), now(), '{}', 'same moment', 'olga'",
        "now(), now() + interval '720 hours 1 second', '{}', 'too long', 'olga'",
        "now(), now() + interval '1 hour', '{}', '', 'olga'",
        "now(), now() + interval '1 hour', '{}', repeat('x', 501), 'olga'",
        "now(), now() + interval '1 hour', array[null], 'a service without a name', 'olga'",
        "now(), 'infinity', '{}', 'for ever', 'olga'",
        "now(), now() + interval '1 hour', '{}', 'by nobody', null",
    ],
)
def test_no_maintenance_window_that_makes_no_sense(database: str, values: str) -> None:
    insert = f"INSERT INTO dashboard.maintenance (starts_at, ends_at, services, reason, created_by) VALUES ({values})"
    with pytest.raises(psycopg.IntegrityError):
        _ask(database, insert)


def test_many_replicas_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: migrate(empty_database, "tamma"), range(6)))
    assert not pending(empty_database)
    assert _ask(empty_database, "SELECT count(*) FROM dashboard.alembic_version") == [(1,)]


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE public.events (event_id uuid, event_type text, payload jsonb)",
        "CREATE VIEW public.events AS SELECT 1 AS event_id",
        "CREATE TABLE public.events (id int) PARTITION BY RANGE (id)",
    ],
)
def test_an_event_store_that_is_there_is_left_alone(empty_database: str, made: str) -> None:
    _ask(empty_database, made)
    _ask(empty_database, "CREATE TABLE public.workflow_runs (id int); INSERT INTO public.workflow_runs VALUES (1)")
    before = [row for row in _ask(empty_database, COLUMNS) if row[0] == "public"]
    migrate(empty_database, "public")
    assert [row for row in _ask(empty_database, COLUMNS) if row[0] == "public"] == before
    assert not [row for row in _ask(empty_database, INDEXES) if "public." in row[0]]
    assert _ask(empty_database, "SELECT * FROM public.workflow_runs") == [(1,)]


def test_only_what_is_missing_is_made(empty_database: str) -> None:
    _ask(empty_database, "CREATE TABLE public.events (event_id uuid)")
    migrate(empty_database, "public")
    tables = {row[1] for row in _ask(empty_database, COLUMNS) if row[0] == "public"}
    assert tables == {"events", "workflow_runs"}


def test_another_event_schema_later(empty_database: str) -> None:
    migrate(empty_database, "public")
    migrate(empty_database, "tamma")
    schemas = {row[0] for row in _ask(empty_database, COLUMNS) if row[1] == "events"}
    assert schemas == {"public", "tamma"}


def test_an_odd_schema_name_is_a_name_and_no_sql(empty_database: str) -> None:
    name = 'odd"; DROP SCHEMA public; --'
    migrate(empty_database, name)
    assert {row[0] for row in _ask(empty_database, COLUMNS) if row[1] == "events"} == {name}


def test_all_or_nothing(empty_database: str) -> None:
    """A failure at the end leaves a database as it was before."""
    _ask(empty_database, "CREATE TYPE public.workflow_runs_status_idx AS (x int)")
    with pytest.raises(SourceError):
        migrate(empty_database, "public")
    assert pending(empty_database)
    assert not {row[0] for row in _ask(empty_database, COLUMNS)} & {"dashboard"}


def test_without_the_right_to_create_schemas_ours_may_be_there_already(empty_database: str) -> None:
    _ask(empty_database, "DROP ROLE IF EXISTS tenant")
    _ask(empty_database, "CREATE ROLE tenant LOGIN PASSWORD 'tenant'")
    _ask(empty_database, "CREATE SCHEMA dashboard AUTHORIZATION tenant")
    _ask(empty_database, "CREATE SCHEMA tamma AUTHORIZATION tenant")
    parts = urlsplit(empty_database)
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"tenant:tenant@{host}"))
    migrate(url, "tamma")
    assert not pending(url)


def test_a_database_that_is_away(tmp_path: Path) -> None:
    for url in ("postgresql://nobody:hunter2hunter2@127.0.0.1:1/none", f"postgresql://nobody@/none?host={tmp_path}"):
        with pytest.raises(SourceError) as raised:
            migrate(url, "public")
        assert "hunter2" not in str(raised.value)
