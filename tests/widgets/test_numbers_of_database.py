"""Every number of the database's page against its own arithmetic on the raw samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from app.access import Role
from app.drawing import Drawer
from app.drawn import State
from app.health.status import Status
from app.sources.database import open_pool
from app.sources.prometheus import Prometheus
from app.sources.questions import Over, Past, expand
from app.sources.results import Matrix, Sample, Vector
from app.sources.windows import Window, read_window
from app.widgets.content import Badge, Grid
from app.widgets.database_status import concerns
from app.widgets.database_tables import NOT_COLLECTED
from app.widgets.registry import WIDGETS
from app.widgets.widget import Given
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples
from tests.widgets.arithmetic import History, Labels, latest, quantile, rate, total, within
from tests.widgets.database_past import ALLOWED, RESERVED, SERVER, STATES, samples
from tests.widgets.drawers import drawer_at, records
from tests.widgets.past import END, INSTANCES, MOMENTS, NOW
from tests.widgets.test_numbers_are_true import stamp

COMPARED = {
    *("database.status", "database.concerns", "database.pools", "database.operations", "database.statements"),
    *("database.connections", "database.poolshare", "database.waiting", "database.size", "database.durations"),
    *("database.kinds", "database.transactions", "database.hits", "database.deadlocks", "database.longest"),
    *("database.locks", "database.temporary"),
}
QUERIES, POOL = "tamma_db_query_duration_seconds", "tamma_db_pool_connections"
RANGES = {"the last hour": ("now-1h", "now"), "three hours": ("now-3h", "now")}
JOBS = tuple(INSTANCES)
Keep = Callable[[Labels], bool]
Curves = dict[str, Callable[[int, int], float | None]]


def has(**wanted: str) -> Keep:
    return lambda labels: all(labels.get(name, "") == value for name, value in wanted.items())


@pytest.fixture(scope="module")
def past_samples() -> Samples:
    return samples()


@pytest.fixture(scope="module")
def history(past_samples: Samples) -> History:
    return History(past_samples)


@pytest.fixture(scope="module")
def connections(postgres_server: PostgresServer) -> Iterator[ConnectionPool[Any]]:
    url = postgres_server.create()
    with open_pool(url) as pool:
        yield pool
    postgres_server.drop(url)


@pytest.fixture(scope="module")
def drawer(
    prometheus_with: PrometheusWith,
    past_samples: Samples,
    connections: ConnectionPool[Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Drawer:
    server = prometheus_with(past_samples)
    return drawer_at(NOW, prometheus=server.url, pool=connections, folder=tmp_path_factory.mktemp("database"))


@pytest.fixture(params=RANGES.values(), ids=RANGES)
def window(request: pytest.FixtureRequest) -> Window:
    return read_window(*request.param, NOW)


def gauge(history: History, name: str, keep: Keep = lambda _: True) -> Callable[[int, int], float | None]:
    return lambda at, _: total(latest(points, at) for _, points in history.of(name, keep))


def rise(history: History, name: str, keep: Keep = lambda _: True) -> Callable[[int, int], float | None]:
    return lambda at, range_s: total(rate(points, at, range_s) for _, points in history.of(name, keep))


def divided(
    one: Callable[[int, int], float | None], other: Callable[[int, int], float | None]
) -> Callable[[int, int], float | None]:
    def share(at: int, range_s: int) -> float | None:
        above, below = one(at, range_s), other(at, range_s)
        return None if above is None or not below else above / below

    return share


def queries(history: History, share: float, keep: Keep) -> Callable[[int, int], float | None]:
    def percentile(at: int, range_s: int) -> float | None:
        buckets: dict[float, float] = {}
        for labels, points in history.of(f"{QUERIES}_bucket", keep):
            if (value := rate(points, at, range_s)) is not None:
                buckets[float(labels["le"])] = buckets.get(float(labels["le"]), 0.0) + value
        return quantile(share, buckets)

    return percentile


def largest(history: History, name: str) -> Callable[[int, int], float | None]:
    def value(at: int, _: int) -> float | None:
        return max((one for _, points in history.of(name) if (one := latest(points, at)) is not None), default=None)

    return value


def highest(history: History, name: str, step_s: int) -> Callable[[int, int], float | None]:
    """The largest of a step; where it holds no scrape, of the latest ones."""

    def value(at: int, range_s: int) -> float | None:
        seen = [one for _, points in history.of(name) for _, one in within(points, at - step_s, at)]
        return max(seen) if seen else largest(history, name)(at, range_s)

    return value


def expected(history: History, key: str, step_s: int) -> Curves:
    """What each column of a chart's table holds, worked out from the samples."""

    def base(name: str) -> Callable[[int, int], float | None]:
        return rise(history, f"pg_stat_database_{name}")

    hit, read = base("blks_hit"), base("blks_read")

    def both(at: int, range_s: int) -> float | None:
        return total((hit(at, range_s), read(at, range_s)))

    def deadlocks(at: int, range_s: int) -> float | None:
        found = base("deadlocks")(at, range_s)
        return None if found is None else found * 60

    pools = {
        job: (gauge(history, POOL, has(job=job, state="active")), gauge(history, "tamma_db_pool_size", has(job=job)))
        for job in JOBS
    }
    curves: Mapping[str, Curves] = {
        "database.connections": {s: gauge(history, "pg_stat_activity_count", has(state=s)) for s in STATES},
        "database.poolshare": {job: divided(*pair) for job, pair in pools.items()},
        "database.waiting": {job: gauge(history, POOL, has(job=job, state="waiting")) for job in JOBS},
        "database.size": {d: gauge(history, "pg_database_size_bytes", has(datname=d)) for d in ("tamma", "postgres")},
        "database.durations": {f"p{p}": queries(history, p / 100, lambda _: True) for p in (50, 95, 99)},
        "database.kinds": {
            # Queries whose kind nobody tells go by the name of the curve.
            name or "p95": queries(history, 0.95, has(operation=name))
            for name in ("select", "insert", "update", "")
        },
        "database.transactions": {"committed": base("xact_commit"), "rolled back": base("xact_rollback")},
        "database.hits": {"found in the cache": divided(hit, both)},
        "database.deadlocks": {"deadlocks": deadlocks},
        "database.longest": {"longest": highest(history, "pg_stat_activity_max_tx_duration", step_s)},
        "database.locks": {
            m: gauge(history, "pg_locks_count", has(mode=m)) for m in ("accesssharelock", "exclusivelock")
        },
        "database.temporary": {"written": base("temp_bytes")},
    }
    return curves[key]


