"""The background worker: clears away what has expired."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from psycopg_pool import ConnectionPool

from app.sources.database import translating
from app.sources.errors import SourceError

CLEAN_EVERY_S = 600.0
NAME = "The database"
log = logging.getLogger(__name__)

# Expired for a day: long enough for people to look at what happened, short enough to stay small.
_EXPIRED = (
    "delete from dashboard.sessions where expires_at < now() - interval '1 day'",
    "delete from dashboard.refresh_families where expires_at < now() - interval '1 day'",
    "delete from dashboard.sign_in_failures where failed_at < now() - interval '1 day'",
)


def clean(pool: ConnectionPool[Any]) -> int:
    """Deletes what has expired; answers how many rows went. Raises SourceError."""
    with translating(NAME), pool.connection() as connection:
        return sum(connection.execute(statement).rowcount for statement in _EXPIRED)


def work(pool: ConnectionPool[Any]) -> None:
    """Cleans every ten minutes until the process is told to stop."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.is_set():
        try:
            log.info("cleared %d expired rows", clean(pool))
        except SourceError as error:
            log.warning("cannot clean: %s", error)
        stopped.wait(CLEAN_EVERY_S)
