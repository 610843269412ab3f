"""``python -m app check``: settings, configuration and every connection, all findings at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from app import readiness
from app.checks import Checks
from app.commands.database import make_data_dir, with_database
from app.config import load_both
from app.migrations.run import pending
from app.settings import Settings
from app.sources.errors import SourceError
from app.sources.opened import open_sources


def run(_argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Exit code 0 when all is well, else 1 with every finding. Raises SettingsError."""
    settings, _ = load_both(environ)
    make_data_dir(settings)
    return with_database(settings, lambda url: _check(settings, url))


def _check(settings: Settings, url: str) -> int:
    findings = _migration_findings(url)
    sources = open_sources(settings, url)
    try:
        for result in Checks(readiness.checks_of(sources, settings.data_dir)).run():
            if result.healthy:
                print(f"{result.name}: {result.message}")
            else:
                findings.append(f"{result.name}: {result.details or result.message}")
    finally:
        sources.pool.close()
    print("\n".join(findings) or "All is well.", file=sys.stderr if findings else sys.stdout)
    return 1 if findings else 0


def _migration_findings(url: str) -> list[str]:
    try:
        return ["The database is not up to date. Run: python -m app migrate"] if pending(url) else []
    except SourceError:
        return []  # the check of the database says so