@pytest.mark.parametrize("key", sorted(key for key in COMPARED if WIDGETS[key].chart))
def test_every_point_of_every_curve(key: str, window: Window, drawer: Drawer, history: History) -> None:
    shown = records(drawer, key, window)
    curves = expected(history, key, window.step)
    assert set(shown[0]) == {"time", *curves}
    range_s = max(window.step, 60)
    known = 0
    for row, at in zip(shown, window.times, strict=True):
        assert row["time"] == stamp(at)
        for name, value in curves.items():
            wanted = value(at, range_s)
            assert row[name] == (None if wanted is None else pytest.approx(wanted, rel=1e-6)), f"{name} at {stamp(at)}"
            known += wanted is not None
    assert known > len(window.times) / 2
    if key in ("database.connections", "database.hits"):
        assert any(row[next(iter(curves))] is None for row in shown), "the exporter was away, and that is no zero"


def test_a_long_transaction_is_seen_on_a_long_range(prometheus_with: PrometheusWith) -> None:
    """It began and ended between two points of the chart, fifty minutes apart."""
    window = Window(END - 8 * 7_200, END, 7_200, live=False, asked=("", ""))
    begun = END - 2 * 7_200 + 1_800
    points = [(at, float(max(0, at - begun)) if at < begun + 3_000 else 0.0) for at in range(window.start, END, 15)]
    server = prometheus_with(Samples().add("pg_stat_activity_max_tx_duration", SERVER, points))
    question = WIDGETS["database.longest"].questions["longest"]
    assert isinstance(question, Over)
    (found,) = Prometheus(server.url).over_range(expand(question.promql, window, rate_s=7_200), window).series
    assert max(one or 0 for one in found.values) == pytest.approx(3_000, abs=15)
    server.stop()


