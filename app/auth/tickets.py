"""Tickets for the live connection: good once, for a minute, for whoever asked.

A browser cannot send a header with a WebSocket, and an access token in an address would stand in every log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg_pool import ConnectionPool

from app.auth.clock import Clock, utc_now
from app.auth.identity import Visitor
from app.auth.sessions import IDLE_LIMIT, digest, is_token, new_token
from app.auth.users import User, as_user
from app.sources.database import translating

SOURCE = "tickets"
LIFETIME = timedelta(minutes=1)

_ISSUE = """
    WITH outlived AS (DELETE FROM dashboard.tickets WHERE expires_at <= %(now)s)
    INSERT INTO dashboard.tickets (ticket_hash, session_hash, family_id, user_id, expires_at)
    VALUES (%(hash)s, %(session)s, %(family)s, %(user)s, %(end)s)"""
# Only one of two simultaneous uses gets the row; what it stands for must be good still.
_REDEEM = """
    WITH used AS (
        DELETE FROM dashboard.tickets WHERE ticket_hash = %(hash)s
        RETURNING session_hash, family_id, user_id, expires_at)
    SELECT used.session_hash, used.family_id, u.id, u.name, u.role, u.email, u.disabled
    FROM used JOIN dashboard.users u ON u.id = used.user_id
    WHERE used.expires_at > %(now)s AND NOT u.disabled AND (
        EXISTS (SELECT FROM dashboard.sessions s WHERE s.id_hash = used.session_hash
                AND s.expires_at > %(now)s AND s.last_seen_at > %(idle)s)
        OR EXISTS (SELECT FROM dashboard.refresh_families f WHERE f.id = used.family_id
                   AND f.ended_at IS NULL AND f.expires_at > %(now)s))"""


@dataclass(frozen=True)
class Bearer:
    """Who a ticket was good for, and the session or the family of tokens that it came from."""

    user: User
    session: bytes | None
    family: UUID | None


class Tickets:
    """Issues and redeems tickets. Both may raise SourceError."""

    def __init__(self, pool: ConnectionPool[Any], *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    def issue(self, who: Visitor) -> str:
        """A ticket for somebody who has signed in."""
        ticket, now = new_token(), self._clock()
        values = {
            "hash": digest(ticket),
            "session": digest(who.session_token) if who.via == "session" else None,
            "family": who.family_id,
            "user": who.id,
            "now": now,
            "end": now + LIFETIME,
        }
        with translating(SOURCE), self._pool.connection() as connection:
            connection.execute(_ISSUE, values)
        return ticket

    def redeem(self, ticket: str) -> Bearer | None:
        """Who may enter with it; None when it is no good, or no good any more."""
        if not is_token(ticket):
            return None
        now = self._clock()
        with translating(SOURCE), self._pool.connection() as connection:
            row = connection.execute(_REDEEM, {"hash": digest(ticket), "now": now, "idle": now - IDLE_LIMIT}).fetchone()
        user = as_user(*row[2:]) if row else None
        return Bearer(user, row[0], row[1]) if row and user else None
