"""Whether those who are here may still be: asked for many at once, for connections that stay open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg_pool import ConnectionPool

from app.access import Role, role_of
from app.auth.clock import Clock, utc_now
from app.auth.sessions import IDLE_LIMIT
from app.sources.database import translating

SOURCE = "sessions"
_SESSIONS = """
    SELECT s.id_hash, u.role FROM dashboard.sessions s JOIN dashboard.users u ON u.id = s.user_id
    WHERE s.id_hash = ANY(%s) AND s.expires_at > %s AND s.last_seen_at > %s AND NOT u.disabled"""
_FAMILIES = """
    SELECT f.id, u.role FROM dashboard.refresh_families f JOIN dashboard.users u ON u.id = f.user_id
    WHERE f.id = ANY(%s) AND f.ended_at IS NULL AND f.expires_at > %s AND NOT u.disabled"""


class Presence:
    """Looks up sessions and families of tokens."""

    def __init__(self, pool: ConnectionPool[Any], *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    def roles(self, keys: Iterable[bytes | UUID]) -> dict[bytes | UUID, Role | None]:
        """The role of now of each that is good still: digests of sessions, and ids of families. Raises SourceError."""
        asked = set(keys)
        sessions = [one for one in asked if isinstance(one, bytes)]
        families = [one for one in asked if isinstance(one, UUID)]
        now = self._clock()
        with translating(SOURCE), self._pool.connection() as connection:
            rows = connection.execute(_SESSIONS, (sessions, now, now - IDLE_LIMIT)).fetchall() if sessions else []
            rows += connection.execute(_FAMILIES, (families, now)).fetchall() if families else []
        return {row[0]: role_of(row[1]) for row in rows}
