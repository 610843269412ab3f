"""``python -m app serve``: the web process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from app.auth.passwords import Passwords
from app.auth.users import Users
from app.commands.database import make_data_dir, with_database
from app.config import load_both
from app.migrations.run import pending
from app.serving import serve
from app.sources.database import open_pool
from app.sources.errors import SourceError

FIRST_ADMIN = "There is no account yet. Make the first admin with: python -m app user add NAME --role admin"


def run(_argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Serves until told to stop. Raises SettingsError."""
    settings, _ = load_both(environ)
    make_data_dir(settings)

    def act(url: str) -> int:
        if problem := _unfit(url):
            print(problem, file=sys.stderr)
            return 1
        if settings.database_url is None:  # the embedded one: the web processes inherit its address
            os.environ["DATABASE_URL"] = url
        serve(settings)
        return 0

    return with_database(settings, act)


def _unfit(url: str) -> str | None:
    """Why this database cannot be served from; one that does not answer is waited for, page by page."""
    try:
        if pending(url):
            return "The database is not up to date. Run: python -m app migrate"
        pool = open_pool(url, min_size=0, max_size=1)
        try:
            if Users(pool, Passwords()).count() == 0:
                print(FIRST_ADMIN, file=sys.stderr)
        finally:
            pool.close()
    except SourceError as error:
        print(f"{error}. Starting all the same.", file=sys.stderr)
    return None
