"""A service's own thread that brings its events and runs into PostgreSQL, whatever state that is in."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from threading import Event as Flag
from threading import Lock, Thread
from typing import TypeVar

import psycopg

from app.demo.simulation import store

FLUSH_S = 1.0
RETRY_S = 3.0
BATCH = 500
LIMIT = 20_000
STOP_S = 4.0
Row = TypeVar("Row")


class Journal:
    """A bounded queue before the database; rows that find no room are dropped and told to ``on_loss``."""

    def __init__(self, url: str, schema: str, on_loss: Callable[[int], None]) -> None:
        self._url = url
        self._schema = schema
        self._on_loss = on_loss
        self._events: deque[tuple[str, ...]] = deque()
        self._runs: deque[tuple[str | None, ...]] = deque()
        self._lock = Lock()
        self._stop = Flag()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self.isolated = False
        self._thread = Thread(target=self._work, name="journal", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, events: list[tuple[str, ...]], runs: list[tuple[str | None, ...]]) -> None:
        """Take rows; the oldest go when there are too many."""
        with self._lock:
            self._events.extend(events)
            self._runs.extend(runs)
            lost = 0
            for rows in (self._events, self._runs):
                while len(rows) > LIMIT:
                    rows.popleft()
                    lost += 1
        if lost:
            self._on_loss(lost)

    def stop(self) -> None:
        """Write what is left if the database takes it at once, and end."""
        self._stop.set()
        self._thread.join(STOP_S)

    def _work(self) -> None:
        pause = FLUSH_S
        while not self._stop.wait(pause):
            pause = FLUSH_S if self._flush() else RETRY_S
        self._flush()
        if self._connection is not None:
            self._connection.close()

    def _flush(self) -> bool:
        try:
            while (self._events or self._runs) and not self.isolated:
                self._write_batch()
        except psycopg.Error as error:
            print(f"events wait for the database: {error}", file=sys.stderr)
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            return False
        return True

    def _write_batch(self) -> None:
        if self._connection is None:
            self._connection = store.connect(self._url, self._schema)
        with self._lock:
            events = [self._events[place] for place in range(min(BATCH, len(self._events)))]
            runs = [self._runs[place] for place in range(min(BATCH, len(self._runs)))]
        if events:
            store.append_events(self._connection, events)
            self._drop_written(self._events, events)
        if runs:
            store.save_runs(self._connection, runs)
            self._drop_written(self._runs, runs)

    def _drop_written(self, rows: deque[Row], written: list[Row]) -> None:
        # While they were written, the oldest may have been dropped for want of room.
        with self._lock:
            for row in written:
                if rows and rows[0] is row:
                    rows.popleft()
