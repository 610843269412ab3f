"""Events and workflow runs on their way into PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql

from app.demo.simulation.records import Event, RunRow, event_row, iso

CONNECT_TIMEOUT_S = 5
EVENT_COLUMNS = "(id, type, timestamp, tags, metadata, data)"
RUN_COLUMNS = "(id, issue_id, workflow_name, started_at, completed_at, status, current_step, error_message)"
RESTARTED = "orchestrator restarted"


def connect(url: str, schema: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection whose search path is the event schema. Raises psycopg.OperationalError."""
    connection = psycopg.connect(
        url,
        connect_timeout=CONNECT_TIMEOUT_S,
        autocommit=True,
        application_name="tamma",
        options="-c statement_timeout=30000",
    )
    connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
    return connection


def copy_events(
    connection: psycopg.Connection[tuple[object, ...]], events: Iterable[Event], rng: random.Random
) -> None:
    """Append many events."""
    with connection.cursor() as cursor, cursor.copy(f"COPY events {EVENT_COLUMNS} FROM STDIN") as copy:
        for event in events:
            copy.write_row(event_row(event, rng))


def copy_runs(connection: psycopg.Connection[tuple[object, ...]], runs: Iterable[RunRow]) -> None:
    """Append many runs that are not there yet."""
    with connection.cursor() as cursor, cursor.copy(f"COPY workflow_runs {RUN_COLUMNS} FROM STDIN") as copy:
        for run in runs:
            copy.write_row(run_values(run))


def append_events(connection: psycopg.Connection[tuple[object, ...]], rows: Sequence[Sequence[str]]) -> None:
    """Append a batch of event rows; one that is there already is left alone."""
    statement = f"INSERT INTO events {EVENT_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING"  # noqa: S608
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def save_runs(connection: psycopg.Connection[tuple[object, ...]], rows: Sequence[Sequence[str | None]]) -> None:
    """Write runs, new or changed."""
    statement = (
        f"INSERT INTO workflow_runs {RUN_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET completed_at = excluded.completed_at, status = excluded.status, "
        "current_step = excluded.current_step, error_message = excluded.error_message"
    )
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def run_values(run: RunRow) -> tuple[str | None, ...]:
    """The columns of a run as the texts that COPY and INSERT take."""
    ended = None if run.completed_at is None else iso(run.completed_at)
    started = iso(run.started_at)
    return (run.id, run.issue_id, run.workflow_name, started, ended, run.status, run.current_step, run.error_message)


def end_left_running(
    connection: psycopg.Connection[tuple[object, ...]], *, now: float, known: Sequence[str], rng: random.Random
) -> int:
    """Fail the runs that nobody works on any more, each with its event; returns how many.

    Those in ``known`` are still worked on and left alone.
    """
    statement = (
        "UPDATE workflow_runs SET status = 'failed', completed_at = %s, error_message = %s "
        "WHERE status = 'running' AND NOT id = ANY(%s) RETURNING id, issue_id, current_step"
    )
    with connection.transaction():
        rows = connection.execute(statement, (iso(now), RESTARTED, list(known))).fetchall()
        events = [_left_event(str(row[0]), str(row[1]), str(row[2]), now) for row in rows]
        if events:
            append_events(connection, [event_row(event, rng) for event in events])
    return len(rows)


def _left_event(run_id: str, issue_id: str, step: str, now: float) -> Event:
    tags = {"workflowId": run_id, "issueId": issue_id, "workflowName": "base-workflow", "stepId": step}
    data = {"error": RESTARTED, "errorType": "orchestrator_lost"}
    return Event(now, "orchestrator-0", "WORKFLOW.FAILED", {**tags, "success": "false"}, data)
