"""Every number and curve of the registry against its own arithmetic on the raw samples and rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

import orjson
import pytest

from app.access import Role
from app.drawing import Drawer
from app.drawn import State
from app.refresh import Refresher
from app.sources.windows import Window, read_window
from app.widgets.registry import WIDGETS
from tests.widgets import past
from tests.widgets.arithmetic import LOOKBACK_S, History, Labels, answered, latest, quantile, rate, total, within
from tests.widgets.past import END, NOW

Curves = dict[str, list[float | None]]
SERVICES = ("orchestrator", "workers", "api", "dashboard")
API = "tamma_api_response_duration_seconds"
NOW_RATE_S = 300
WINDOWS = {
    "the last hour": ("now-1h", "now"),
    "the last quarter": ("now-15m", "now"),
    "three hours": ("now-3h", "now"),
    "a past range with both outages": ("2026-09-21T12:20:10Z", "2026-09-21T13:41:00Z"),
    "longer than the history": ("now-24h", "now"),
}


@pytest.fixture(params=WINDOWS.values(), ids=WINDOWS)
def window(request: pytest.FixtureRequest) -> Window:
    return read_window(*request.param, NOW)


def instant_of(window: Window, every_s: int = 15) -> int:
    """When numbers are asked for: at the last quarter minute, or at the end of a past range."""
    now = int(NOW) // every_s * every_s
    return now if window.live else min(window.end, now)


def rate_range(window: Window) -> int:
    """What a rate is taken over: a step, four scrapes at least, five minutes for past ranges."""
    return max(window.step, 60 if window.live else 300)


def records(drawer: Drawer, key: str, window: Window) -> list[dict[str, float | str | None]]:
    table = drawer.table(WIDGETS[key], window)
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def of_job(job: str, **more: str) -> Callable[[Labels], bool]:
    wanted = {"job": job, **more}
    return lambda labels: all(labels.get(name) == value for name, value in wanted.items())


def rates(history: History, name: str, keep: Callable[[Labels], bool], at: float, range_s: float) -> float | None:
    return total(rate(points, at, range_s) for _, points in history.of(name, keep))


def gauges(history: History, name: str, keep: Callable[[Labels], bool], at: float) -> float | None:
    return total(latest(points, at) for _, points in history.of(name, keep))


def percentile(
    history: History, share: float, at: float, range_s: float, keep: Callable[[Labels], bool]
) -> float | None:
    buckets: dict[float, float] = {}
    for labels, points in history.of(f"{API}_bucket", keep):
        if (value := rate(points, at, range_s)) is not None:
            bound = float(labels["le"])
            buckets[bound] = buckets.get(bound, 0.0) + value
    return quantile(share, buckets)


def failed_share(history: History, job: str, at: float, range_s: float) -> float | None:
    every = rates(history, f"{API}_count", of_job(job), at, range_s)
    failed = rates(history, f"{API}_count", of_job(job, status_code="503"), at, range_s)
    return None if not every else (failed or 0.0) / every


def any_service(labels: Labels) -> bool:
    return labels.get("job") in SERVICES


def per_job(window: Window, value: Callable[[str, int], float | None]) -> Curves:
    found = {job: [value(job, at) for at in window.times] for job in SERVICES}
    return {job: values for job, values in found.items() if any(one is not None for one in values)}


def percentiles(history: History, window: Window) -> Curves:
    return {
        name: [percentile(history, share, at, rate_range(window), any_service) for at in window.times]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


CURVES: Mapping[str, Callable[[History, Window], Curves]] = {
    "api.latency": percentiles,
    "api.rate": lambda history, window: per_job(
        window, lambda job, at: rates(history, f"{API}_count", of_job(job), at, rate_range(window))
    ),
    "errors.rate": lambda history, window: per_job(
        window,
        lambda job, at: _times(60, rates(history, "tamma_errors_total", of_job(job), at, rate_range(window))),
    ),
    "errors.share": lambda history, window: per_job(
        window, lambda job, at: failed_share(history, job, at, rate_range(window))
    ),
    "resources.cpu": lambda history, window: per_job(
        window, lambda job, at: rates(history, "process_cpu_seconds_total", of_job(job), at, rate_range(window))
    ),
    "resources.memory": lambda history, window: per_job(
        window, lambda job, at: gauges(history, "process_resident_memory_bytes", of_job(job), at)
    ),
    "resources.disk": lambda history, window: per_job(
        window,
        lambda job, at: gauges(
            history, "tamma_system_resources", of_job(job, resource_type="disk", unit="bytes"), at
        ),
    ),
    "resources.network": lambda history, window: per_job(
        window,
        lambda job, at: gauges(history, "tamma_system_resources", of_job(job, resource_type="network"), at),
    ),
}  # fmt: skip


def near(value: float | None) -> object:
    """A value as floating point may have it; nothing stays nothing."""
    return None if value is None else pytest.approx(value, rel=1e-9)


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


COMPARED = set(CURVES) | {
    *("status.overall", "services.health", "workflows.counts", "workflows.ended", "api.now", "resources.host")
}


@pytest.mark.parametrize("key", sorted(CURVES))
def test_every_point_of_every_curve(key: str, drawer: Drawer, history: History, window: Window) -> None:
    expected = CURVES[key](history, window)
    shown = records(drawer, key, window)
    assert [row["time"] for row in shown] == [stamp(at) for at in window.times]
    assert set(shown[0]) - {"time"} == set(expected)
    for name, values in expected.items():
        drawn = [row[name] for row in shown]
        assert [one is None for one in drawn] == [one is None for one in values], f"{key}: gaps of {name}"
        assert drawn == [near(one) for one in values], f"{key}: {name}"


@pytest.mark.parametrize("key", sorted({*CURVES, "workflows.ended"}))
def test_the_picture_shows_the_numbers_of_its_table(
    key: str, refresher: Refresher, drawer: Drawer, window: Window
) -> None:
    shown = records(drawer, key, window)
    drawn = refresher.tick([key], window, Role.READONLY, deadline_s=30)[key]
    assert drawn.state is State.LIVE
    figure = orjson.loads(drawn.payload)
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert set(traces) == set(shown[0]) - {"time"}
    suffix = figure["layout"]["yaxis"]["ticksuffix"]
    for name, trace in traces.items():
        assert [trace["x0"] / 1_000, trace["dx"] / 1_000] == [window.start, window.step]
        values = [row[name] for row in shown]
        assert trace["y"] == [
            None if one is None else pytest.approx(one * SCALES[suffix], rel=1e-4) for one in values
        ], name


SCALES = {
    **{" ms": 1_000.0, " s": 1.0, "%": 100.0, "/s": 1.0, "/min": 1.0, " cores": 1.0, "": 1.0},
    **{f" {name}{per}": 1024.0**-power for power, name in enumerate(("B", "KiB", "MiB", "GiB")) for per in ("", "/s")},
}


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_area_under_the_rate_is_the_number_of_requests(drawer: Drawer, history: History) -> None:
    """Without any formula of Prometheus's: what the counters rose by in the quiet hours, resets or not."""
    window = read_window("now-3h", "now", NOW)
    rows = records(drawer, "api.rate", window)[2:]
    for job in ("orchestrator", "api"):
        risen = 0.0
        for _, points in history.of(f"{API}_count", of_job(job)):
            risen += sum(new - old if new >= old else new for (_, old), (_, new) in itertools.pairwise(points))
        assert sum((row[job] or 0.0) * window.step for row in rows) == pytest.approx(risen, rel=0.05)


