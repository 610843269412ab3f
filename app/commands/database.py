"""The database of a command: the one that is named, else an embedded one under DATA_DIR."""

from __future__ import annotations

import sys
from collections.abc import Callable

from app.migrations.run import migrate
from app.settings import Settings, SettingsError
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


def make_data_dir(settings: Settings) -> None:
    """Makes DATA_DIR. Raises SettingsError when it cannot be made."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        finding = f"DATA_DIR: {str(settings.data_dir)!r} cannot be made ({error.strerror}); allowed: a writable folder"
        raise SettingsError((finding,)) from error
