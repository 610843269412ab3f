"""The way to Redis: bounded in time, left alone for a while once it is lost, and taken up again by itself."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")

# For each step: connecting, each word of the greeting, a question. A page waits for few of them, and only once.
STEP_S = 0.25
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 10.0
PROBE_HOLDS_MS = 1_000
# Compare and delete in one step: between a GET and a DEL the claim may run out and become another's.
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
# A server that is no Redis makes the driver stumble over numbers and types as well.
_BROKEN = (redis.RedisError, OSError, ValueError, TypeError, LookupError)
log = logging.getLogger(__name__)


class Away(Exception):
    """Redis did not do what it was asked, or is left alone because it did not a moment ago."""


class RedisLine:
    """Connections to one Redis. Safe for use by several threads; nothing is asked before the first command.

    After a failure nobody asks for FIRST_PAUSE_S; then one caller probes while the others go on without, and each
    failed probe doubles the pause, up to LONGEST_PAUSE_S.
    """

    def __init__(self, url: str, namespace: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_connect_timeout=STEP_S,
            socket_timeout=STEP_S,
            retry=Retry(NoBackoff(), 0),  # the library's own would ask ten times
            protocol=2,  # 3 greets with more questions, and lets the server stretch our timeouts
            driver_info=None,
            health_check_interval=0,
        )
        self._probe_key = f"{namespace}:probe:{secrets.token_hex(8)}"
        self._clock = clock
        self._guard = threading.Lock()
        self._since: float | None = None  # epoch seconds
        self._why = ""
        self._pause_s = FIRST_PAUSE_S
        self._ask_again = 0.0
        self._back_at = float("-inf")
        self._probing = False
        # Counts how often it came back: what was asked before says nothing of now.
        self._era = 0

    @property
    def place(self) -> str:
        """Host and port, without the password that the address may hold."""
        given = self._redis.connection_pool.connection_kwargs
        return f"{given.get('host', 'localhost')}:{given.get('port', 6379)}"

    @property
    def away_since(self) -> float | None:
        """Since when (epoch seconds) Redis is known to be away, or None."""
        return self._since

    @property
    def why(self) -> str:
        """What was wrong the last time, in our words: a server's may repeat the password it was sent."""
        return self._why

    def ask(self, command: Callable[[redis.Redis], T]) -> T:
        """What the command returns. Raises Away, at once while Redis is being left alone."""
        era = self._entered()
        try:
            return command(self._redis)
        except _BROKEN as error:
            self._lost(era, error)
            raise Away from error

    def probe(self) -> None:
        """Asks now, unless Redis is being left alone. Raises Away."""
        self.ask(self._try)

    def _try(self, client: redis.Redis) -> None:
        """A claim taken and given back: a Redis that is full, or lets us only read, is of no use either."""
        token = secrets.token_hex(8)
        client.set(self._probe_key, token, px=PROBE_HOLDS_MS)
        client.eval(RELEASE, 1, self._probe_key, token)

    def _entered(self) -> int:
        """The era in which the caller may ask; the first one after a pause has probed."""
        with self._guard:
            if self._since is None:
                return self._era
            if self._probing or self._clock() < self._ask_again:
                raise Away
            self._probing = True
        try:
            self._try(self._redis)
            return self._back()
        except _BROKEN as error:
            self._still_lost(error)
            raise Away from error
        finally:
            self._probing = False

    def _lost(self, era: int, error: Exception) -> None:
        with self._guard:
            if self._since is not None or era != self._era:
                return
            now = self._clock()
            # One that was back for a moment only is lost as before: no more lines in the log than pauses.
            brief = now - self._back_at < LONGEST_PAUSE_S
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S) if brief else FIRST_PAUSE_S
            self._ask_again = now + self._pause_s
            self._since, self._why = time.time(), _said(error)
        # Idle connections may lead to a machine that is gone: each would cost a timeout later.
        self._redis.connection_pool.disconnect(inuse_connections=False)
        log.warning("Redis at %s: %s; carrying on with this replica's own cache", self.place, self._why)

    def _still_lost(self, error: Exception) -> None:
        with self._guard:
            self._why = _said(error)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._ask_again = self._clock() + self._pause_s

    def _back(self) -> int:
        with self._guard:
            since, self._since, self._why = self._since, None, ""
            self._back_at = self._clock()
            self._era += 1
            era = self._era
        if since is not None:
            away_s = max(0.0, time.time() - since)
            log.warning("Redis at %s answers again after %.0f s; replicas share their cache", self.place, away_s)
        return era


def _said(error: Exception) -> str:
    if isinstance(error, redis.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, redis.AuthenticationError | redis.AuthenticationWrongNumberOfArgsError):
        return "refuses the password, or the lack of one"
    if isinstance(error, redis.ResponseError):
        return f"refuses ({type(error).__name__})"
    if isinstance(error, redis.ConnectionError | OSError):
        return f"cannot be reached, or hung up ({type(error).__name__})"
    return f"gives an answer that is none ({type(error).__name__})"