def test_percentiles_from_known_buckets(history: History, drawer: Drawer, window: Window) -> None:
    (row,) = records(drawer, "api.now", window)
    at = instant_of(window)
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        assert row[name] == pytest.approx(percentile(history, share, at, NOW_RATE_S, any_service), rel=1e-9)
    assert row["requests"] == pytest.approx(rates(history, f"{API}_count", any_service, at, NOW_RATE_S), rel=1e-9)


def test_the_hosts_numbers(history: History, drawer: Drawer, window: Window) -> None:
    (row,) = records(drawer, "resources.host", window)
    at = instant_of(window)
    idle = [rate(points, at, NOW_RATE_S) for _, points in history.of("node_cpu_seconds_total", _idle)]
    assert row["cpu"] == pytest.approx(1 - math.fsum(one or 0.0 for one in idle) / len(idle), rel=1e-9)
    available = gauges(history, "node_memory_MemAvailable_bytes", lambda _: True, at)
    assert row["memory"] == pytest.approx(1 - (available or 0.0) / (8_000 * past.MIB), rel=1e-9)
    free = gauges(history, "node_filesystem_avail_bytes", lambda labels: labels["mountpoint"] == "/", at)
    assert row["disk"] == pytest.approx(1 - (free or 0.0) / (1_000 * past.MIB), rel=1e-9)
    ways = [
        rates(history, f"node_network_{way}_bytes_total", lambda labels: labels["device"] in ("eth0", "eth1"), at, 300)
        for way in ("receive", "transmit")
    ]
    assert row["network"] == pytest.approx(total(ways), rel=1e-9)


def _idle(labels: Labels) -> bool:
    return labels["mode"] == "idle"


def test_counts_of_runs(drawer: Drawer, window: Window) -> None:
    (row,) = records(drawer, "workflows.counts", window)
    assert row == {
        "running": sum(status == "running" for _, _, status in past.runs()),
        "completed": _ended("success", window.start, until(window)),
        "failed": _ended("failed", window.start, until(window)),
    }