def test_the_status_tells_the_numbers_of_now(drawer: Drawer, history: History) -> None:
    at, window = int(NOW) // 15 * 15, read_window("now-1h", "now", NOW)
    (row,) = records(drawer, "database.status", window)
    hit, read = (rise(history, f"pg_stat_database_blks_{name}")(at, 300) or 0.0 for name in ("hit", "read"))
    deadlocks = rise(history, "pg_stat_database_deadlocks")(at, 300)
    assert row["connections"] == gauge(history, "pg_stat_activity_count")(at, 0)
    assert (row["up"], row["allowed"], row["reserved"]) == (1, ALLOWED, RESERVED)
    assert row["p95"] == pytest.approx(queries(history, 0.95, lambda _: True)(at, 300), rel=1e-6)
    assert row["hits"] == pytest.approx(hit / (hit + read), rel=1e-6)
    assert row["reads"] == pytest.approx(read, rel=1e-6)
    assert row["deadlocks"] == pytest.approx((deadlocks or 0.0) * 300, rel=1e-6)
    assert row["transaction"] == largest(history, "pg_stat_activity_max_tx_duration")(at, 0)
    assert row["size"] == gauge(history, "pg_database_size_bytes")(at, 0)
    assert row["grown"] is None, "there is no size of a day ago"
    assert row["unwritten"] is None, "nobody counts what could not be written"


def test_what_is_not_fine_names_the_slow_and_the_waiting(drawer: Drawer, history: History) -> None:
    at, window = int(NOW) // 15 * 15, read_window("now-1h", "now", NOW)
    told = [str(row["what"]) for row in records(drawer, "database.concerns", window)]
    waiting = {job: gauge(history, POOL, has(job=job, state="waiting"))(at, 0) for job in JOBS}
    words = {job: "1 query waits" if n == 1 else f"{n:,.0f} queries wait" for job, n in waiting.items() if n}
    assert {f"{job}: {one} for a connection" for job, one in words.items()} <= set(told)
    assert not [one for one in told for job, n in waiting.items() if not n and one.startswith(f"{job}: 0")]
    slow = queries(history, 0.95, has(job="workers"))(at, 300)
    assert slow is not None
    assert [one for one in told if one.startswith("workers: p95 of queries") and "(limit 200 ms)" in one]
    assert not [one for one in told if one.startswith("api: p95")]


def test_every_number_of_every_pool(drawer: Drawer, history: History) -> None:
    at = int(NOW) // 15 * 15
    shown = records(drawer, "database.pools", read_window("now-1h", "now", NOW))
    assert [row["service"] for row in shown] == list(JOBS)
    for row in shown:
        job = str(row["service"])
        for state in ("active", "idle", "waiting"):
            assert row[state] == gauge(history, POOL, has(job=job, state=state))(at, 0)
        assert row["size"] == gauge(history, "tamma_db_pool_size", has(job=job))(at, 0)


def test_every_number_of_every_kind_of_query(drawer: Drawer, history: History) -> None:
    at = int(NOW) // 15 * 15
    shown = records(drawer, "database.operations", read_window("now-1h", "now", NOW))
    assert {row["operation"] for row in shown} == {"select", "insert", "update", ""}
    assert [row["p95"] for row in shown] == sorted((row["p95"] for row in shown), key=lambda p95: -float(p95 or 0))
    for row in shown:
        keep = has(operation=str(row["operation"]))
        assert row["queries"] == pytest.approx(rise(history, f"{QUERIES}_count", keep)(at, 300), rel=1e-6)
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            assert row[name] == pytest.approx(queries(history, share, keep)(at, 300), rel=1e-6)


def test_without_statistics_of_statements_the_card_says_what_to_do(drawer: Drawer) -> None:
    window = read_window("now-1h", "now", NOW)
    assert records_of_nothing(drawer, "database.statements", window) == []
    drawn = drawer.draw(WIDGETS["database.statements"], window)
    assert drawn.state is State.LIVE
    assert NOT_COLLECTED.encode() in drawn.payload
    assert WIDGETS["database.statements"].role is Role.OPERATOR, "texts of statements are not for everybody"


def records_of_nothing(drawer: Drawer, key: str, window: Window) -> list[Any]:
    return list(drawer.table(WIDGETS[key], window).rows)


