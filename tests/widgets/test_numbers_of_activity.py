"""Heat maps against their own arithmetic: hours of the week over four weeks, latency buckets, states of services."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg_pool import ConnectionPool

from app.drawing import Drawer
from app.figures.heatmap import WEEKDAYS
from app.sources.database import open_pool
from app.sources.prometheus import Prometheus
from app.sources.questions import Over, Past, expand
from app.sources.results import Matrix, Rows, Series
from app.sources.windows import Window, read_window
from app.widgets.activity_health import courses
from app.widgets.registry import WIDGETS
from app.widgets.widget import Given
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples
from tests.widgets import past
from tests.widgets.arithmetic import History, Point, latest, quantile, rate, total, within
from tests.widgets.drawers import drawer_at, records
from tests.widgets.test_numbers_are_true import API, any_service, failed_share, of_job, percentile, stamp

COMPARED = {
    *("activity.health", "activity.latency"),
    *("activity.requests", "activity.errors", "activity.started", "activity.ended"),
}
# Four weeks with Berlin's change of clocks of 25 October 2026 among them.
NOW = datetime(2026, 11, 9, 13, 20, 11, tzinfo=UTC).timestamp()
END = datetime(2026, 11, 9, 12, tzinfo=UTC).timestamp()
FIRST = END - 20 * 86_400  # a week of them has no samples
SCRAPE_S, HALF_HOUR = 300, 1_800
LAST_HOUR, OUTAGES = ("now-1h", "now"), ("2026-09-21T12:20:10Z", "2026-09-21T13:41:00Z")
BUSY = {
    "activity.requests": (f"{API}_count", {}, 1.0),
    "activity.errors": ("tamma_errors_total", {"error_type": "timeout"}, 60.0),
    "activity.started": ("tamma_workflows_started_total", {"workflow_type": "base"}, 3_600.0),
    "activity.ended": ("tamma_workflows_completed_total", {"outcome": "success"}, 3_600.0),
}


def weeks() -> Samples:
    """Counters of two services that rise with the hour and begin anew now and then; another job's do not count."""
    samples, chance = Samples(), random.Random(7)
    moments = range(int(FIRST) + 7, int(END) + 3_600, SCRAPE_S)
    samples.add("up", {"job": "api", "instance": "api-0"}, [(at, 1) for at in moments])
    for metric, more, _ in BUSY.values():
        for job in ("orchestrator", "api", "elsewhere"):
            points: list[Point] = []
            reached = 0.0
            for at in moments:
                if 200_000 < at - FIRST < 260_000:
                    continue  # nothing was scraped
                reached = 0.0 if chance.random() < 0.002 else reached + chance.randrange(1 + at // 3_600 % 24)
                points.append((at, reached))
            kind: Any = "histogram" if metric.startswith(API) else "counter"
            if job != "elsewhere" or "workflows" not in metric:
                samples.add(metric, {"job": job, "instance": f"{job}-0", **more}, points, kind)
    return samples


@pytest.fixture(scope="module")
def connections(postgres_server: PostgresServer) -> Iterator[ConnectionPool[Any]]:
    url = postgres_server.create()
    with open_pool(url) as pool:
        yield pool
    postgres_server.drop(url)


@pytest.fixture(scope="module")
def week_samples() -> Samples:
    return weeks()


@pytest.fixture(scope="module")
def week_drawer(
    prometheus_with: PrometheusWith,
    week_samples: Samples,
    connections: ConnectionPool[Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Drawer:
    folder: Path = tmp_path_factory.mktemp("weeks")
    server = prometheus_with(week_samples)
    return drawer_at(NOW, prometheus=server.url, pool=connections, folder=folder)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
@pytest.mark.parametrize("key", sorted(BUSY))
def test_every_hour_of_the_week(key: str, zone: str, week_drawer: Drawer, week_samples: Samples) -> None:
    """Each half hour's rate, worked out from the samples, in the hour that clocks of the zone showed at its middle."""
    metric, _, factor = BUSY[key]
    series = [points for _, points in History(week_samples).of(metric, any_service)]
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for at in range(int(END) - 28 * 86_400, int(END) + 1, HALF_HOUR):
        value = total(rate(points, at, HALF_HOUR) for points in series)
        if value is not None:
            clock = datetime.fromtimestamp(at - HALF_HOUR / 2, ZoneInfo(zone))
            cells[WEEKDAYS[clock.weekday()], f"{clock.hour:02}:00"].append(value * factor)
    shown = records(week_drawer, key, read_window("now-1h", "now", NOW, zone=zone))
    assert len(shown) == 7 * 24
    for row in shown:
        known = cells[str(row["weekday"]), str(row["hour"])]
        assert row["zone"] == zone
        assert row["values"] == (len(known) or None)
        mean = pytest.approx(math.fsum(known) / len(known), rel=1e-9) if known else None
        assert row["mean"] == mean, f"{row['weekday']} {row['hour']}"


def test_a_week_begins_on_monday_at_midnight_of_the_zone(week_drawer: Drawer) -> None:
    shown = records(week_drawer, "activity.requests", read_window("now-1h", "now", NOW, zone="Asia/Kolkata"))
    assert [(row["weekday"], row["hour"]) for row in (shown[0], shown[25], shown[-1])] == [
        ("Mon", "00:00"),
        ("Tue", "01:00"),
        ("Sun", "23:00"),
    ]


@pytest.mark.parametrize("asked", [LAST_HOUR, OUTAGES], ids=["live", "past"])
def test_every_cell_of_the_latencies(asked: tuple[str, str], drawer: Drawer, history: History) -> None:
    """What lies between two bounds is the difference of the rates at them; extrapolation may not make it negative."""
    window = read_window(*asked, past.NOW)
    range_s = max(window.step, 60 if window.live else 300)
    for row in records(drawer, "activity.latency", window):
        at = int(datetime.fromisoformat(str(row["time"])).timestamp())
        below = 0.0
        for low, high in zip((0.0, *past.BOUNDS), past.BOUNDS, strict=False):
            le = "+Inf" if math.isinf(high) else str(high)
            found = total(
                rate(points, at, range_s)
                for labels, points in history.of(f"{API}_bucket", any_service)
                if labels["le"] == le
            )
            name = f"above {low:g} s" if math.isinf(high) else f"{low:g} to {high:g} s"
            expected = None if found is None else pytest.approx(max(0.0, found - below), rel=1e-9, abs=1e-9)
            assert row[name] == expected, f"{row['time']} {name}"
            below = max(below, found or 0.0)


@pytest.mark.parametrize("asked", [LAST_HOUR, OUTAGES], ids=["live", "past"])
def test_every_state_of_every_service(asked: tuple[str, str], drawer: Drawer, history: History) -> None:
    window = read_window(*asked, past.NOW)
    shown = records(drawer, "activity.health", window)
    seen = set()
    for row in shown:
        at = int(datetime.fromisoformat(str(row["time"])).timestamp())
        for job in past.INSTANCES:
            expected = worst_of(history, job, at, window.step)
            assert row[job] == expected, f"{job} at {row['time']}"
            seen.add(expected)
    assert seen >= {"healthy", "degraded", "unhealthy"}
    assert len(shown) == len(window.times)


def worst_of(history: History, job: str, at: int, step: int) -> str:
    """The worst a service was in a step: every quarter minute who answered within the minute before it."""
    ups = [points for _, points in history.of("up", of_job(job))]
    moments = [moment for moment in range(at - step, at + 1) if moment % 15 == 0]
    scrapes = [[one for points in ups if (one := recent(points, moment)) is not None] for moment in moments]
    known = [found for found in scrapes if found]
    if not known:
        return "unknown"
    if any(max(found) < 1 for found in known):
        return "unhealthy"
    of_the_step = [value for points in ups for _, value in within(points, at - step, at)]
    if min(of_the_step or known[-1]) < 1:
        return "degraded"
    whole = [moment for moment in moments if moment % 300 == 0] or [at]
    shares = [failed_share(history, job, moment, 300) or 0.0 for moment in whole]
    slow = [percentile(history, 0.95, moment, 300, of_job(job)) or 0.0 for moment in whole]
    return "degraded" if max(shares) > 0.05 or max(slow) > 2 else "healthy"


def recent(points: Any, at: float) -> float | None:
    """The last scrape, if it is no older than a minute."""
    return latest([point for point in points if at - 60 < point[0] <= at], at)


def given(window: Window, maintenance: tuple[tuple[Any, ...], ...], *, down: tuple[int, ...] = ()) -> Given:
    """Everything up but in the steps that are named, and what was announced."""
    best = tuple(float(at not in down) for at in range(len(window.times)))
    up = Matrix(window.times, tuple(Series({"job": job}, best) for job in past.INSTANCES), past.NOW)
    nothing = Matrix(window.times, (), past.NOW)
    answers: dict[str, Any] = {"best": up, "least": up, "errors": nothing, "p95": nothing}
    rows = Rows(("start", "end", "services", "reason", "state"), maintenance, past.NOW)
    return Given({**answers, "maintenance": rows}, window, past.NOW)


def test_what_was_announced_is_maintenance_of_whom_it_is_about() -> None:
    """From 50 s to 130 s after the start: the steps that end at 60 s, 120 s and 180 s are touched by it."""
    window = Window(60_000, 60_300, 60, live=False, asked=("", ""))
    found = courses(given(window, ((60_050, 60_130, ["worker"], "new disks", "planned"),)))
    assert found["workers"] == ["healthy", "maintenance", "maintenance", "maintenance", "healthy", "healthy"]
    assert set(found["api"]) == {"healthy"}
    everybody = courses(given(window, ((60_000, 60_060, [], "all of it", "planned"),)))
    assert {job: states.index("maintenance") for job, states in everybody.items()} == dict.fromkeys(past.INSTANCES, 1)
    cancelled = courses(given(window, ((60_000, 60_300, [], "all of it", "cancelled"),)))
    assert set(cancelled["api"]) == {"healthy"}


def test_a_short_maintenance_hides_no_outage_of_a_long_step() -> None:
    """Steps of two hours: five minutes in the second, the third in two windows that meet, and half of the fourth."""
    start, step = 72_000, 7_200
    window = Window(start, start + 4 * step, step, live=False, asked=("", ""))
    first, second, third = start, start + step, start + 2 * step
    announced = (
        (first + 600, first + 900, ["api"], "a try", "over"),
        (second, second + 4_000, ["api"], "disks", "over"),
        (second + 3_000, third + 3_600, ["api"], "more disks", "over"),
    )
    found = courses(given(window, announced, down=(1, 2, 3)))
    assert found["api"] == ["healthy", "unhealthy", "maintenance", "unhealthy", "healthy"]
    assert found["workers"] == ["healthy", "unhealthy", "unhealthy", "unhealthy", "healthy"]
    assert courses(given(window, announced))["api"] == ["healthy", *["maintenance"] * 3, "healthy"]


def test_a_bucket_says_what_a_quantile_does(drawer: Drawer) -> None:
    """The cells of a column add up to the requests whose median the overview shows."""
    window = read_window(*LAST_HOUR, past.NOW)
    (cells,) = records(drawer, "activity.latency", window)[-1:]
    (curve,) = records(drawer, "api.latency", window)[-1:]
    cumulative, reached = {}, 0.0
    for bound, value in zip(past.BOUNDS, list(cells.values())[1:], strict=True):
        reached += float(value or 0.0)
        cumulative[float(bound)] = reached
    assert cells["time"] == curve["time"] == stamp(window.end)
    assert quantile(0.5, cumulative) == pytest.approx(curve["p50"], rel=1e-6)


@pytest.mark.parametrize("key", sorted(COMPARED))
def test_prometheus_understands_the_recorded_twins(key: str, prometheus_with: PrometheusWith) -> None:
    """There is nothing recorded here, so the answer is empty; a mistake in the query would be refused."""
    server = prometheus_with(Samples().add("up", {"job": "api"}, [(past.END, 1)]))
    window = Window(past.END - 7_200, past.END, 1_800, live=False, asked=("", ""))
    for question in WIDGETS[key].questions.values():
        if isinstance(question, Over | Past):
            assert question.recorded
            assert Prometheus(server.url).over_range(expand(question.recorded, window, rate_s=1_800), window).empty
