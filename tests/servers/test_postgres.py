"""The databases of the tests: migrated, apart from each other, quickly made."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from tests.servers.postgres import PostgresServer


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_schema IN ('public', 'dashboard')"
        ).fetchall()
    return {row[0] for row in rows}


def test_a_database_is_migrated(database: str) -> None:
    assert {"public.events", "dashboard.users"} <= tables(database)


def test_an_empty_database_is_empty(empty_database: str) -> None:
    assert tables(empty_database) == set()


def test_two_databases_do_not_see_each_other(postgres_server: PostgresServer, database: str) -> None:
    other = postgres_server.create()
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE only_here ()")
    assert "public.only_here" not in tables(other)
    postgres_server.drop(other)


def test_a_database_is_dropped_although_someone_is_connected(postgres_server: PostgresServer) -> None:
    url = postgres_server.create()
    with psycopg.connect(url) as connection:
        postgres_server.drop(url)
        assert _refused(url)
        assert connection.info.dbname in url


def test_the_pool_connects_to_the_database(pool: ConnectionPool[Any], database: str) -> None:
    with pool.connection() as connection:
        assert connection.info.dbname == database.rsplit("/", maxsplit=1)[-1].split("?", maxsplit=1)[0]


def _refused(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return True
    return False