def test_statements_by_the_time_they_took(
    prometheus_with: PrometheusWith, connections: ConnectionPool[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An hour of 240 scrapes: 5 ms ten times each, 1 s once in all, and one that never ran."""
    found = Samples().add("up", SERVER, [(at, 1) for at in MOMENTS])
    rises = {"1": (10, 0.05), "2": (1 / 240, 1 / 240), "3": (0, 0)}
    for number, (calls, seconds) in rises.items():
        labels = SERVER | {"queryid": number, "datname": "tamma", "user": "app"}
        for name, each in (("calls", calls), ("seconds", seconds)):
            points = [(at, 50 + place * each) for place, at in enumerate(MOMENTS)]
            found.add(f"pg_stat_statements_{name}_total", labels, points, "counter")
    text = SERVER | {"queryid": "1", "query": "select <b>$1"}
    found.add("pg_stat_statements_query_id", text, [(at, 1) for at in MOMENTS])
    drawer = drawer_at(
        NOW,
        prometheus=prometheus_with(found).url,
        pool=connections,
        folder=tmp_path_factory.mktemp("statements"),
    )
    rows = records(drawer, "database.statements", read_window("now-1h", "now", NOW))
    assert [row["statement"] for row in rows] == ["select <b>$1", "statement 2"]
    assert rows[0]["mean"] == pytest.approx(0.005, rel=1e-6)
    assert rows[0]["runs"] == pytest.approx(2_400, rel=0.01)
    assert rows[0]["time"] == pytest.approx(12, rel=0.01)
    assert rows[1]["mean"] == pytest.approx(1, rel=1e-6)


HEALTHY = {"up": 1.0, "connections": 40.0, "allowed": 100.0, "reserved": 3.0, "p95": 0.02, "hits": 0.99, "reads": 500.0}


def given(**changed: float | None) -> Given:
    """A healthy database but for these answers."""
    window = Window(END - 3_600, END, 15, live=True, asked=("now-1h", "now"))
    values = HEALTHY | changed
    answers: dict[str, Any] = {}
    for name in WIDGETS["database.status"].questions:
        value, labels = values.get(name), {"job": "api"} if name in ("slow", "waiting") else {}
        answers[name] = Vector(() if value is None else (Sample(labels, value),), NOW)
    return Given(answers, window, NOW)


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({}, Status.HEALTHY, "PostgreSQL answers, with connections to spare"),
        ({"up": 0.0}, Status.UNHEALTHY, "PostgreSQL does not answer its exporter"),
        ({"up": None}, Status.UNKNOWN, "no exporter tells of PostgreSQL: there is no pg_up"),
        ({"connections": 90.0}, Status.HEALTHY, "PostgreSQL answers, with connections to spare"),
        ({"connections": 91.0}, Status.DEGRADED, "91 of 100 connections taken"),
        ({"connections": 97.0}, Status.UNHEALTHY, "97 of 100 connections taken, none left for services"),
        ({"waiting": 4.0}, Status.DEGRADED, "api: 4 queries wait for a connection"),
        ({"slow": 0.312}, Status.DEGRADED, "api: p95 of queries 312 ms (limit 200 ms)"),
        ({"deadlocks": 2.1}, Status.DEGRADED, "2 deadlocks within 5 minutes"),
        ({"transaction": 601.0}, Status.DEGRADED, "a transaction has been open for 10 min 1 s"),
        ({"hits": 0.8999}, Status.DEGRADED, "89.9 % of pages found in the cache (limit 90%)"),
        ({"hits": 0.5, "reads": 99.0}, Status.HEALTHY, "PostgreSQL answers, with connections to spare"),
        ({"unwritten": 0.6}, Status.UNHEALTHY, "1 event could not be written within 5 minutes"),
        ({"up": None, "waiting": 4.0}, Status.DEGRADED, "api: 4 queries wait for a connection"),
    ],
)
def test_the_status_and_its_reason(changed: dict[str, float | None], status: Status, words: str) -> None:
    badge = WIDGETS["database.status"].draw(given(**changed))
    assert isinstance(badge, Badge)
    assert (badge.status, badge.reason) == (status, words)


def test_the_worst_stands_first_and_nothing_is_left_out() -> None:
    found = concerns(given(waiting=4.0, up=0.0, slow=0.5, connections=92.0))
    assert [one.status for one in found] == [Status.UNHEALTHY] + [Status.DEGRADED] * 3
    blind = WIDGETS["database.concerns"].draw(given(up=None))
    assert isinstance(blind, Grid)
    assert blind.remark == "Nothing stands out. What only the exporter knows is not known."


@pytest.mark.parametrize("key", sorted(key for key in COMPARED if WIDGETS[key].chart))
def test_prometheus_understands_the_recorded_twins(key: str, drawer: Drawer, prometheus_with: PrometheusWith) -> None:
    server = prometheus_with(Samples().add("up", {"job": "api"}, [(END, 1)]))
    window = Window(END - 7_200, END, 1_800, live=False, asked=("", ""))
    for question in WIDGETS[key].questions.values():
        if isinstance(question, Over | Past) and question.recorded:
            answer: Matrix = Prometheus(server.url).over_range(expand(question.recorded, window, rate_s=1_800), window)
            assert answer.empty