def test_runs_ended_in_each_step(drawer: Drawer, window: Window) -> None:
    """The step before each point; what has ended since the last whole step belongs to none."""
    first, *others = records(drawer, "workflows.ended", window)
    assert first == {"time": stamp(window.start), "completed": None, "failed": None}
    assert others == [
        {
            "time": stamp(at),
            "completed": _ended("success", at - window.step, at),
            "failed": _ended("failed", at - window.step, at),
        }
        for at in window.times[1:]
    ]


def test_the_bars_add_up_to_the_counts(drawer: Drawer, window: Window) -> None:
    (counts,) = records(drawer, "workflows.counts", window)
    bars = records(drawer, "workflows.ended", window)
    for name, status in (("completed", "success"), ("failed", "failed")):
        since = _ended(status, window.end, until(window))
        assert sum(row[name] or 0 for row in bars) + since == counts[name]


def until(window: Window) -> float:
    return NOW if window.live else window.end


def _ended(status: str, after: float, end: float) -> int:
    """Runs of a status that ended after one moment and not after another."""
    ends = [_micro(ended) for _, ended, found in past.runs() if found == status and ended is not None]
    return sum(after < ended <= end for ended in ends)


def _micro(moment: float) -> float:
    """As PostgreSQL keeps it."""
    return round(moment * 1e6) / 1e6


@cache
def instances_of(job: str, history: History) -> Sequence[Sequence[tuple[float, float]]]:
    return [points for _, points in history.of("up", of_job(job))]


def test_instances_up(history: History, drawer: Drawer, window: Window) -> None:
    at = instant_of(window)
    for row in records(drawer, "services.health", window):
        values = [latest(points, at) for points in instances_of(str(row["service"]), history)]
        known = [value for value in values if value is not None]
        assert (row["instances up"], row["instances"]) == (sum(known), len(known))


def share_of_slots(job: str, history: History, *, end: int, seconds: int, step: int) -> float | None:
    """Up / (up + down) of a window, slot by slot; what was before the history is neither.

    A slot is up for the share of its quarter minutes in which some instance is seen to have answered, as an instant
    sees it: what the last scrape of five minutes found. These samples have no marker that ends a series sooner. A slot
    in which nothing of the service was scraped is down: everything else was.
    """
    shares = []
    for slot in range(max(end - seconds, past.FIRST), end, step):
        own = instances_of(job, history)
        scraped = any(within(one, slot, slot + step) for one in own)
        quarters = [[latest(one, at) for one in own] for at in range(slot + 15, slot + step + 1, 15)]
        seen = [1.0 in quarter for quarter in quarters if any(value is not None for value in quarter)]
        shares.append(sum(seen) / len(seen) if scraped and seen else 0.0)
    return math.fsum(shares) / len(shares) if shares else None


@pytest.mark.parametrize("span", [("1h", 3_600), ("24h", 86_400), ("7d", 604_800), ("30d", 2_592_000)])
def test_availability_with_outages_and_gaps(
    history: History, drawer: Drawer, window: Window, span: tuple[str, int]
) -> None:
    """By the rule, slot by slot; and near the share of time in which one instance at least answered a scrape."""
    name, seconds = span
    step = 60 if seconds <= 86_400 else 300
    at = instant_of(window, step) // step * step
    known = min(seconds, at - past.FIRST)
    for row in records(drawer, "services.health", window):
        job = str(row["service"])
        expected = share_of_slots(job, history, end=at, seconds=seconds, step=step)
        assert row[f"availability {name}"] == pytest.approx(expected, abs=1e-9), job
        by_scrape = answered(instances_of(job, history), at - known, at, scrape_s=15)
        # A slot that has a scrape is judged by its scrapes: an edge of a gap may be off by a slot.
        edges = 2 * sum(len(past.DOWN.get(one, ())) for one in past.INSTANCES[job]) * 15
        edges += sum(len(past.GONE.get(one, ())) for one in past.INSTANCES[job]) * max(2 * step, LOOKBACK_S)
        assert row[f"availability {name}"] == pytest.approx(by_scrape, abs=(edges + 30) / known), job


def test_availability_by_hand(drawer: Drawer) -> None:
    """The hour before END: minutes in which some instance answered, counted on paper."""
    window = read_window(stamp(END - 3_600), stamp(END), NOW)
    shown = {str(row["service"]): row["availability 1h"] for row in records(drawer, "services.health", window)}
    scrape = 15 / 3_600
    assert shown["workers"] == 1.0, "one instance away of three is no downtime"
    assert shown["orchestrator"] == pytest.approx(1 - 45 / 3_600, abs=scrape)
    # A minute that has a scrape is judged by its scrapes: the edges of a gap show to the minute.
    minute = 60 / 3_600
    assert shown["api"] == 1.0, "while one was down the other, gone, was seen as it was last scraped for five minutes"
    assert shown["dashboard"] == pytest.approx(1 - 75 / 3_600, abs=minute), "gone while others were scraped is down"


