"""Maintenance windows: stored as given, found by the ranges they touch, changed by one at a time."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from app.sources.database import open_pool
from app.sources.errors import BadQuery, SourceError, TooLarge
from app.sources.maintenance import COLUMNS, LONGEST, MOST, Draft, Entry, Maintenance, Seen
from app.sources.results import decode, encode
from app.sources.windows import Window
from tests.conftest import ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until

END = 1_790_000_100
PAST = Window(END - 3_600, END, 60, live=False, asked=("a", "b"))
LIVE = replace(PAST, live=True)
HOSTILE = (
    "<script>alert(1)</script>",
    "'); DROP TABLE dashboard.maintenance; --",
    '"quoted" \\backslash\\ %s %(id)s {0} $1',
    "two\nlines\tand a tab",
    "=HYPERLINK(\"http://x\")",
    "\u202etfel ot thgir \U0001f6a7 näïve 中文",
    "x" * 500,
)  # fmt: skip


def moment(offset: float) -> datetime:
    """So many seconds after the end of the window."""
    return datetime.fromtimestamp(END + offset, UTC)


def draft(start: float = -600, end: float = -300, *, services: tuple[str, ...] = (), reason: str = "disks") -> Draft:
    return Draft(moment(start), moment(end), services, reason)


@pytest.fixture
def maintenance(pool: ConnectionPool[Any]) -> Maintenance:
    return Maintenance(pool)


def reasons(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.reason for entry in entries]


def test_what_is_entered_is_found_as_it_was_entered(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(services=("api", "workers")), by="olga")
    assert maintenance.find(entry.id) == entry
    assert (entry.starts_at, entry.ends_at) == (moment(-600), moment(-300))
    assert (list(entry.services), entry.reason, entry.created_by) == (["api", "workers"], "disks", "olga")
    assert (entry.changed_by, entry.changed_at, entry.cancelled_by, entry.cancelled_at) == (None, None, None, None)
    assert entry.created_at.tzinfo is not None
    assert maintenance.find(uuid4()) is None


@pytest.mark.parametrize("reason", HOSTILE)
def test_a_reason_is_text_whatever_it_holds(maintenance: Maintenance, reason: str) -> None:
    entry = maintenance.create(draft(reason=reason, services=(reason[:20],)), by=reason[:60])
    found = maintenance.find(entry.id)
    assert found is not None
    assert (found.reason, list(found.services), found.created_by) == (reason, [reason[:20]], reason[:60])
    (row,) = maintenance.rows(PAST, now=END).records()
    assert row["reason"] == reason


@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [
        (-3_700, -3_600, False),  # ends where the window begins
        (-3_700, -3_599, True),
        (-9_000, 9_000, True),
        (-1, 100, True),
        (0, 100, False),  # begins where the window ends
    ],
)
def test_between_finds_what_touches_the_range(
    maintenance: Maintenance, start: float, end: float, touches: bool
) -> None:
    maintenance.create(draft(start, end), by="olga")
    assert bool(maintenance.between(PAST.start, PAST.end)) == touches


def test_between_leaves_out_the_cancelled_and_begins_with_the_earliest(maintenance: Maintenance) -> None:
    for start, reason in ((-200, "third"), (-600, "first"), (-400, "second"), (-500, "mistaken")):
        entry = maintenance.create(draft(start, start + 100, reason=reason), by="olga")
        if reason == "mistaken":
            maintenance.cancel(entry.id, by="olga")
    assert reasons(maintenance.between(PAST.start, PAST.end)) == ["first", "second", "third"]
    assert reasons(maintenance.list()) == ["third", "second", "mistaken", "first"]
    assert reasons(maintenance.list(limit=2, offset=1)) == ["second", "mistaken"]
    assert maintenance.count() == 4


def test_rows_are_what_the_cache_gives_back(maintenance: Maintenance) -> None:
    maintenance.create(draft(services=("api",)), by="olga")
    rows = maintenance.rows(PAST, now=END)
    assert rows.columns == COLUMNS
    assert rows.rows == ((END - 600.0, END - 300.0, ["api"], "disks", "over"),)
    assert (rows.as_of, decode(encode(rows))) == (END, rows)


def test_rows_of_a_live_window_reach_until_now(maintenance: Maintenance) -> None:
    maintenance.create(draft(5, 500), by="olga")
    assert maintenance.rows(LIVE, now=END + 3).empty
    (row,) = maintenance.rows(LIVE, now=END + 7).records()
    assert row["state"] == "running"
    assert maintenance.rows(PAST, now=END + 7).empty


def test_rows_ask_the_clock_where_no_time_is_given(maintenance: Maintenance) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    maintenance.create(Draft(now - hour, now + hour, (), "now"), by="olga")
    (row,) = maintenance.rows(replace(LIVE, start=int(now.timestamp()) - 60)).records()
    assert row["state"] == "running"


def test_rows_may_reach_further_back_than_the_window(maintenance: Maintenance) -> None:
    maintenance.create(draft(-90_000, -80_000), by="olga")
    assert maintenance.rows(PAST, now=END).empty
    assert len(maintenance.rows(PAST, now=END, reach_s=86_400).rows) == 1
    assert maintenance.rows(PAST, now=END, reach_s=60).empty


def test_states_by_the_time(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(), by="olga")
    at = [entry.state(moment(offset)) for offset in (-601, -600, -301, -300)]
    assert at == ["planned", "running", "running", "over"]
    cancelled = maintenance.cancel(entry.id, by="olga")
    assert cancelled is not None
    assert cancelled.state(moment(-500)) == "cancelled"


def test_replacing_says_who_and_keeps_who_entered_it(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(), by="olga")
    changed = maintenance.replace(entry.id, draft(-900, -800, services=("api",), reason="more disks"), by="omar")
    assert changed is not None
    assert (changed.starts_at, changed.reason, list(changed.services)) == (moment(-900), "more disks", ["api"])
    assert (changed.created_by, changed.changed_by) == ("olga", "omar")
    assert changed == maintenance.find(entry.id)
    assert maintenance.replace(uuid4(), draft(), by="omar") is None


def test_one_that_is_there_is_not_created_again(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(), by="olga")
    assert maintenance.create(draft(reason="other"), by="omar", entry_id=entry.id) == entry
    assert maintenance.count() == 1


def test_only_the_version_that_was_seen_is_replaced(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(), by="olga")
    first = maintenance.replace(entry.id, draft(reason="first"), by="omar", seen=Seen(None))
    assert first is not None
    assert first.reason == "first"
    assert maintenance.replace(entry.id, draft(reason="late"), by="olga", seen=Seen(None)) == first
    second = maintenance.replace(entry.id, draft(reason="second"), by="olga", seen=Seen(first.changed_at))
    assert second is not None
    assert (second.reason, second.changed_by) == ("second", "olga")


def test_ending_changes_the_end_alone_and_only_of_one_that_runs(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(-600, 300, services=("api",)), by="olga")
    for offset in (-600, 300, 301):
        assert maintenance.end(entry.id, moment(offset), by="omar") == entry
    ended = maintenance.end(entry.id, moment(0), by="omar")
    assert ended is not None
    assert (ended.draft, ended.changed_by) == (replace(entry.draft, ends_at=moment(0)), "omar")
    assert maintenance.end(uuid4(), moment(0), by="omar") is None
    cancelled = maintenance.cancel(entry.id, by="omar")
    assert maintenance.end(entry.id, moment(-1), by="omar") == cancelled


def test_a_cancelled_one_stays_as_it_is(maintenance: Maintenance) -> None:
    entry = maintenance.create(draft(), by="olga")
    cancelled = maintenance.cancel(entry.id, by="omar")
    assert cancelled is not None
    assert cancelled.cancelled_by == "omar"
    assert maintenance.cancel(entry.id, by="somebody else") == cancelled
    assert maintenance.replace(entry.id, draft(reason="again"), by="olga") == cancelled
    assert maintenance.cancel(uuid4(), by="omar") is None


def test_who_is_too_late_is_told_of_the_cancellation(database: str, maintenance: Maintenance) -> None:
    """A replacement that waited for the row must not answer with what it saw before."""
    entry = maintenance.create(draft(), by="olga")
    with psycopg.connect(database) as other:
        other.execute("UPDATE dashboard.maintenance SET cancelled_at = now(), cancelled_by = 'omar'")
        late = _replace_on_a_thread(maintenance, entry.id)
        _wait_for_a_waiting_lock(database)
        other.commit()
    found = late.result(timeout=10)
    assert found is not None
    assert (found.cancelled_by, found.reason) == ("omar", "disks")


def _replace_on_a_thread(maintenance: Maintenance, entry_id: UUID) -> Future[Entry | None]:
    thread = ThreadPoolExecutor(1)
    future = thread.submit(maintenance.replace, entry_id, draft(reason="late"), by="olga")
    thread.shutdown(wait=False)
    return future


def _wait_for_a_waiting_lock(database: str) -> None:
    def waits() -> bool:
        with psycopg.connect(database, autocommit=True) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
        return bool(row and row[0])

    wait_until(waits, what="a replacement that waits for the row")


@pytest.mark.parametrize(
    "wrong",
    [
        draft(-300, -300),
        draft(-300, -600),
        draft(0, LONGEST.total_seconds() + 1),
        draft(reason=""),
        draft(reason="x" * 501),
        draft(reason="a\x00b"),
        draft(services=tuple(f"s{number}" for number in range(51))),
    ],
)
def test_the_table_itself_refuses_what_is_no_window(maintenance: Maintenance, wrong: Draft) -> None:
    with pytest.raises(BadQuery):
        maintenance.create(wrong, by="olga")
    assert maintenance.count() == 0


def test_thirty_days_are_allowed_over_a_clock_change(database: str) -> None:
    """Whatever zone the connection has: hours are counted, not calendar days."""
    with ConnectionPool(database, min_size=1, kwargs={"options": "-c timezone=Europe/Berlin"}, open=True) as pool:
        start = datetime(2026, 10, 10, tzinfo=UTC)
        entry = Maintenance(pool).create(Draft(start, start + LONGEST, (), "autumn"), by="olga")
        assert entry.ends_at.timestamp() - entry.starts_at.timestamp() == 30 * 86_400
        with pytest.raises(BadQuery):
            Maintenance(pool).create(Draft(start, start + LONGEST + timedelta(seconds=1), (), "more"), by="olga")


def test_too_many_are_an_error_and_not_a_part(database: str, maintenance: Maintenance) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO dashboard.maintenance (starts_at, ends_at, reason, created_by)"
            " SELECT to_timestamp(%s - n), to_timestamp(%s), 'many', 'olga' FROM generate_series(1, %s) n",
            (END, END, MOST),
        )
    assert len(maintenance.between(PAST.start, PAST.end)) == MOST
    maintenance.create(draft(), by="olga")
    with pytest.raises(TooLarge, match="more than 500"):
        maintenance.between(PAST.start, PAST.end)
    assert len(maintenance.list(limit=10_000)) == MOST
    assert maintenance.count() == MOST + 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(-900, 900), st.integers(1, 900)), max_size=8),
    st.integers(-900, 900),
    st.integers(1, 900),
)
def test_between_finds_the_same_as_comparing_each(
    database: str, maintenance: Maintenance, given_windows: list[tuple[int, int]], start: int, length: int
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DELETE FROM dashboard.maintenance")
    for number, (begins, lasts) in enumerate(given_windows):
        maintenance.create(draft(begins, begins + lasts, reason=str(number)), by="olga")
    found = {int(one.reason) for one in maintenance.between(END + start, END + start + length)}
    seconds = set(range(start, start + length))
    assert found == {
        number for number, (begins, lasts) in enumerate(given_windows) if seconds & set(range(begins, begins + lasts))
    }


def test_a_database_that_is_away_is_a_source_error(
    database: str, postgres_server: PostgresServer, proxy_to: ProxyTo
) -> None:
    proxy = proxy_to(LOOPBACK, postgres_server.port)
    pool = open_pool(proxy.through(database), timeout_s=0.5)
    try:
        maintenance = Maintenance(pool)
        assert maintenance.count() == 0
        proxy.switch("refuse")
        for ask in (maintenance.count, maintenance.list, lambda: maintenance.create(draft(), by="olga")):
            with pytest.raises(SourceError) as raised:
                ask()
            assert raised.value.source == "Maintenance windows"
    finally:
        pool.close()
