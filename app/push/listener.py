"""Hears what changes in PostgreSQL: by LISTEN where the event store has our triggers, else by looking every second."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import sql

from app.push.changes import ACCESS, Change, everything, of_events, read
from app.push.topics import Topic

CHANNEL = "tamma_dashboard"
TRIGGERS = {"events": "tamma_dashboard_events", "workflow_runs": "tamma_dashboard_runs_begun"}
POLL_S = 1.0
# How long it waits before it tries again, at most; each replica another time.
FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0
CONNECT_TIMEOUT_S = 3
# Events may be committed some seconds after the time they carry.
OVERLAP_S = 10
MOST_POLLED = 500
# How long it is believed that the triggers are as they were.
TRUSTED_S = 60.0
_HAS_TRIGGER = """
    SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s AND t.tgname = %s AND t.tgenabled <> 'D'"""
log = logging.getLogger(__name__)


class Mode(StrEnum):
    """How changes are heard of now."""

    LISTENING = "listening"
    POLLING = "polling"
    AWAY = "away"


class Listener:
    """A thread with one connection of its own. ``heard`` is called with each change, ``checked`` when who may be here
    has changed, ``turned`` with each mode; all from that thread, and they must not wait.
    """

    def __init__(
        self,
        url: str,
        schema: str,
        *,
        heard: Callable[[Change], None],
        checked: Callable[[], None],
        turned: Callable[[Mode], None],
        poll_s: float = POLL_S,
    ) -> None:
        self._url = url
        self._schema = schema
        self._heard = heard
        self._checked = checked
        self._turned = turned
        self._poll_s = poll_s
        self._stopped = threading.Event()
        self._seen: set[Any] = set()
        self._runs = ""
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; returns when the connection is closed."""
        self._stopped.set()
        self._thread.join(timeout=2 * self._poll_s + CONNECT_TIMEOUT_S)

    def _run(self) -> None:
        pause_s = FIRST_RETRY_S
        while not self._stopped.is_set():
            begun = time.monotonic()
            try:
                self._connected()
            except psycopg.Error as error:
                self._turned(Mode.AWAY)
                log.warning("changes of the event store are not heard: %s", str(error).partition("\n")[0])
            except Exception:  # a thread's boundary: dead, it would go on as if nothing changed
                self._turned(Mode.AWAY)
                log.exception("changes of the event store are not heard")
            if time.monotonic() - begun > LONGEST_RETRY_S:
                pause_s = FIRST_RETRY_S
            self._stopped.wait(pause_s * random.uniform(0.5, 1.5))  # noqa: S311  no secret
            pause_s = min(2 * pause_s, LONGEST_RETRY_S)

    def _connected(self) -> None:
        """Hears until the connection breaks or it is told to stop. Raises psycopg.Error."""
        with psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="tamma-dashboard-push",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
        ) as connection:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            silent = self._silent(connection)
            self._remember(connection, silent)
            self._turned(Mode.POLLING if silent else Mode.LISTENING)
            self._heard(everything(_shared_mark()))  # nobody knows what was missed
            self._checked()
            until = time.monotonic() + TRUSTED_S
            while not self._stopped.is_set():
                if time.monotonic() > until:
                    if self._silent(connection) != silent:
                        return  # a table was made anew, or got its trigger: begin anew
                    until = time.monotonic() + TRUSTED_S
                # Processes that look at the same moments know the same, and by the same mark.
                for notice in connection.notifies(timeout=self._poll_s - time.time() % self._poll_s):
                    self._notice(notice.payload)
                if silent:
                    self._poll(connection, silent)

    def _silent(self, connection: psycopg.Connection[Any]) -> list[str]:
        """The tables that tell nothing by themselves."""
        return [table for table in TRIGGERS if not self._has_trigger(connection, table)]

    def _notice(self, payload: str) -> None:
        told = read(payload)
        if isinstance(told, Change):
            self._heard(told)
        elif told is ACCESS:
            self._checked()

    def _has_trigger(self, connection: psycopg.Connection[Any], table: str) -> bool:
        row = connection.execute(_HAS_TRIGGER, (self._schema, table, TRIGGERS[table])).fetchone()
        return row is not None

    def _remember(self, connection: psycopg.Connection[Any], silent: list[str]) -> None:
        """What is there already is no news."""
        if "events" in silent:
            self._seen = {row[0] for row in self._newest(connection)}
        if "workflow_runs" in silent:
            self._runs = self._runs_now(connection)

    def _poll(self, connection: psycopg.Connection[Any], silent: list[str]) -> None:
        mark = _shared_mark()
        if "events" in silent:
            newest = self._newest(connection)
            fresh = [row for row in newest if row[0] not in self._seen]
            self._seen = {row[0] for row in newest}
            if fresh:
                self._heard(of_events((row[1] for row in fresh), mark=mark, rows=len(fresh)))
        if "workflow_runs" in silent and (runs := self._runs_now(connection)) != self._runs:
            self._runs = runs
            self._heard(Change(frozenset({Topic.WORKFLOWS}), mark))

    def _newest(self, connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        """Id and type of the events of the last seconds, the newest first."""
        statement = sql.SQL(
            "SELECT id, type FROM {events} WHERE timestamp > now() - %s * interval '1 second'"
            " ORDER BY timestamp DESC LIMIT %s"
        ).format(events=sql.Identifier(self._schema, "events"))
        return connection.execute(statement, (OVERLAP_S, MOST_POLLED)).fetchall()

    def _runs_now(self, connection: psycopg.Connection[Any]) -> str:
        """A text that differs once a run was begun, moved on or ended."""
        statement = sql.SQL(
            "SELECT md5(string_agg(format('%%s %%s %%s', id, status, current_step), ',' ORDER BY started_at DESC, id))"
            " FROM (SELECT id, status, current_step, started_at FROM {runs} ORDER BY started_at DESC LIMIT %s) newest"
        ).format(runs=sql.Identifier(self._schema, "workflow_runs"))
        row = connection.execute(statement, (MOST_POLLED,)).fetchone()
        return str(row[0]) if row else ""


def _shared_mark() -> str:
    """The same in processes that look within the same second."""
    return f"{time.time() // 1:.6f}"
