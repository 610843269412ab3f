"""Browser sessions: kept in PostgreSQL, revocable, with an idle and an absolute limit."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg_pool import ConnectionPool

from app.auth.clock import Clock, utc_now
from app.auth.users import User, as_user
from app.sources.database import translating

SOURCE = "sessions"
IDLE_LIMIT = timedelta(hours=12)
ABSOLUTE_LIMIT = timedelta(days=7)
# Written this seldom: a dashboard asks every few seconds, and each write costs a commit.
SEEN_EVERY = timedelta(minutes=1)
TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

# One question on every request; the join makes a change of role or a disabled account count at once.
_FIND = """
    SELECT u.id, u.name, u.role, u.email, u.disabled, s.last_seen_at
    FROM dashboard.sessions s JOIN dashboard.users u ON u.id = s.user_id
    WHERE s.id_hash = %s AND s.expires_at > %s AND s.last_seen_at > %s AND NOT u.disabled"""
_SEEN = "UPDATE dashboard.sessions SET last_seen_at = %s WHERE id_hash = %s AND last_seen_at < %s"
_CREATE = """
    WITH outlived AS (DELETE FROM dashboard.sessions WHERE expires_at <= %(now)s)
    INSERT INTO dashboard.sessions (id_hash, user_id, created_at, last_seen_at, expires_at, address, user_agent)
    VALUES (%(id_hash)s, %(user_id)s, %(now)s, %(now)s, %(expires_at)s, %(address)s, %(user_agent)s)"""


def new_token() -> str:
    """A secret that cannot be guessed: 32 random bytes as 43 characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Whether the text has a token's form; saves the database from everything else."""
    return _TOKEN.fullmatch(text) is not None


def digest(token: str) -> bytes:
    """What is stored of a token. It has full entropy, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


class Sessions:
    """Makes, finds and ends sessions. Every method may raise SourceError."""

    def __init__(self, pool: ConnectionPool[Any], *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    def create(self, user_id: UUID, *, address: str, user_agent: str) -> str:
        """A new session's token, for the cookie. It is stored nowhere."""
        token, now = new_token(), self._clock()
        values = {
            "id_hash": digest(token),
            "user_id": user_id,
            "now": now,
            "expires_at": now + ABSOLUTE_LIMIT,
            "address": address,
            "user_agent": user_agent.replace("\0", "")[:200],
        }
        with translating(SOURCE), self._pool.connection() as connection:
            connection.execute(_CREATE, values)
        return token

    def find(self, token: str) -> User | None:
        """Who the session belongs to; None when it has ended, was never there, or its user is disabled."""
        if not is_token(token):
            return None
        id_hash, now = digest(token), self._clock()
        with translating(SOURCE), self._pool.connection() as connection:
            row = connection.execute(_FIND, (id_hash, now, now - IDLE_LIMIT), prepare=True, binary=True).fetchone()
            if row is None:
                return None
            seen: datetime = row[5]
            if seen < now - SEEN_EVERY:
                connection.execute(_SEEN, (now, id_hash, now - SEEN_EVERY))
        return as_user(*row[:5])

    def end(self, token: str) -> None:
        """Ends one session; nothing happens when there is none."""
        with translating(SOURCE), self._pool.connection() as connection:
            connection.execute("DELETE FROM dashboard.sessions WHERE id_hash = %s", (digest(token),))

    def end_all(self, user_id: UUID) -> None:
        """Signs a user out everywhere: all sessions, and all API tokens."""
        with translating(SOURCE), self._pool.connection() as connection, connection.transaction():
            connection.execute("DELETE FROM dashboard.sessions WHERE user_id = %s", (user_id,))
            connection.execute(
                "UPDATE dashboard.refresh_families SET ended_at = %s WHERE user_id = %s AND ended_at IS NULL",
                (self._clock(), user_id),
            )
