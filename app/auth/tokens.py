"""API tokens: a signed access token of 15 minutes and an opaque refresh token that is good for one use.

All tokens of one sign-in are a family. The access token names its family, so ending the family (sign-out, a reused
refresh token, a new password or role) also ends the access tokens that are out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from psycopg import Connection
from psycopg_pool import ConnectionPool

from app.access import permissions_of
from app.auth.clock import Clock, utc_now
from app.auth.sessions import ABSOLUTE_LIMIT, IDLE_LIMIT, digest, is_token, new_token
from app.auth.users import User, as_user
from app.sources.database import translating

SOURCE = "tokens"
ISSUER = "tamma-dashboard"
AUDIENCE = "tamma-dashboard-api"
ALGORITHM = "HS256"
# The whole header: a `kid`, `jku`, `crit` or another `alg` is not ours, whatever the signature says.
HEADER = {"alg": ALGORITHM, "typ": "JWT"}
ACCESS_LIFETIME = timedelta(minutes=15)
# Replicas' clocks differ a little: a token is good on another one at once. Never added to its end.
CLOCK_SKEW = timedelta(seconds=10)
MAX_LENGTH = 4096
CLAIMS = ("iss", "aud", "sub", "jti", "sid", "iat", "nbf", "exp", "username", "email", "role", "permissions")

_USER = """
    SELECT u.id, u.name, u.role, u.email, u.disabled
    FROM dashboard.refresh_families f JOIN dashboard.users u ON u.id = f.user_id
    WHERE f.id = %s AND u.id = %s AND f.ended_at IS NULL AND f.expires_at > %s AND NOT u.disabled"""
_NEW_FAMILY = """
    WITH outlived AS (DELETE FROM dashboard.refresh_families WHERE expires_at <= %(now)s)
    INSERT INTO dashboard.refresh_families (user_id, created_at, expires_at)
    VALUES (%(user)s, %(now)s, %(end)s) RETURNING id, expires_at"""
_ADD_TO_FAMILY = """
    INSERT INTO dashboard.refresh_tokens (token_hash, family_id, created_at, expires_at) VALUES (%s, %s, %s, %s)"""
# Only one of two simultaneous uses gets the row.
_USE = """
    UPDATE dashboard.refresh_tokens t SET used_at = %(now)s
    FROM dashboard.refresh_families f JOIN dashboard.users u ON u.id = f.user_id
    WHERE t.token_hash = %(hash)s AND t.used_at IS NULL AND t.expires_at > %(now)s AND f.id = t.family_id
      AND f.ended_at IS NULL AND f.expires_at > %(now)s AND NOT u.disabled
    RETURNING f.id, f.expires_at, u.id, u.name, u.role, u.email, u.disabled"""
_END_REUSED = """
    UPDATE dashboard.refresh_families f SET ended_at = %(now)s FROM dashboard.refresh_tokens t
    WHERE t.token_hash = %(hash)s AND t.used_at IS NOT NULL AND f.id = t.family_id AND f.ended_at IS NULL"""


@dataclass(frozen=True)
class Pair:
    """What a client gets; ``expires_in`` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int = int(ACCESS_LIFETIME.total_seconds())


@dataclass(frozen=True)
class Access:
    """What a valid access token says: whose it is, and of which family."""

    user_id: UUID
    family_id: UUID


class Tokens:
    """Issues and checks tokens. Methods that ask the database may raise SourceError."""

    def __init__(self, pool: ConnectionPool[Any], secret: str, *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._secret = secret
        self._clock = clock

    def issue(self, user: User) -> Pair:
        """A new family's first pair."""
        now = self._clock()
        values = {"user": user.id, "now": now, "end": now + ABSOLUTE_LIMIT}
        with translating(SOURCE), self._pool.connection() as connection, connection.transaction():
            row = connection.execute(_NEW_FAMILY, values).fetchone()
            assert row is not None  # noqa: S101 - RETURNING of an INSERT
            return self._pair(connection, user, family_id=row[0], family_ends=row[1])

    def refresh(self, token: str) -> Pair | None:
        """The next pair, with the role of now; None when the token is no good. A used one ends its family."""
        if not is_token(token):
            return None
        values = {"hash": digest(token), "now": self._clock()}
        with translating(SOURCE), self._pool.connection() as connection, connection.transaction():
            row = connection.execute(_USE, values).fetchone()
            user = as_user(*row[2:]) if row else None
            if row is None or user is None:
                connection.execute(_END_REUSED, values)
                return None
            return self._pair(connection, user, family_id=row[0], family_ends=row[1])

    def read(self, token: str) -> Access | None:
        """What an access token says, if it is ours and of now; asks no database."""
        try:
            if len(token) > MAX_LENGTH:
                return None
            options: Any = {"require": list(CLAIMS), "verify_exp": False, "verify_nbf": False, "verify_iat": False}
            read = jwt.decode_complete(
                token, self._secret, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options
            )
            claims = read["payload"]
            if read["header"] != HEADER or claims["aud"] != AUDIENCE or not self._in_time(claims):
                return None
            return Access(user_id=UUID(claims["sub"]), family_id=UUID(claims["sid"]))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            return None

    def find(self, access: Access) -> User | None:
        """The user of an access token, with the role of now; None when disabled or the family has ended."""
        values = (access.family_id, access.user_id, self._clock())
        with translating(SOURCE), self._pool.connection() as connection:
            row = connection.execute(_USER, values, prepare=True, binary=True).fetchone()
        return as_user(*row) if row else None

    def end(self, family_id: UUID) -> None:
        """Signs one API client out."""
        sql = "UPDATE dashboard.refresh_families SET ended_at = %s WHERE id = %s AND ended_at IS NULL"
        with translating(SOURCE), self._pool.connection() as connection:
            connection.execute(sql, (self._clock(), family_id))

    def _in_time(self, claims: dict[str, Any]) -> bool:
        now = self._clock().timestamp()
        issued, begins, ends = (claims[name] for name in ("iat", "nbf", "exp"))
        if not (type(issued) is int and type(begins) is int and type(ends) is int):
            return False
        return max(issued, begins) <= now + CLOCK_SKEW.total_seconds() and now < ends

    def _pair(self, connection: Connection[Any], user: User, *, family_id: UUID, family_ends: datetime) -> Pair:
        now, refresh = self._clock(), new_token()
        ends = min(now + IDLE_LIMIT, family_ends)
        connection.execute(_ADD_TO_FAMILY, (digest(refresh), family_id, now, ends))
        return Pair(self._signed(user, family_id), refresh)

    def _signed(self, user: User, family_id: UUID) -> str:
        now = int(self._clock().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user.id),
            "jti": str(uuid4()),
            "sid": str(family_id),
            "iat": now,
            "nbf": now,
            "exp": now + int(ACCESS_LIFETIME.total_seconds()),
            "username": user.name,
            "email": user.email or "",
            "role": user.role.word,
            "permissions": list(permissions_of(user.role)),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM, headers=HEADER)
