"""Who may share a cache: replicas of one build that read the same sources by the same configuration."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from app.settings import Settings

APP = Path(__file__).resolve().parent.parent
# Another user of the same database may be shown other rows.
_PLACE = ("host", "hostaddr", "port", "dbname", "user", "service", "options")
SOURCES = frozenset({".py", ".yml", ".sql", ".html"})


def namespace_of(settings: Settings, database_url: str, *, folder: Path = APP) -> str:
    """``tamma:<digest>`` for keys in a Redis that others may use, too.

    Of the source itself, for a version number is not raised by every build: one must not show what another has drawn.
    """
    digest = hashlib.sha256()
    for text in (*_files(folder), *_what_is_read(settings, database_url)):
        digest.update(len(text).to_bytes(8))
        digest.update(text)
    return f"tamma:{digest.hexdigest()[:20]}"


def _files(folder: Path) -> list[bytes]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in SOURCES)
    return [part for path in files for part in (str(path.relative_to(folder)).encode(), path.read_bytes())]


def _what_is_read(settings: Settings, database_url: str) -> list[bytes]:
    """The places without their passwords: keys of a Redis are no place for what can be guessed from a digest."""
    database = conninfo_to_dict(database_url)
    place = [str(database.get(part) or "") for part in _PLACE]
    # Another token may be shown other series. Keyed: what is in a digest alone can be guessed.
    key, token = (settings.dashboard_secret_key or "").encode(), (settings.prometheus_token or "").encode()
    place.append(hmac.new(key, token, hashlib.sha256).hexdigest())
    config = settings.dashboard_config.read_bytes() if settings.dashboard_config else b""
    return [*(text.encode() for text in (*place, settings.event_schema, settings.prometheus_url or "")), config]
