"""The pool outlives its server, and the driver's errors come out as this package's."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from app.sources.database import STATEMENT_TIMEOUT_MS, open_pool, translating
from app.sources.errors import BadQuery, SourceError, TimedOut, TooLarge, Unavailable

AWAY = "postgresql://nobody:hunter2@127.0.0.1:1/none"


def _ask(pool: ConnectionPool[Any], sql: str) -> Any:
    with translating("events"), pool.connection() as connection:
        return connection.execute(sql).fetchone()


def test_connections_are_bounded_named_and_in_autocommit(database: str) -> None:
    with open_pool(database) as pool, pool.connection() as connection:
        assert connection.autocommit
        assert connection.execute("SHOW statement_timeout").fetchone() == (f"{STATEMENT_TIMEOUT_MS // 1000}s",)
        assert connection.execute("SHOW application_name").fetchone() == ("tamma-dashboard",)


def test_options_in_the_address_are_kept(database: str) -> None:
    joint = "&" if "?" in database else "?"
    with open_pool(f"{database}{joint}options=-c%20search_path%3Dtamma") as pool:
        assert _ask(pool, "SHOW search_path") == ("tamma",)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT nothing FROM nowhere", BadQuery),
        ("SELEC", BadQuery),
        ("SELECT 1/0", BadQuery),
        ("SELECT 'x'::uuid", BadQuery),
        ("INSERT INTO dashboard.sessions VALUES (NULL)", BadQuery),
        ("SET statement_timeout = 20; SELECT pg_sleep(10)", TimedOut),
        ("SELECT repeat('x', 2000000000)", TooLarge),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Unavailable),
    ],
)
def test_driver_errors_are_translated(database: str, sql: str, kind: type[SourceError]) -> None:
    with open_pool(database) as pool:
        with pytest.raises(SourceError) as raised:
            _ask(pool, sql)
        assert type(raised.value) is kind
        assert raised.value.source == "events"
        assert "\n" not in raised.value.message
        assert raised.value.__cause__ is not None


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), translating("events"):
        raise KeyError


def test_it_starts_without_a_server_and_says_no_early() -> None:
    start = time.monotonic()
    with open_pool(AWAY, timeout_s=5) as pool:
        for _ in range(4):
            with pytest.raises(Unavailable) as raised:
                _ask(pool, "SELECT 1")
            assert "hunter2" not in str(raised.value)
    assert time.monotonic() - start < 4


def test_connections_that_the_server_has_cut_are_replaced_at_once(database: str) -> None:
    with open_pool(database, min_size=4) as pool:
        pool.wait(10)
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("""SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                             WHERE application_name = 'tamma-dashboard' AND datname = current_database()""")
        start = time.monotonic()
        for _ in range(5):
            assert _ask(pool, "SELECT 1") == (1,)
        assert time.monotonic() - start < 2


def test_a_notice_does_not_cost_the_connection(database: str) -> None:
    with open_pool(database, max_size=1) as pool:
        first = _ask(pool, "SELECT pg_backend_pid()")
        with pool.connection() as connection:
            connection.execute("LISTEN anything")
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("NOTIFY anything")
        assert _ask(pool, "SELECT pg_backend_pid()") == first


def test_a_full_pool_is_said(database: str) -> None:
    with (
        open_pool(database, max_size=1, timeout_s=0.3) as pool,
        pool.connection(),
        pytest.raises(Unavailable, match="no connection"),
    ):
        _ask(pool, "SELECT 1")
