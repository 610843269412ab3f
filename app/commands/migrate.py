"""``python -m app migrate``: creates and upgrades the database."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from app.commands.database import with_database
from app.migrations.run import migrate
from app.settings import load
from app.sources.errors import SourceError


def run(_argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Brings the database up to date. Raises SettingsError."""
    settings = load(environ, "migrate")

    def act(url: str) -> int:
        try:
            migrate(url, settings.event_schema)
        except SourceError as error:
            print(error, file=sys.stderr)
            return 1
        print("The database is up to date.")
        return 0

    return with_database(settings, act)
