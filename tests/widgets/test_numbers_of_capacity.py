"""Every number of the page on capacity against its own arithmetic on four weeks of samples."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from psycopg_pool import ConnectionPool

from app.config import Config
from app.drawing import Drawer
from app.drawn import State
from app.figures.units import Unit
from app.health.capacity import Exhaustion, Outlook, Verdict
from app.health.status import Status
from app.sources.database import open_pool
from app.sources.prometheus import Prometheus
from app.sources.questions import At, Past, expand
from app.sources.windows import Window, read_window
from app.widgets.capacity import WIDGETS as CARDS
from app.widgets.capacity import foretell
from app.widgets.capacity_standing import Standing, amount, growth_text
from app.widgets.capacity_subjects import CONNECTIONS, DATABASE_SIZE, QUEUE, SUBJECTS, WORKFLOWS, Subject
from app.widgets.registry import WIDGETS
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.samples import Point, Samples
from tests.widgets.drawers import Record, drawer_at, records
from tests.widgets.test_numbers_are_true import texts

COMPARED = {card.key for card in CARDS}
NOW = datetime(2026, 11, 9, 13, 20, 11, tzinfo=UTC).timestamp()
END = datetime(2026, 11, 9, 12, tzinfo=UTC).timestamp()
HOUR, DAY, DAYS = 3_600, 86_400, 28
FIRST = END - DAYS * DAY
MIB, GIB = 1024**2, 1024**3
SCRAPE_S = 240
# Bytes or units at the beginning, a day's growth, and how far the rhythm of a day reaches.
GROWING = {
    "workersmemory": (300 * MIB, 20 * MIB, 30 * MIB),
    "apimemory": (400 * MIB, 0.0, 30 * MIB),
    "databasesize": (1 * GIB, 300 * MIB, 0.0),
    "connections": (40.0, 0.3, 8.0),
    "queue": (3.0, 0.0, 2.0),
    "orchestratordisk": (5 * GIB, 43 * MIB, 0.0),
    "hostdisk": (0.5, 0.01, 0.0),
}
LIMITS = {
    "workersmemory": GIB,
    "apimemory": GIB,
    "orchestratordisk": 10 * GIB,
    "databasesize": 10 * GIB,
    "connections": 200.0,
    "queue": 100.0,
}


def moments() -> range:
    return range(int(FIRST) - HOUR + 7, int(NOW), SCRAPE_S)


def value(name: str, at: float) -> float:
    start, growth, rhythm = GROWING[name]
    return start + growth * (at - FIRST) / DAY + rhythm * math.sin(2 * math.pi * (at % DAY) / DAY)


def weeks() -> Samples:
    """Resources of all kinds; a second instance that needs less, an emptier host, services that say nothing."""
    found, every = Samples(), moments()

    def add(metric: str, labels: dict[str, str], name: str, *, part: float = 1.0) -> None:
        found.add(metric, labels, [(at, value(name, at) * part) for at in every])

    found.add("up", {"job": "api", "instance": "api-0"}, [(at, 1) for at in every])
    for name, job in (("workersmemory", "workers"), ("apimemory", "api")):
        for instance, part in (("0", 1.0), ("1", 0.6)):
            add("process_resident_memory_bytes", {"job": job, "instance": f"{job}-{instance}"}, name, part=part)
    disk = {"job": "orchestrator", "instance": "orchestrator-0", "resource_type": "disk", "unit": "bytes"}
    add("tamma_system_resources", disk, "orchestratordisk")
    add("pg_database_size_bytes", {"datname": "tamma"}, "databasesize", part=0.75)
    add("pg_database_size_bytes", {"datname": "postgres"}, "databasesize", part=0.25)
    add("pg_stat_activity_count", {"datname": "tamma", "state": "idle"}, "connections", part=0.9)
    add("pg_stat_activity_count", {"datname": "tamma", "state": "active"}, "connections", part=0.1)
    found.add("pg_settings_max_connections", {}, [(at, 200) for at in every])
    add("tamma_queue_depth", {"priority": "high"}, "queue", part=0.5)
    add("tamma_queue_depth", {"priority": "low"}, "queue", part=0.5)
    for host, part in (("full", 1.0), ("empty", 0.1)):
        labels = {"job": "node", "instance": host, "mountpoint": "/"}
        free: list[Point] = [(at, 1_000 * (1 - value("hostdisk", at) * part)) for at in every]
        found.add("node_filesystem_avail_bytes", labels, free)
        found.add("node_filesystem_size_bytes", labels, [(at, 1_000) for at in every])
    return found


@pytest.fixture(scope="module")
def drawer(
    prometheus_with: PrometheusWith, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drawer]:
    url = postgres_server.create()
    with open_pool(url) as pool:
        connections: ConnectionPool[Any] = pool
        server = prometheus_with(weeks())
        yield drawer_at(NOW, prometheus=server.url, pool=connections, folder=tmp_path_factory.mktemp("capacity"))
    postgres_server.drop(url)


def page_range(zone: str = "UTC") -> Window:
    return read_window("now-1h", "now", NOW, zone=zone)


def hourly(name: str) -> dict[int, float]:
    """The mean of each hour by its end: of its scrapes, or of a host's last scrape at every fifth minute."""
    found = {}
    for end in range(int(FIRST), int(END) + 1, HOUR):
        seen = list(range(_scrape(end - HOUR) + SCRAPE_S, end + 1, SCRAPE_S))
        if name == "hostdisk":
            seen = [_scrape(look) for look in range(end - HOUR + 300, end + 1, 300)]
        found[end] = statistics.fmean(value(name, at) for at in seen)
    return found


