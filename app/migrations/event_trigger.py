"""The triggers that tell who listens when the event store changes, where PostgreSQL lets us make them.

The platform's tables stay as they are. The triggers are per statement, so a thousand rows written at once cost one
notice; they never fail the statement, and say what kind of events came, nothing of their content.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Identifier, Literal

from app.push.listener import CHANNEL, TRIGGERS

# Less than PostgreSQL waits before it looks for deadlocks; behind a long transaction others would queue behind us.
LOCK_WAIT = "500ms"
MOVED_TRIGGER = "tamma_dashboard_runs_moved"

# Payloads end at 8,000 bytes: ten types of forty characters stay far below, however they are escaped.
_FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION dashboard.tell_events() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM fresh) THEN RETURN NULL; END IF;
        PERFORM pg_notify({channel}, json_build_object(
            'table', 'events',
            'at', round(extract(epoch FROM clock_timestamp())::numeric, 6),
            'rows', (SELECT count(*) FROM fresh),
            'types', (SELECT json_agg(type) FROM (SELECT DISTINCT left(type, 40) AS type FROM fresh LIMIT 10) kinds)
        )::text);
        RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
        RETURN NULL;
    END $$""",
    """CREATE OR REPLACE FUNCTION dashboard.tell_runs() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM fresh) THEN RETURN NULL; END IF;
        PERFORM pg_notify({channel}, json_build_object(
            'table', 'workflow_runs', 'at', round(extract(epoch FROM clock_timestamp())::numeric, 6))::text);
        RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
        RETURN NULL;
    END $$""",
)
_MADE = """CREATE TRIGGER {trigger} AFTER %s ON {table} REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION dashboard.%s()"""
# Runs first, as the platform writes them: who takes locks in another order waits for the other. A trigger that sees its
# rows is for one event each; the one that the listener looks for is made last.
_TRIGGERS = (
    ("workflow_runs", MOVED_TRIGGER, _MADE % ("UPDATE", "tell_runs")),
    ("workflow_runs", TRIGGERS["workflow_runs"], _MADE % ("INSERT", "tell_runs")),
    ("events", TRIGGERS["events"], _MADE % ("INSERT", "tell_events")),
)
# A view or a foreign table has no such triggers, and without a column ``type`` there would be nothing to tell.
_FIT = """
    SELECT c.relkind IN ('r', 'p') AND NOT c.relispartition
           AND (c.relname <> 'events' OR EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'type' AND NOT a.attisdropped))
           AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = %s)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s"""
_REFUSALS = (
    errors.InsufficientPrivilege,
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.FeatureNotSupported,  # by what is no plain table, in other servers' words
    errors.WrongObjectType,
)


def create_triggers(connection: psycopg.Connection[Any], schema: str) -> None:
    """Creates the triggers that are missing and can be made, within the caller's transaction; others are let be."""
    for statement in _FUNCTIONS:
        connection.execute(SQL(statement).format(channel=Literal(CHANNEL)))
    for table, trigger, statement in _TRIGGERS:
        row = connection.execute(_FIT, (trigger, schema, table)).fetchone()
        if row and row[0]:
            names = {"trigger": Identifier(trigger), "table": Identifier(schema, table)}
            _try(connection, SQL(statement).format(**names))


def _try(connection: psycopg.Connection[Any], statement: Any) -> None:
    """Runs a statement that may be refused, without spoiling the transaction."""
    try:
        with connection.transaction():
            connection.execute(SQL("SET LOCAL lock_timeout = {}").format(Literal(LOCK_WAIT)))
            connection.execute(statement)
    except _REFUSALS:
        return
