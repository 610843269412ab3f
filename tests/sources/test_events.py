"""The event store: counts, ended slots and last starts as the rows that the test wrote have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from app.migrations.run import migrate
from app.sources.database import open_pool
from app.sources.errors import BadQuery, SourceError, Unavailable
from app.sources.events import EventStore
from app.sources.questions import Tally, Told
from app.sources.windows import Window
from tests.conftest import ProxyTo
from tests.platform_history import write_run, write_start
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until

END = 1_790_000_100
PAST = Window(END - 600, END, 60, live=False, asked=("a", "b"))
LIVE = Window(END - 600, END, 60, live=True, asked=("now-10m", "now"))


@pytest.fixture
def store(pool: ConnectionPool[Any]) -> EventStore:
    return EventStore(pool, "public")


def counts(store: EventStore, window: Window, now: float = END) -> dict[str, int]:
    (row,) = store.told(Told(Tally.RUN_COUNTS), window, now=now).records()
    return row


def slots(store: EventStore, window: Window, now: float = END) -> dict[tuple[str, int], int]:
    found = store.told(Told(Tally.RUNS_ENDED), window, now=now).records()
    return {(one["status"], one["slot"]): one["runs"] for one in found}


def test_an_empty_store_counts_true_zeros(store: EventStore) -> None:
    assert counts(store, PAST) == {"running": 0, "completed": 0, "failed": 0}
    assert slots(store, PAST) == {}
    assert store.told(Told(Tally.LAST_STARTS), PAST, now=END).empty


def test_runs_are_counted_by_how_and_when_they_ended(database: str, store: EventStore) -> None:
    for status, ended in (
        ("success", END - 600),  # the last moment before the window
        ("success", END - 599.999),
        ("success", END - 1),
        ("success", END),  # its last moment
        ("success", END + 0.001),
        ("failed", END - 10),
        ("failed", END + 10),
        ("cancelled", END - 10),
    ):
        write_run(database, started=END - 5_000, completed=ended, status=status)
    write_run(database, started=END - 50, completed=None, status="running")
    write_run(database, started=END - 90_000, completed=None, status="running")
    assert counts(store, PAST) == {"running": 2, "completed": 3, "failed": 1}


def test_a_live_window_counts_until_now(database: str, store: EventStore) -> None:
    write_run(database, started=END - 50, completed=END + 5, status="success")
    write_run(database, started=END - 50, completed=END + 30, status="success")
    answer = store.told(Told(Tally.RUN_COUNTS), LIVE, now=END + 20)
    assert answer.records() == [{"running": 0, "completed": 1, "failed": 0}]
    assert answer.as_of == END + 20
    assert counts(store, PAST, now=END + 20)["completed"] == 0


def test_each_slot_holds_the_runs_of_the_step_before_it(database: str, store: EventStore) -> None:
    ended = [
        *(END - 660, END - 600),  # before the window
        *(END - 599.9, END - 540),  # the first slot, both ends
        *(END - 0.001, END),  # the last
        END + 0.001,
    ]
    for moment in ended:
        write_run(database, started=END - 5_000, completed=moment, status="success")
    write_run(database, started=END - 5_000, completed=END - 30, status="failed")
    write_run(database, started=END - 5_000, completed=END - 30, status="cancelled")
    assert slots(store, PAST) == {
        ("success", END - 540): 2,
        ("success", END): 2,
        ("failed", END): 1,
    }


def test_what_has_ended_since_the_last_step_is_counted_and_in_no_slot(database: str, store: EventStore) -> None:
    for moment in (END - 1, END + 4, END + 30):
        write_run(database, started=END - 5_000, completed=moment, status="success")
    assert slots(store, LIVE, now=END + 20) == {("success", END): 1}
    assert counts(store, LIVE, now=END + 20)["completed"] == 2


def test_the_last_start_of_each_service_counts(database: str, store: EventStore) -> None:
    for service, at in (("api", END - 500), ("api", END - 100), ("api", END - 300), ("worker", END - 50.25)):
        write_start(database, service, at)
    write_start(database, "api", END + 60)  # a clock ahead of ours
    found = store.told(Told(Tally.LAST_STARTS), LIVE, now=END)
    assert dict(found.rows) == {"api": END - 100, "worker": END - 50.25}


def test_starts_are_found_by_tag_or_by_source_or_without_a_name(database: str, store: EventStore) -> None:
    for number, (tags, metadata) in enumerate(
        (({}, {"source": "worker"}), ({"service": ""}, {"source": "api"}), ({"service": "api"}, {}), ({}, {}))
    ):
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "insert into events (id, type, timestamp, tags, metadata, data)"
                " values (gen_random_uuid(), 'SYSTEM.STARTED', to_timestamp(%s), %s, %s, '{}')",
                (END - 100 + number, Jsonb(tags), Jsonb(metadata)),
            )
    found = dict(store.told(Told(Tally.LAST_STARTS), PAST, now=END).rows)
    assert found == {"worker": END - 100, "api": END - 98, "": END - 97}


def test_other_events_are_no_starts(database: str, store: EventStore) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for kind in ("SYSTEM.STARTED.SUCCESS", "system.started", "ORCHESTRATOR.STARTED.SUCCESS"):
            connection.execute(
                "insert into events (id, type, timestamp, tags, data)"
                " values (gen_random_uuid(), %s, to_timestamp(%s), '{\"service\": \"api\"}', '{}')",
                (kind, END - 10),
            )
    assert store.told(Told(Tally.LAST_STARTS), PAST, now=END).empty


def test_a_schema_is_a_name_and_never_sql(empty_database: str) -> None:
    migrate(empty_database, "tamma_events")
    with ConnectionPool(empty_database, min_size=1, max_size=1, open=True) as pool:
        EventStore(pool, "tamma_events").ready()
        with pytest.raises(BadQuery):
            EventStore(pool, 'public"; drop schema tamma_events cascade; --').ready()
        EventStore(pool, "tamma_events").ready()


@pytest.mark.parametrize("table", ["events", "workflow_runs"])
def test_it_is_ready_only_with_both_tables(database: str, store: EventStore, table: str) -> None:
    store.ready()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(table)))
    with pytest.raises(BadQuery, match=table):
        store.ready()


def test_readiness_looks_at_one_row_however_many_there_are(database: str, store: EventStore) -> None:
    for _ in range(5):
        write_run(database, started=END - 50, completed=END - 10, status="success")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table workflow_runs rename to kept")
        connection.execute("create sequence looked")
        connection.execute("create view workflow_runs as select * from kept where nextval('looked') > 0")
        store.ready()
        assert connection.execute("select last_value from looked").fetchone() == (1,)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, to be stopped."""
    server = PostgresServer(folder(tmp_path_factory))
    yield server
    server.stop()