def _scrape(at: float) -> int:
    """The last scrape before a moment."""
    first = moments()[0]
    return first + int((at - first) // SCRAPE_S) * SCRAPE_S


def highs(name: str) -> list[tuple[float, float]]:
    """The 95 % quantile of each whole 24 hours back from the end, at their middle in days before it."""
    values = list(hourly(name).values())
    found = []
    for day in range(DAYS):
        until = len(values) - 24 * day
        part = sorted(values[until - 24 : until])
        spot = 0.95 * 23
        low = math.floor(spot)
        found.append((-day - 0.5, part[low] + (part[low + 1] - part[low]) * (spot - low)))
    return found[::-1]


def slope(name: str) -> float:
    """The median of the slopes of all pairs of days, units a day."""
    return statistics.median((b - y) / (a - x) for (x, y), (a, b) in itertools.combinations(highs(name), 2))


def ranked(drawer: Drawer) -> dict[str, Record]:
    """The rows of the ranking once all that it needs is there."""
    for name in GROWING:
        records(drawer, f"capacity.{name}", page_range())
    found: dict[str, Record] = {}

    def there() -> bool:
        found.update({str(row["resource"]): row for row in records(drawer, "capacity.ranking", page_range())})
        return all(row["growth a day"] is not None for row in found.values())

    wait_until(there, what="all trends")
    return found


def row_of(rows: dict[str, Record], name: str) -> Record:
    return rows[next(one.words for one in SUBJECTS if one.name == name)]


@pytest.mark.parametrize("name", sorted(GROWING))
def test_every_hour_and_every_day_to_come(name: str, drawer: Drawer) -> None:
    rows = records(drawer, f"capacity.{name}", page_range())
    past = [row for row in rows if row["used"] is not None]
    means = hourly(name)
    assert [row["time"] for row in past] == [stamp(at) for at in means]
    for row, wanted in zip(past, means.values(), strict=True):
        # Some versions of Prometheus count both ends of a subquery's range.
        assert row["used"] == pytest.approx(wanted, rel=1e-4 if name == "hostdisk" else 1e-6), row["time"]
    ahead = [row for row in rows if row["used"] is None]
    assert 30 <= len(ahead) <= 90
    steps = [float(b["trend"] or 0) - float(a["trend"] or 0) for a, b in itertools.pairwise(ahead)]
    assert statistics.fmean(steps) == pytest.approx(slope(name), rel=0.02, abs=value(name, END) * 1e-6)
    assert all(
        float(row["likely from"] or 0) <= float(row["trend"] or 0) <= float(row["likely to"] or 0) for row in ahead
    )


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_number_of_the_ranking(drawer: Drawer) -> None:
    rows = ranked(drawer)
    assert set(rows) == {one.words for one in SUBJECTS if one.name in GROWING}
    instant = NOW // 60 * 60
    last = max(at for at in moments() if at <= instant)
    for name in GROWING:
        row = row_of(rows, name)
        assert row["now"] == pytest.approx(value(name, last), rel=1e-9)
        assert row["limit"] == {**LIMITS, "hostdisk": 1.0}.get(name)
        assert row["growth a day"] == pytest.approx(slope(name), rel=1e-6, abs=value(name, last) * 1e-9)
        assert float(row["growth from"] or 0) <= float(row["growth a day"] or 0) <= float(row["growth to"] or 0)


@pytest.mark.parametrize("name", ["workersmemory", "databasesize", "hostdisk"])
def test_the_date_is_where_the_highs_meet_the_limit(name: str, drawer: Drawer) -> None:
    """A straight line from the last day's high on; the interval holds the true date."""
    row = row_of(ranked(drawer), name)
    day, high = highs(name)[-1]
    limit = float(row["limit"] or 0)
    wanted = END + (day + (limit - high) / slope(name)) * DAY
    expected = moment(row["full expected"])
    assert expected == pytest.approx(wanted, abs=DAY / 4)
    assert moment(row["full at the earliest"]) <= expected <= moment(row["full at the latest"])
    date = datetime.fromtimestamp(expected, UTC)
    assert f"full around {date.day} {date:%B}" in str(row["verdict"])


def moment(text: object) -> float:
    return datetime.fromisoformat(str(text)).timestamp()


def test_what_does_not_grow_is_said_not_to(drawer: Drawer) -> None:
    rows = ranked(drawer)
    for name in ("apimemory", "queue"):
        assert row_of(rows, name)["verdict"] == "not growing"
        assert row_of(rows, name)["full expected"] is None


def test_the_verdict_counts_what_is_pressing(drawer: Drawer) -> None:
    """The workers' memory is full within a week, the database's disk within a month; the host's disk is later."""
    ranked(drawer)
    drawn = drawer.draw(WIDGETS["capacity.verdict"], page_range())
    assert drawn.state is State.LIVE
    (first, *_) = records(drawer, "capacity.verdict", page_range())
    assert str(first["resource"]).encode() in drawn.payload
    assert f"{len(SUBJECTS) - len(GROWING)}".encode() in drawn.payload
    assert moment(first["full expected"]) < NOW + 7 * DAY
    assert b"status-unhealthy" in drawn.payload
    pressing = facts(drawn.payload)["Need attention"]
    rows = ranked(drawer).values()
    soon = [row for row in rows if row["full expected"] and moment(row["full expected"]) < NOW + 30 * DAY]
    assert pressing == [str(len(soon)), "", f"of {len(GROWING)} measured"]


def facts(payload: bytes) -> dict[str, list[str]]:
    """The texts of each number of a badge by its label."""
    numbers = orjson.loads(payload)["props"]["children"][2]["props"]["children"]
    return {label: rest for label, *rest in (texts(one) for one in numbers)}


def test_days_are_those_of_the_zone(drawer: Drawer) -> None:
    """Near midnight in UTC it is already the next day in Tokyo."""
    ranked(drawer)
    for row in records(drawer, "capacity.ranking", page_range("Asia/Tokyo")):
        if row["full expected"] is not None and "full around" in str(row["verdict"]):
            date = datetime.fromtimestamp(moment(row["full expected"]), UTC) + timedelta(hours=9)
            assert f"full around {date.day} {date:%B}" in str(row["verdict"])


def stands(
    subject: Subject, *, used: float | None, limit: float | None, full_in: float | None = None, enough: bool = True
) -> Standing:
    found = None if full_in is None else Exhaustion(NOW, NOW + full_in * DAY, None)
    verdict = Verdict.FULL if found else Verdict.NOT_GROWING if enough else Verdict.NOT_ENOUGH_HISTORY
    return Standing(subject, used, limit, Outlook(verdict, verdict.value, exhaustion=found), NOW)


@pytest.mark.parametrize(
    ("one", "status", "words"),
    [
        (stands(QUEUE, used=50, limit=100), Status.HEALTHY, "not growing"),
        (stands(QUEUE, used=90, limit=100), Status.HEALTHY, "not growing"),
        (stands(QUEUE, used=91, limit=100), Status.DEGRADED, "nearly full now; not growing"),
        (stands(QUEUE, used=100, limit=100), Status.UNHEALTHY, "at its limit now; not growing"),
        (stands(WORKFLOWS, used=10, limit=10), Status.HEALTHY, "at its limit now; not growing"),
        (stands(WORKFLOWS, used=10, limit=10, full_in=7), Status.UNHEALTHY, "at its limit now; full"),
        (stands(QUEUE, used=50, limit=100, full_in=31), Status.HEALTHY, "full"),
        (stands(QUEUE, used=50, limit=100, full_in=30), Status.DEGRADED, "full"),
        (stands(QUEUE, used=50, limit=100, full_in=7), Status.UNHEALTHY, "full"),
        (stands(QUEUE, used=None, limit=100, full_in=7), Status.UNHEALTHY, "full"),
        (stands(QUEUE, used=50, limit=None), Status.UNKNOWN, "not growing"),
        (stands(QUEUE, used=50, limit=100, enough=False), Status.UNKNOWN, "not enough history"),
        (Standing(QUEUE, 50, 100, None, NOW), Status.UNKNOWN, "no history yet"),
        (Standing(QUEUE, 95, 100, None, NOW), Status.DEGRADED, "nearly full now; no history yet"),
    ],
)
def test_how_a_resource_stands(one: Standing, status: Status, words: str) -> None:
    assert (one.status, one.words) == (status, words)


def test_the_most_pressing_stands_first() -> None:
    calm = stands(QUEUE, used=89, limit=100)
    unknown = stands(QUEUE, used=1, limit=None)
    late, soon = (stands(QUEUE, used=1, limit=100, full_in=days) for days in (200, 20))
    full = stands(QUEUE, used=100, limit=100)
    assert sorted([unknown, calm, late, soon, full], key=lambda one: one.rank) == [full, soon, late, calm, unknown]


def test_a_chart_looks_as_far_ahead_as_the_date_needs() -> None:
    def ahead(days: float | None) -> float:
        one = stands(DATABASE_SIZE, used=1, limit=2, full_in=days)
        return (foretell(one, int(NOW))[1] - int(NOW)) / DAY

    assert ahead(None) == 30
    assert ahead(10) == 30
    assert 60 < ahead(60) <= 70
    assert ahead(200) == 30, "too far to be seen: the words have the date"


def test_amounts_are_said_in_their_unit() -> None:
    assert amount(None, Unit.BYTES) == "–"
    assert amount(0.7149, Unit.SHARE) == "71.4 %"
    assert (amount(7.0, Unit.COUNT), amount(7.25, Unit.COUNT), amount(1_234.6, Unit.COUNT)) == ("7", "7.2", "1,235")
    assert growth_text(Standing(QUEUE, 1, 1, None, NOW)) == "–"


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.name)
def test_prometheus_understands_every_question(
    subject: Subject, drawer: Drawer, prometheus_with: PrometheusWith
) -> None:
    server = Prometheus(prometheus_with(Samples().add("up", {"job": "api"}, [(END, 1)])).url)
    window = Window(int(END) - 7_200, int(END), HOUR, live=False, asked=("", ""))
    for question in subject.questions().values():
        if isinstance(question, At):
            assert server.instant(expand(question.promql, window, rate_s=300), END).empty
        if isinstance(question, Past):
            for promql in filter(None, (question.promql, question.recorded)):
                assert server.over_range(expand(promql, window, rate_s=300), window).empty


def test_limits_come_from_the_configuration_or_the_server() -> None:
    limits = {one.name: one.limit(Config()) for one in SUBJECTS}
    assert limits["orchestratormemory"] == 2 * GIB
    assert limits["workflows"] == 10
    assert limits["connections"] is None
    assert CONNECTIONS.limit_now == "sum(pg_settings_max_connections)"
