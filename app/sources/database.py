"""Connections to PostgreSQL: a pool that outlives its server, and driver errors in this package's words."""

from __future__ import annotations

import select
from time import monotonic
from types import TracebackType
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from app.sources.errors import BadQuery, SourceError, TimedOut, TooLarge, Unavailable

APPLICATION_NAME = "tamma-dashboard"
CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 5_000
# The server ends a slow statement itself; past this it is taken for dead, not for slow.
SILENCE_LIMIT_S = 8.0
# What a driver error means, the first that fits; any other is no answer.
_MEANINGS: tuple[tuple[tuple[type[psycopg.Error], ...], type[SourceError]], ...] = (
    ((errors.QueryCanceled, errors.LockNotAvailable, errors.ConnectionTimeout), TimedOut),
    ((errors.ProgramLimitExceeded,), TooLarge),
    ((psycopg.DataError, psycopg.ProgrammingError, psycopg.IntegrityError), BadQuery),
)
# How long a request waits before it looks again whether the server is known to be away.
WAIT_SLICE_S = 0.25


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A connection that gives up on a server which accepts a question and never says a word.

    ``statement_timeout`` is the server's own promise, so a stopped process or a dropped route would hold the
    thread for ever. Pass ``timeout`` through the driver's own calls, or use a plain connection, to wait longer.
    """

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As the driver's, limited to SILENCE_LIMIT_S where the driver names no limit; closes itself then."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, SILENCE_LIMIT_S)
        except errors._WaitTimeout as error:
            self.close()
            raise errors.ConnectionTimeout(
                f"PostgreSQL took the query and said nothing for {SILENCE_LIMIT_S:g} s"
            ) from error


class DatabasePool(ConnectionPool[psycopg.Connection[TupleRow]]):
    """A pool that never hands out a dead connection and fails early while the server is known to be away.

    The library's own ``check`` costs a round trip each time and sleeps between dead connections; here a dead one
    is seen by its readable socket, without asking the server.
    """

    def __init__(self, url: str, *, min_size: int, max_size: int, timeout_s: float) -> None:
        self.unreachable = False
        super().__init__(
            url,
            connection_class=BoundedConnection,
            kwargs=_connection_arguments(url),
            min_size=min_size,
            max_size=max_size,
            timeout=timeout_s,
            open=False,
            name=APPLICATION_NAME,
            configure=self._reached,
            # Zero: the library tries twice and gives up; the next request asks again. Its doubling delays would
            # leave the dashboard blind for minutes after PostgreSQL is back.
            reconnect_timeout=0.0,
            reconnect_failed=self._gave_up,
        )

    def getconn(self, timeout: float | None = None) -> psycopg.Connection[TupleRow]:
        """A connection that was alive a moment ago, or PoolTimeout."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            try:
                connection = super().getconn(max(0.001, min(WAIT_SLICE_S, deadline - monotonic())))
            except PoolTimeout:
                if self.unreachable or monotonic() >= deadline:
                    raise
                continue
            if _alive(connection):
                return connection
            connection.close()
            self.putconn(connection)

    def _reached(self, _connection: psycopg.Connection[TupleRow]) -> None:
        self.unreachable = False

    def _gave_up(self, _pool: ConnectionPool[Any]) -> None:
        self.unreachable = True


def open_pool(url: str, *, min_size: int = 1, max_size: int = 8, timeout_s: float = 5.0) -> DatabasePool:
    """A pool that starts whether or not PostgreSQL is there; its connections are in autocommit.

    ``timeout_s`` is how long a caller waits for a connection. Call it after a fork: it starts threads.
    """
    pool = DatabasePool(url, min_size=min_size, max_size=max_size, timeout_s=timeout_s)
    pool.open(wait=False)
    return pool


def _connection_arguments(url: str) -> dict[str, Any]:
    options = f"{conninfo_to_dict(url).get('options') or ''} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    return {
        "autocommit": True,
        "application_name": APPLICATION_NAME,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": options.strip(),
        "keepalives_idle": 30,
        "tcp_user_timeout": int(SILENCE_LIMIT_S * 1000),
    }


def _alive(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether an idle connection can be used: nothing to read on it, or nothing worse than a notice."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True


class translating:  # noqa: N801 - read as a verb: `with translating("events"):`
    """Raises this package's errors, from the driver's; ``source`` is the name people know the data by.

    A class, not a generator: it stands on the path of every request.
    """

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is not None and (translated := _translated(self.source, error)):
            raise translated from error


def _translated(source: str, error: BaseException) -> SourceError | None:
    if isinstance(error, (PoolTimeout, TooManyRequests, PoolClosed)):
        return Unavailable(source, "PostgreSQL gave no connection; see whether it runs and how many are in use")
    if not isinstance(error, psycopg.Error):
        return None
    for kinds, meaning in _MEANINGS:
        if isinstance(error, kinds):
            return meaning(source, _said(error))
    return Unavailable(source, _said(error))


def _said(error: psycopg.Error) -> str:
    """The driver's first line only: what follows (DETAIL, CONTEXT) repeats the data."""
    text = error.diag.message_primary or str(error)
    return text.strip().partition("\n")[0] or type(error).__name__