def test_uptime_counts_from_the_last_start(drawer: Drawer) -> None:
    window = read_window("now-1h", "now", NOW)
    shown = {str(row["service"]): row["uptime"] for row in records(drawer, "services.health", window)}
    assert shown == {
        "orchestrator": pytest.approx(650 + 11, abs=0.001),
        "workers": pytest.approx(860 + 11, abs=0.001),  # as worker and as workers: the later of both
        "api": pytest.approx(1_490.5 + 11, abs=0.001),
        "dashboard": None,
    }


def test_uptime_at_the_end_of_a_past_range(drawer: Drawer) -> None:
    window = read_window(stamp(END - 3_600), stamp(END - 1_000), NOW)
    shown = {str(row["service"]): row["uptime"] for row in records(drawer, "services.health", window)}
    assert shown["orchestrator"] == pytest.approx(window.end - (END - 4_790), abs=0.001)
    assert shown["workers"] == pytest.approx(window.end - (END - 50_000), abs=0.001)


def test_a_service_that_is_down_has_no_uptime(drawer: Drawer) -> None:
    window = read_window(stamp(END - 6_000), stamp(END - 5_000), NOW)
    shown = {str(row["service"]): row for row in records(drawer, "services.health", window)}
    assert shown["orchestrator"]["instances up"] == 0
    assert shown["orchestrator"]["uptime"] is None
    assert shown["orchestrator"]["status"] == "unhealthy"


def test_statuses_follow_from_the_numbers(history: History, drawer: Drawer, window: Window) -> None:
    at = instant_of(window)
    expected = {}
    for job in SERVICES:
        known = [value for points in instances_of(job, history) if (value := latest(points, at)) is not None]
        p95 = percentile(history, 0.95, at, NOW_RATE_S, of_job(job))
        slow, failing = (p95 or 0) > 2, (failed_share(history, job, at, NOW_RATE_S) or 0) > 0.05
        if not any(known):
            expected[job] = "unhealthy"
        else:
            expected[job] = "degraded" if not all(known) or slow or failing else "healthy"
    assert {row["service"]: row["status"] for row in records(drawer, "services.health", window)} == expected
    unhealthy = list(expected.values()).count("unhealthy")
    overall = (
        "unhealthy"
        if unhealthy >= 2
        else "degraded"
        if {"degraded", "unhealthy"} & set(expected.values())
        else "healthy"
    )
    (row,) = records(drawer, "status.overall", window)
    assert row["status"] == overall


def test_the_overall_card_tells_uptime_and_active_workflows(history: History, refresher: Refresher) -> None:
    window = read_window("now-1h", "now", NOW)
    drawn = refresher.tick(["status.overall"], window, Role.READONLY, deadline_s=30)["status.overall"]
    text = texts(orjson.loads(drawn.payload))
    active = gauges(history, "tamma_workflows_active_total", lambda _: True, instant_of(window))
    assert drawn.state is State.LIVE
    assert "11m 1s" in text  # 661 seconds since the last start of all
    assert f"{active:.0f}" in text
    share = failed_share(history, "orchestrator", instant_of(window), NOW_RATE_S)
    assert share is not None
    assert f"orchestrator: {100 * share:.1f}% of requests fail (limit 5%)" in text


def test_the_cards_say_the_numbers_in_words(refresher: Refresher, drawer: Drawer) -> None:
    window = read_window("now-1h", "now", NOW)
    drawn = refresher.tick(["workflows.counts", "services.health"], window, Role.READONLY, deadline_s=30)
    (row,) = records(drawer, "workflows.counts", window)
    shown = texts(orjson.loads(drawn["workflows.counts"].payload))
    share = 100 * row["completed"] / (row["completed"] + row["failed"])
    assert {f"{row['running']:,}", f"{row['completed']:,}", f"{row['failed']:,}", f"{share:.1f}"} <= set(shown)
    services = texts(orjson.loads(drawn["services.health"].payload))
    assert {"1 of 2", "3 of 3", "1 of 1", "100.00 %", "unknown"} <= set(services)


def texts(component: object) -> list[str]:
    """Every text in a rendered component."""
    if isinstance(component, str):
        return [component]
    if isinstance(component, list):
        return [text for one in component for text in texts(one)]
    if isinstance(component, dict):
        return texts(component.get("props", {}).get("children"))
    return []
