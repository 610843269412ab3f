"""What must be true for the dashboard to be ready, one check a source."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from psycopg_pool import ConnectionPool

from app.checks import Check, Degraded
from app.sources.database import translating
from app.sources.errors import Unavailable
from app.sources.opened import Sources
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.redis_shelf import RedisShelf

ACTIVE_WITHIN_S = 300
MEMORY_LIMIT_BYTES = 512 * 1024 * 1024
DISK_LIMIT_BYTES = 256 * 1024 * 1024
_ACTIVE = """
select count(distinct user_id) from dashboard.sessions where last_seen_at > now() - make_interval(secs => %s)
"""


def checks_of(sources: Sources, data_dir: Path) -> tuple[Check, ...]:
    """The six checks of /ready: real questions, each answered within seconds or found wanting.

    A seventh where replicas share a Redis; it never sends people elsewhere.
    """
    shared = sources.cache.redis
    return (
        Check("database", lambda: ask_database(sources.pool)),
        Check("prometheus", _ask_prometheus(sources)),
        Check("event store", sources.events.ready),
        Check("log files", sources.logs.ready),
        Check("memory", check_memory),
        Check("disk", lambda: check_disk(data_dir)),
        *([Check("cache", lambda: check_cache(shared))] if shared else ()),
    )


def ask_database(pool: ConnectionPool[Any]) -> None:
    """Returns when the dashboard's own schema answers; raises SourceError."""
    active_users(pool)


def active_users(pool: ConnectionPool[Any]) -> int:
    """People seen in the last five minutes. Raises SourceError."""
    with translating("The database"), pool.connection() as connection:
        row = connection.execute(_ACTIVE, (ACTIVE_WITHIN_S,)).fetchone()
    return int(row[0]) if row else 0


def _ask_prometheus(sources: Sources) -> Callable[[], None]:
    def ask() -> None:
        if sources.prometheus is None:
            raise Unavailable(PROMETHEUS, "is not configured: set PROMETHEUS_URL")
        sources.prometheus.ready()

    return ask


def check_cache(shelf: RedisShelf) -> None:
    """Raises Degraded while Redis does not answer."""
    if (since := shelf.away_since()) is not None:
        at = datetime.fromtimestamp(since, UTC).strftime("%H:%M:%S UTC")
        message = f"Redis does not answer since {at}; each replica keeps its own cache."
        raise Degraded(message, f"{message} {shelf.line.place}: {shelf.line.why}.")


def check_memory() -> None:
    """Raises RuntimeError when this process holds more than the story's limit."""
    resident = psutil.Process().memory_info().rss
    if resident > MEMORY_LIMIT_BYTES:
        raise RuntimeError(f"{resident / 1024**2:.0f} MiB resident, limit {MEMORY_LIMIT_BYTES // 1024**2} MiB")


def check_disk(folder: Path) -> None:
    """Raises RuntimeError when the file system of the data folder is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < DISK_LIMIT_BYTES:
        raise RuntimeError(f"{free / 1024**2:.0f} MiB free for data, limit {DISK_LIMIT_BYTES // 1024**2} MiB")
