"""The shelf that all replicas share: Redis, with this replica's own shelf for the time when Redis is away."""

from __future__ import annotations

import secrets
import struct

import redis

from app.sources.redis_line import RELEASE, Away, RedisLine
from app.sources.shelf import Shelf, Value

# Larger values stay on the shelf of the replica that has them: within one step of RedisLine this much goes through
# 70 Mbit/s, and a Redis that is merely busy must not pass for one that is away.
MOST_BYTES = 2 * 1024 * 1024
# The first byte of a value. No text begins with one of these, and no pickle does.
_BYTES, _NUMBER, _TEXT, _ELSEWHERE = b"\x01", b"\x02", b"\x03", b"\x04"
_DOUBLE = struct.Struct("!d")


class RedisShelf:
    """As Shelf, for all replicas. While Redis is away each replica has its own shelf, and nobody waits or fails.

    What is written goes to both, so that a lost Redis leaves the last good pictures at hand. What is read, and who may
    do what, comes from one of them: a claim of the one says nothing on the other.
    """

    def __init__(self, url: str, namespace: str, local: Shelf) -> None:
        self.line = RedisLine(url, namespace)
        self._namespace = namespace
        self._local = local

    def read(self, key: str) -> Value | None:
        """The value, or None where there is none or something that no replica has put there."""
        try:
            found = self.line.ask(lambda client: _start_of(client, self._at(key)))
        except Away:
            return self._read_local(key)
        return self._read_local(key) if found == _ELSEWHERE else _decoded(found)

    def put(self, key: str, value: bytes | float, ttl_s: float) -> None:
        """Stores a value for ``ttl_s`` seconds; one beyond MOST_BYTES for this replica only."""
        self._local.put(key, value, ttl_s)
        self._write(key, _encoded(value), ttl_s)

    def put_first(self, key: str, value: float, ttl_s: float) -> None:
        """Stores a value unless there is one."""
        self._local.put_first(key, value, ttl_s)
        self._write(key, _encoded(value), ttl_s, unless_there=True)

    def drop(self, key: str) -> None:
        """Forgets a value."""
        self._local.drop(key)
        try:
            self.line.ask(lambda client: client.delete(self._at(key)))
        except Away:
            return

    def claim(self, key: str, ttl_s: float) -> str | None:
        """A token for the one who may do what ``key`` names; None while somebody else may."""
        token = secrets.token_hex(8)
        try:
            done = self.line.ask(lambda client: client.set(self._at(key), _encoded(token), nx=True, px=_ms(ttl_s)))
        except Away:
            return self._local.claim(key, ttl_s)
        return token if done else None

    def release(self, key: str, token: str) -> None:
        """Gives a claim back, unless it ran out and is another's by now."""
        self._local.release(key, token)  # it may be from a time without Redis
        try:
            self.line.ask(lambda client: _released(client, self._at(key), token))
        except Away:
            return

    def away_since(self) -> float | None:
        """Asks Redis, unless it is being left alone: since when (epoch seconds) it does not answer, or None."""
        try:
            self.line.probe()
        except Away:
            return self.line.away_since
        return None

    def _at(self, key: str) -> str:
        return f"{self._namespace}:{key}"

    def _read_local(self, key: str) -> Value | None:
        found: Value | None = self._local.read(key)
        return found

    def _write(self, key: str, text: bytes, ttl_s: float, *, unless_there: bool = False) -> None:
        try:
            self.line.ask(lambda client: client.set(self._at(key), text, nx=unless_there, px=_ms(ttl_s)))
        except Away:
            return


def _start_of(client: redis.Redis, key: str) -> bytes:
    """The value with its first byte, and one byte too many of one that is too large; empty where there is none."""
    try:
        found = client.getrange(key, 0, MOST_BYTES + 1)
    except redis.ResponseError as error:
        if _is_no_string(error):
            return b""
        raise
    return found if isinstance(found, bytes) else b""


def _released(client: redis.Redis, key: str, token: str) -> None:
    try:
        client.eval(RELEASE, 1, key, _encoded(token))
    except redis.ResponseError as error:
        if not _is_no_string(error):
            raise


def _is_no_string(error: redis.ResponseError) -> bool:
    """Whether somebody else keeps a list or a set under our key: that is no value, and Redis is well."""
    return "WRONGTYPE" in str(error)


def _ms(ttl_s: float) -> int:
    """Redis takes whole milliseconds, and refuses zero."""
    return max(1, round(ttl_s * 1_000))


def _encoded(value: Value) -> bytes:
    """One byte for the kind and the value. One that is too large leaves a note instead, or an older one would hold."""
    if isinstance(value, bytes):
        return _BYTES + value if len(value) <= MOST_BYTES else _ELSEWHERE
    return _TEXT + value.encode() if isinstance(value, str) else _NUMBER + _DOUBLE.pack(value)


def _decoded(found: bytes) -> Value | None:
    """The value; None for what is too large or not of our making. Nothing in it can run."""
    kind, rest = found[:1], found[1:]
    if kind == _BYTES and len(rest) <= MOST_BYTES:
        return rest
    if kind == _NUMBER and len(rest) == _DOUBLE.size:
        return float(_DOUBLE.unpack(rest)[0])
    if kind != _TEXT:
        return None
    try:
        return rest.decode()
    except UnicodeDecodeError:
        return None
