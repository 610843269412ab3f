"""The database of a command: the one that is named, else an embedded one under DATA_DIR."""

from __future__ import annotations

import sys
from collections.abc import Callable

from app.migrations.run import migrate
from app.settings import Settings
from app.sources.embedded import EmbeddedError, start_embedded


def with_database(settings: Settings, act: Callable[[str], int]) -> int:
    """Runs ``act`` with the database's address. An embedded one is brought up to date before and stopped after."""
    if settings.database_url:
        return act(settings.database_url)
    try:
        embedded = start_embedded(settings.data_dir / "postgres")
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        migrate(embedded.url, settings.event_schema)
        return act(embedded.url)
    finally:
        embedded.stop()
