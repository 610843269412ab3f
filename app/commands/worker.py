"""``python -m app worker``: the background worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.commands.database import with_database
from app.settings import load
from app.sources.database import open_pool
from app.telemetry import log_as_json
from app.worker import work


def run(_argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Works until told to stop. Raises SettingsError."""
    settings = load(environ, "worker")
    log_as_json(settings.log_level)

    def act(url: str) -> int:
        pool = open_pool(url, max_size=2)
        try:
            work(pool)
        finally:
            pool.close()
        return 0

    return with_database(settings, act)
