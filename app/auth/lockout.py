"""Counts failed sign-ins and keeps guessers out, for all processes and replicas together.

An account is locked for 15 minutes after its fifth failure, and an address after failing with five accounts:
so one person's forgotten password does not lock a whole office behind one address, and a list of names tried from
one address ends after five.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from typing import Any

from psycopg_pool import ConnectionPool

from app.auth.clock import Clock, utc_now
from app.auth.errors import Locked
from app.sources.database import translating

SOURCE = "sign-in failures"
LIMIT = 5
LOCKED_FOR = timedelta(minutes=15)
# Older failures are forgotten. Longer than the lock, so that whoever goes on after it is locked at once.
REMEMBERED_FOR = timedelta(minutes=30)

_COUNT = """
    SELECT count(*) FILTER (WHERE account_hash = %(account)s),
           max(failed_at) FILTER (WHERE account_hash = %(account)s),
           count(DISTINCT account_hash) FILTER (WHERE address = %(address)s),
           max(failed_at) FILTER (WHERE address = %(address)s)
    FROM dashboard.sign_in_failures
    WHERE failed_at > %(since)s AND (account_hash = %(account)s OR address = %(address)s)"""
_FAILED = """
    WITH forgotten AS (DELETE FROM dashboard.sign_in_failures WHERE failed_at <= %(since)s)
    INSERT INTO dashboard.sign_in_failures (account_hash, address, failed_at)
    VALUES (%(account)s, %(address)s, %(now)s)"""


class Lockout:
    """Every method may raise SourceError: a sign-in that cannot be counted is not made."""

    def __init__(self, pool: ConnectionPool[Any], *, clock: Clock = utc_now) -> None:
        self._pool = pool
        self._clock = clock

    def check(self, name: str, address: str) -> None:
        """Raises Locked where the account or the address has failed too often lately."""
        self._refuse_from(LIMIT, self._counts(name, address))

    def failed(self, name: str, address: str) -> int:
        """Notes a failure; returns how many the account has now.

        Raises Locked when the lock had come while the password was being checked, so that guesses made at the same
        time learn no more than guesses made in a row.
        """
        with translating(SOURCE), self._pool.connection() as connection:
            connection.execute(_FAILED, self._values(name, address))
        counts = self._counts(name, address)
        self._refuse_from(LIMIT + 1, counts)
        return int(counts[0])

    def clear(self, name: str) -> None:
        """Forgets an account's failures, after it has signed in or got a new password."""
        with translating(SOURCE), self._pool.connection() as connection:
            connection.execute("DELETE FROM dashboard.sign_in_failures WHERE account_hash = %s", (_hashed(name),))

    def _counts(self, name: str, address: str) -> tuple[Any, ...]:
        with translating(SOURCE), self._pool.connection() as connection:
            row = connection.execute(_COUNT, self._values(name, address)).fetchone()
        return row or (0, None, 0, None)

    def _refuse_from(self, limit: int, counts: tuple[Any, ...]) -> None:
        now = self._clock()
        ends = [last + LOCKED_FOR for count, last in (counts[:2], counts[2:]) if count >= limit]
        if ends and (left := max(ends) - now) > timedelta():
            raise Locked(max(1, round(left.total_seconds())))

    def _values(self, name: str, address: str) -> dict[str, object]:
        now = self._clock()
        return {
            "account": _hashed(name),
            "address": network_of(address),
            "now": now,
            "since": now - REMEMBERED_FOR,
        }


def network_of(address: str) -> str:
    """What counts as one address: a whole /64 of IPv6, because one customer has at least that many."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hashed(name: str) -> bytes:
    """A digest, because people type their password into the wrong field."""
    return hashlib.sha256(name.lower().encode("utf-8", "surrogatepass")).digest()