def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("postgres")
    for one in (made, *made.parents[:3]):
        one.chmod(one.stat().st_mode | 0o111)
    return made / "data"


def test_it_answers_again_once_postgresql_is_back(own_server: PostgresServer) -> None:
    url = own_server.create()
    write_run(url, started=END - 50, completed=END - 10, status="success")
    with open_pool(url, timeout_s=2) as pool:
        store = EventStore(pool, "public")
        assert counts(store, PAST)["completed"] == 1
        own_server.stop()
        with pytest.raises(Unavailable) as away:
            counts(store, PAST)
        assert str(away.value).startswith("The event store: ")
        own_server.start()
        assert wait_until(lambda: _counted(store), what="an answer after the restart") == 1


def test_connections_that_were_reset_are_replaced(
    database: str, postgres_server: PostgresServer, proxy_to: ProxyTo
) -> None:
    proxy = proxy_to(LOOPBACK, postgres_server.port)
    with open_pool(proxy.through(database), timeout_s=2) as pool:
        store = EventStore(pool, "public")
        store.ready()
        proxy.reset_all()
        wait_until(lambda: _counted(store) == 0)
        proxy.switch("refuse")
        with pytest.raises(SourceError):
            store.ready()
        proxy.switch("pass")
        wait_until(lambda: _counted(store) == 0)


def _counted(store: EventStore) -> int | None:
    try:
        return counts(store, PAST)["completed"]
    except SourceError:
        return None
