"""Every source of a process, opened once from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg_pool import ConnectionPool

from app.settings import Settings
from app.sources.cache import SharedCache
from app.sources.database import open_pool
from app.sources.events import EventStore
from app.sources.logs import LogFiles
from app.sources.maintenance import Maintenance
from app.sources.namespace import namespace_of
from app.sources.prometheus import Prometheus

MAX_CONNECTIONS = 16


@dataclass(frozen=True)
class Sources:
    """Everything outside of this process that the application reads."""

    pool: ConnectionPool[Any]
    prometheus: Prometheus | None
    events: EventStore
    logs: LogFiles
    cache: SharedCache
    maintenance: Maintenance


def open_sources(settings: Settings, database_url: str) -> Sources:
    """Opens what the settings name. Nothing is asked yet: a source that is away does not stop the start.

    Call it after a fork: it starts threads and opens files.
    """
    pool = open_pool(database_url, max_size=min(MAX_CONNECTIONS, settings.web_threads))
    url = settings.prometheus_url
    return Sources(
        pool=pool,
        prometheus=Prometheus(url, token=settings.prometheus_token) if url else None,
        events=EventStore(pool, settings.event_schema),
        logs=LogFiles(settings.log_paths),
        cache=SharedCache(
            settings.data_dir / "cache",
            redis_url=settings.redis_url,
            namespace=namespace_of(settings, database_url),
        ),
        maintenance=Maintenance(pool),
    )
