"""The platform's `events` and `workflow_runs`, made in the data dictionary's canonical shape where they are missing.

They belong to the platform: one that is there, as table, view or foreign table, is never altered, not even by an
index. Not a revision, because EVENT_SCHEMA may be set to another schema after the revisions have run.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

EVENTS = (
    """CREATE TABLE {schema}.events (
        id uuid PRIMARY KEY,
        type varchar(255) NOT NULL,
        timestamp timestamptz NOT NULL DEFAULT now(),
        tags jsonb NOT NULL DEFAULT '{{}}',
        metadata jsonb NOT NULL DEFAULT '{{}}',
        data jsonb NOT NULL DEFAULT '{{}}'
    )""",
    "CREATE INDEX events_tags_idx ON {schema}.events USING gin (tags)",
    "CREATE INDEX events_timestamp_idx ON {schema}.events (timestamp DESC)",
    "CREATE INDEX events_type_timestamp_idx ON {schema}.events (type, timestamp DESC)",
    "CREATE INDEX events_correlation_id_idx ON {schema}.events ((tags->>'correlationId'))",
)
WORKFLOW_RUNS = (
    """CREATE TABLE {schema}.workflow_runs (
        id text PRIMARY KEY,
        issue_id text,
        workflow_name text,
        started_at timestamptz NOT NULL,
        completed_at timestamptz,
        status text NOT NULL,
        current_step text,
        error_message text
    )""",
    "CREATE INDEX workflow_runs_started_at_idx ON {schema}.workflow_runs (started_at)",
    "CREATE INDEX workflow_runs_completed_at_idx ON {schema}.workflow_runs (completed_at)",
    "CREATE INDEX workflow_runs_status_idx ON {schema}.workflow_runs (status)",
)


def create_missing(connection: psycopg.Connection[Any], schema: str) -> None:
    """Creates what is missing, within the caller's transaction."""
    name = Identifier(schema)
    if _missing(connection, "SELECT to_regnamespace(quote_ident(%s)) IS NULL", schema):
        connection.execute(SQL("CREATE SCHEMA {}").format(name))
    for table, statements in (("events", EVENTS), ("workflow_runs", WORKFLOW_RUNS)):
        if _missing(connection, "SELECT to_regclass(quote_ident(%s) || '.' || quote_ident(%s)) IS NULL", schema, table):
            for statement in statements:
                connection.execute(SQL(statement).format(schema=name))


def _missing(connection: psycopg.Connection[Any], question: str, *names: str) -> bool:
    row = connection.execute(question, names).fetchone()
    return bool(row and row[0])
