"""``python -m app user``: accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.auth.commands import run_user
from app.commands.database import with_database
from app.settings import load


def run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Runs one account command. Raises SettingsError."""
    settings = load(environ, "user")
    return with_database(settings, lambda url: run_user(argv, replace(settings, database_url=url)))
