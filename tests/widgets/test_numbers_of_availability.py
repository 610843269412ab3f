"""Availability and service levels, worked out second by second in Python from the samples the test wrote."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.config import Config, ServiceLevel
from app.drawing import Drawer
from app.patience import Patience
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.database import open_pool
from app.sources.events import EventStore
from app.sources.maintenance import Draft, Maintenance
from app.sources.prometheus import Prometheus
from app.sources.windows import Window, read_window
from app.ui.render import render
from app.widgets.content import Chart, Grid, Strip
from app.widgets.registry import find
from app.widgets.widget import Given
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples
from tests.widgets.arithmetic import History, latest, rate, within

COMPARED = {"availability.strip", "slo.levels", "slo.burn"}
END = 1_789_999_200  # a full hour
NOW = END + 11.0
HOUR, DAY = 3_600, 86_400
API = "tamma_api_response_duration_seconds"
SERVICES = ("orchestrator", "workers", "api", "dashboard")
# Every quarter minute of the last thirty hours, and every minute of three days before them.
MOMENTS = (*range(END - 102 * HOUR + 7, END - 30 * HOUR, 60), *range(END - 30 * HOUR + 7, END + 8, 15))
Span = tuple[int, int]
INSTANCES = {
    "orchestrator": ("orchestrator-0",),
    "workers": ("workers-0", "workers-1", "workers-2"),
    "api": ("api-0",),
    "dashboard": ("dashboard-0",),
}
# Seconds before END. Down: its scrapes failed. Gone: it was not scraped, others were. Prometheus away: nothing was.
DOWN: Mapping[str, tuple[Span, ...]] = {
    "api-0": ((50 * HOUR, 50 * HOUR - 1_260), (7_200, 6_480), (200, 140)),
    # Two that restart one after the other, within a minute and across minutes; for half a minute neither answers.
    "workers-0": ((5_400, 5_385), (4_500, 4_455), (3_000, 2_910), (40 * HOUR, 40 * HOUR - 900)),
    "workers-1": ((5_370, 5_355), (4_455, 4_410), (2_940, 2_850), (40 * HOUR + 600, 40 * HOUR - 300)),
    "workers-2": ((200 * DAY, -100),),
}
GONE: Mapping[str, tuple[Span, ...]] = {"workers": ((10 * HOUR, 9 * HOUR),), "orchestrator": ((200 * DAY, 20 * HOUR),)}
NEW_BUCKET = 9 * HOUR + 100  # so long has the api counted requests within a second; the orchestrator never has
VANISHED = 2 * HOUR  # the dashboard is not scraped any more
AWAY: tuple[Span, ...] = ((15 * HOUR, 14 * HOUR - 600),)
LEVELS = (
    ServiceLevel(name="api up", kind="availability", service="api", target=0.999, window="3d"),
    ServiceLevel(name="all up", kind="availability", service="all", target=0.99, window="24h"),
    ServiceLevel(name="quick", kind="latency", service="all", target=0.95, window="3d", threshold_s=0.5),
    ServiceLevel(name="between", kind="latency", service="all", target=0.95, window="24h", threshold_s=0.3),
    ServiceLevel(name="new bucket", kind="latency", service="all", target=0.5, window="24h", threshold_s=1),
    ServiceLevel(name="right", kind="errors", service="api", target=0.99, window="6h"),
    ServiceLevel(name="silent", kind="errors", service="workers", target=0.99, window="24h"),
)


def among(spans: tuple[Span, ...], at: float) -> bool:
    return any(END - begin <= at < END - end for begin, end in spans)


def scraped(service: str) -> list[int]:
    gone = (*GONE.get(service, ()), *AWAY, *(((VANISHED, -100),) if service == "dashboard" else ()))
    return [at for at in MOMENTS if not among(gone, at)]


def past() -> Samples:
    samples = Samples()
    for service, instances in INSTANCES.items():
        for instance in instances:
            points = [(at, float(not among(DOWN.get(instance, ()), at))) for at in scraped(service)]
            samples.add("up", {"job": service, "instance": instance}, points)
    samples.add("up", {"job": "node"}, [(at, 1) for at in MOMENTS if not among(AWAY, at)])
    for service in ("api", "orchestrator"):
        _requests(samples, service)
    return samples


def _requests(samples: Samples, service: str) -> None:
    """Requests with counters that begin anew, and some series without the labels that may be missing."""
    alive = [at for at in scraped(service) if not among(DOWN.get(f"{service}-0", ()), at)]
    ends = (END - 50 * HOUR + 1_260, END - 6_480)
    for status, rise in (("200", 7), ("500", 1)):
        labels = {"job": service, "status_code": status}
        for le, share in (("0.1", 0.5), ("0.5", 0.9), ("1", 0.95), ("2", 0.99), ("+Inf", 1.0)):
            points, reached = [], 0.0
            for before, at in itertools.pairwise((alive[0], *alive)):
                slow = at % (6 * HOUR) < HOUR  # one hour of six is slow
                reached = 0.0 if any(before < end <= at for end in ends) else reached
                reached += rise * (share if not slow else share / 2 if le != "+Inf" else share)
                points.append((at, reached))
            if le == "1":
                points = [point for point in points if service == "api" and END - point[0] <= NEW_BUCKET]
            samples.add(f"{API}_bucket", labels | {"le": le}, points, "histogram")
            if le == "+Inf":
                samples.add(f"{API}_count", labels, points, "histogram")


@pytest.fixture(scope="module")
def samples() -> Samples:
    return past()


@pytest.fixture(scope="module")
def history(samples: Samples) -> History:
    return History(samples)


@pytest.fixture(scope="module")
def prometheus(prometheus_with: PrometheusWith, samples: Samples) -> Iterator[PrometheusServer]:
    server = prometheus_with(samples)
    yield server
    server.stop()


class Ground:
    """A drawer at NOW, and the maintenance that it knows of."""

    def __init__(self, url: str, pool: Any, cache: SharedCache) -> None:
        self.maintenance, self.cache = Maintenance(pool), cache
        self.pauses: list[tuple[float, float, tuple[str, ...]]] = []
        answers = Answers(
            prometheus=Prometheus(url),
            events=EventStore(pool, "public"),
            cache=cache,
            maintenance=self.maintenance,
            clock=lambda: NOW,
        )
        self.answers = answers
        self.drawer = Drawer(
            answers=answers,
            cache=cache,
            render=render,
            patience=Patience(8),
            clock=lambda: NOW,
            config=Config(service_levels=LEVELS),
        )

    def pause(self, start: float, end: float, *services: str) -> None:
        begin, until = (datetime.fromtimestamp(at, UTC) for at in (start, end))
        self.maintenance.create(Draft(begin, until, services, "why"), by="olga")
        self.pauses.append((start, end, services))

    def given(self, key: str, window: Window) -> Given:
        widget = find(key)
        assert widget is not None
        answers = {name: self.answers.answer(one, window) for name, one in widget.questions.items()}
        return Given(answers, window, NOW, Config(service_levels=LEVELS))

    def drawn(self, key: str, window: Window) -> Any:
        widget = find(key)
        assert widget is not None
        return widget.draw(self.given(key, window))

    def without(self, key: str, window: Window, *names: str) -> Given:
        """The answers as the drawer gives them when some could not be had."""
        widget, given = find(key), self.given(key, window)
        assert widget is not None
        nothing = {name: self.answers.nothing(widget.questions[name], window) for name in names}
        return replace(given, answers={**given.answers, **nothing}, unanswered=frozenset(names))

    def records(self, key: str, window: Window) -> list[dict[str, Any]]:
        widget = find(key)
        assert widget is not None
        table = self.drawer.table(widget, window)
        names = [column.name for column in table.columns]
        return [dict(zip(names, row, strict=True)) for row in table.rows]


@pytest.fixture
def ground(prometheus: PrometheusServer, postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Ground]:
    url = postgres_server.create()
    with open_pool(url) as pool:
        yield Ground(prometheus.url, pool, SharedCache(tmp_path / "cache"))
    postgres_server.drop(url)


@pytest.fixture
def quiet(ground: Ground) -> Ground:
    return ground


@pytest.fixture
def maintained(ground: Ground) -> Ground:
    """Maintenance over a part of an outage, over all services for a while, and two that overlap."""
    ground.pause(END - 7_000, END - 6_700, "api")
    ground.pause(END - 6_900, END - 6_600, "api", "workers")
    ground.pause(END - 9 * HOUR - 333, END - 9 * HOUR + 120)
    return ground


WINDOW = read_window("now-1h", "now", NOW)
FIXED = read_window("2026-09-21T10:00:00Z", "2026-09-21T12:30:00Z", NOW)


@pytest.fixture(params=["quiet", "maintained"])
def either(request: pytest.FixtureRequest) -> Ground:
    found: Ground = request.getfixturevalue(request.param)
    return found


def end_of(window: Window, step: int) -> int:
    return int(NOW if window.live else window.end) // step * step


def seconds_by_kind(
    history: History, service: str, slot: int, step: int, pauses: list[tuple[float, float, tuple[str, ...]]]
) -> dict[str, float]:
    """One slot, second by second: maintenance first, the rest as was answered.

    What a scrape found holds for its quarter minute, and until the next one.
    """
    paused = sum(
        any(start <= second < end and (not who or service in who) for start, end, who in pauses)
        for second in range(slot, slot + step)
    )
    rest = step - paused
    own = [points for _, points in history.of("up", lambda labels: labels["job"] == service)]
    if any(within(one, slot, slot + step) for one in own):
        quarters = [[latest(one, end) for one in own] for end in range(slot + 15, slot + step + 1, 15)]
        answers = [1.0 in found for found in quarters if any(value is not None for value in found)]
        up = rest * answers.count(True) / len(answers)
        return kinds(up=up, down=rest - up, maintenance=paused)
    others = len(within(history.of("up", lambda labels: labels["job"] == "node")[0][1], slot, slot + step))
    usual = {60: 4, 300: 5}[step]
    before = any(at <= slot for points in own for at, _ in points[:1])
    if others >= 0.75 * usual and before:
        return kinds(down=rest, maintenance=paused)
    return kinds(unknown=rest, maintenance=paused)


def kinds(*, up: float = 0, down: float = 0, unknown: float = 0, maintenance: float = 0) -> dict[str, float]:
    return {"up": up, "down": down, "unknown": unknown, "maintenance": maintenance}


def total(history: History, ground: Ground, service: str, *, end: int, seconds: int, step: int) -> dict[str, float]:
    slots = [seconds_by_kind(history, service, slot, step, ground.pauses) for slot in range(end - seconds, end, step)]
    return {kind: math.fsum(one[kind] for one in slots) for kind in slots[0]}


@pytest.mark.parametrize("window", [WINDOW, FIXED], ids=["live", "fixed"])
def test_every_cell_of_a_days_strip(history: History, either: Ground, window: Window) -> None:
    end, cell = end_of(window, 60), DAY // 48
    rows = either.records("availability.strip:24h", window)
    assert len(rows) == 48 * len(SERVICES)
    for place, row in enumerate(rows):
        service, start = SERVICES[place // 48], end - DAY + place % 48 * cell
        expected = total(history, either, service, end=start + cell, seconds=cell, step=60)
        assert {kind: row[kind] for kind in expected} == pytest.approx(expected, abs=1e-6), (service, row["start"])
        worst = next((kind for kind in ("down", "unknown", "maintenance") if expected[kind] > 1e-3), "up")
        assert row["state"] == worst


@pytest.mark.parametrize(("length", "seconds"), [("7d", 7 * DAY), ("30d", 30 * DAY)])
def test_a_longer_strip_adds_up(history: History, maintained: Ground, length: str, seconds: int) -> None:
    """The days before the history are unknown, and unknown is neither up nor down."""
    rows = maintained.records(f"availability.strip:{length}", WINDOW)
    for service in SERVICES:
        expected = total(history, maintained, service, end=end_of(WINDOW, 300), seconds=seconds, step=300)
        found = {kind: math.fsum(row[kind] for row in rows if row["service"] == service) for kind in expected}
        assert found == pytest.approx(expected, abs=1e-3), service


def test_by_hand(quiet: Ground) -> None:
    """Counted on paper, for a day."""
    rows = quiet.records("availability.strip:24h", WINDOW)
    day = {service: [row for row in rows if row["service"] == service] for service in SERVICES}

    def minutes(service: str, kind: str) -> float:
        return sum(row[kind] for row in day[service]) / 60

    assert minutes("api", "down") == pytest.approx(12 + 1, abs=0.5)
    assert minutes("workers", "down") == pytest.approx(60.5, abs=0.1), "vanished while others were scraped"
    assert minutes("dashboard", "down") == pytest.approx(120, abs=1)
    assert minutes("orchestrator", "down") == 0, "nobody had seen it before"
    assert minutes("orchestrator", "unknown") == pytest.approx(4 * 60 + 70, abs=1)
    assert minutes("api", "unknown") == pytest.approx(70, abs=1), "Prometheus was away"


def test_two_that_restart_one_after_the_other_are_no_outage(quiet: Ground) -> None:
    """Down are the seconds in which none of the three answered, counted one by one."""
    since = END - 2 * HOUR
    none = [second for second in range(since, END) if all(among(DOWN[one], second) for one in INSTANCES["workers"])]
    assert len(none) == 30, "as written above"
    rows = [row for row in quiet.records("availability.strip:24h", WINDOW) if row["service"] == "workers"]
    shown = {datetime.fromisoformat(row["start"]).timestamp(): row["down"] for row in rows}
    for start in range(since, END, 1_800):
        assert shown[start] == pytest.approx(sum(start <= one < start + 1_800 for one in none), abs=1e-6)
    month = quiet.records("availability.strip:7d", WINDOW)
    before = [row["down"] for row in month if row["service"] == "workers" and row["end"] < rows[0]["start"]]
    assert math.fsum(before) == pytest.approx(300, abs=60), "forty hours ago both were down for five minutes"


def test_everybody_says_the_same_of_a_service_in_maintenance(quiet: Ground) -> None:
    """The dashboard is gone and a worker is down, and nobody calls that an outage."""
    quiet.pause(END - 600, END + 600, "dashboard", "worker")
    cards = {
        "services.health": ("service", "status"),
        "services.now": ("service", "status"),
        "architecture.parts": ("part", "status"),
    }
    for key, (name, status) in cards.items():
        said = {row[name]: row[status] for row in quiet.records(key, WINDOW)}
        assert (said["dashboard"], said["workers"]) == ("maintenance", "maintenance"), key
        assert said["api"] != "maintenance", key
    (header,) = quiet.records("service.header:workers", WINDOW)
    assert (header["status"], header["reason"]) == ("maintenance", "workers: in maintenance, 2 of 3 up")
    (called,) = [
        row
        for row in quiet.records("service.dependencies:orchestrator", WINDOW)
        if row["name"] == "workers" and row["direction"] == "calls"
    ]
    assert (called["status"], called["reason"]) == (header["status"], header["reason"])


def test_maintenance_over_an_outage_leaves_nothing_of_it(history: History, quiet: Ground) -> None:
    before = quiet.records("services.health", WINDOW)
    quiet.pause(END - 7_260, END - 6_420, "api")
    quiet.pause(END - 240, END - 120, "api")
    quiet.cache.shelf._disk.clear()
    quiet.cache._memory.clear()
    after = quiet.records("services.health", WINDOW)
    shares = [{row["service"]: row["availability 24h"] for row in rows} for rows in (before, after)]
    assert shares[0]["api"] < 1.0
    assert shares[1]["api"] == 1.0
    assert shares[0]["workers"] == shares[1]["workers"], "maintenance of one is not that of another"


def test_the_words_say_what_failed_and_when(quiet: Ground) -> None:
    strip = quiet.drawn("availability.strip:24h", WINDOW)
    assert isinstance(strip, Strip)
    (api,) = (row for row in strip.rows if row.name == "api")
    begun = datetime.fromtimestamp(END - 7_200, UTC).strftime("%H:%M")
    assert any(words.endswith(f"12 min down, from {begun}") for _, words in api.cells)
    assert api.note.startswith("99.0")
    assert "13 min down" in api.note


@pytest.mark.parametrize("name", [level.name for level in LEVELS if level.kind == "availability"])
def test_levels_of_availability(history: History, either: Ground, name: str) -> None:
    level = next(one for one in LEVELS if one.name == name)
    step = 60 if level.window_s <= DAY else 300
    parts = [
        total(history, either, service, end=end_of(WINDOW, step), seconds=level.window_s, step=step)
        for service in level.services
    ]
    good, bad = (math.fsum(one[kind] for one in parts) for kind in ("up", "down"))
    (row,) = (one for one in either.records("slo.levels", WINDOW) if one["service level"] == name)
    budget = (1 - level.target) * (good + bad)
    assert row["attained"] == pytest.approx(good / (good + bad), abs=1e-9)
    assert row["amount left"] == pytest.approx(budget - bad, abs=1e-3)
    assert row["budget left"] == pytest.approx((budget - bad) / budget, abs=1e-6)
    assert row["status"] == ("met" if budget >= bad else "missed")
    for span, seconds in (("1h", HOUR), ("5m", 300), ("6h", 6 * HOUR), ("30m", 1_800)):
        recent = [
            total(history, either, service, end=end_of(WINDOW, 60), seconds=seconds, step=60)
            for service in level.services
        ]
        up, down = (math.fsum(one[kind] for one in recent) for kind in ("up", "down"))
        expected = None if not up + down else pytest.approx(down / (up + down) / (1 - level.target), abs=1e-6)
        assert row[f"burn rate {span}"] == expected


def requests(
    history: History, metric: str, keep: Callable[[Mapping[str, str]], bool], *, end: int, seconds: int
) -> float:
    """Increases of every step, extrapolated as Prometheus does."""
    step = 300 if seconds <= DAY else 1_800
    found = (
        rate(points, at, step)
        for _, points in history.of(metric, keep)
        for at in range(end - seconds + step, end + 1, step)
    )
    return math.fsum(step * one for one in found if one is not None)


def test_levels_of_requests(history: History, quiet: Ground) -> None:
    rows = {row["service level"]: row for row in quiet.records("slo.levels", WINDOW)}
    end = end_of(WINDOW, 1_800)
    every = requests(history, f"{API}_count", lambda _: True, end=end, seconds=3 * DAY)
    within_s = requests(history, f"{API}_bucket", lambda labels: labels["le"] == "0.5", end=end, seconds=3 * DAY)
    assert rows["quick"]["attained"] == pytest.approx(within_s / every, rel=1e-6)
    end = end_of(WINDOW, 300)
    own = requests(history, f"{API}_count", lambda one: one["job"] == "api", end=end, seconds=6 * HOUR)
    bad = requests(
        history,
        f"{API}_count",
        lambda one: one["job"] == "api" and one["status_code"] == "500",
        end=end,
        seconds=6 * HOUR,
    )
    assert rows["right"]["attained"] == pytest.approx(1 - bad / own, rel=1e-6)
    assert rows["right"]["amount left"] == pytest.approx(0.01 * own - bad, rel=1e-6)
    assert rows["right"]["attained"] == pytest.approx(7 / 8, abs=0.002), "one of eight requests fails"


def test_a_bucket_that_is_new_or_missing_makes_nothing_slow(history: History, quiet: Ground) -> None:
    """Judged are the api's requests from the first five minutes on that have the bucket from beginning to end."""
    (row,) = (one for one in quiet.records("slo.levels", WINDOW) if one["service level"] == "new bucket")
    begun = NEW_BUCKET // 300 * 300
    every = requests(history, f"{API}_count", lambda one: one["job"] == "api", end=END, seconds=begun)
    quick = requests(history, f"{API}_bucket", lambda one: one["le"] == "1", end=END, seconds=begun)
    assert row["attained"] == pytest.approx(quick / every, rel=1e-6)
    assert row["amount left"] == pytest.approx(0.5 * every - (every - quick), rel=1e-6)
    whole_day = requests(history, f"{API}_count", lambda _: True, end=END, seconds=DAY)
    assert quick / whole_day < 0.5, "counted over all requests, most would be slow"


def test_what_nobody_measured_is_unknown(quiet: Ground) -> None:
    rows = {row["service level"]: row for row in quiet.records("slo.levels", WINDOW)}
    for name, words in (("between", "no bucket of the histogram ends at 0.3 s"), ("silent", "nothing was measured")):
        assert rows[name]["status"] == "unknown"
        assert rows[name]["attained"] is rows[name]["budget left"] is None
        assert words in rows[name]["outlook"]
    grid = quiet.drawn("slo.levels", WINDOW)
    assert isinstance(grid, Grid)
    assert [row[0].text for row in grid.rows] == [level.name for level in LEVELS]


@pytest.mark.parametrize("window", [WINDOW, read_window("now-24h", "now", NOW)], ids=["1h", "24h"])
def test_the_budget_falls_by_what_was_bad(history: History, maintained: Ground, window: Window) -> None:
    level = next(one for one in LEVELS if one.name == "all up")
    rows = maintained.records("slo.burn", window)
    end = end_of(window, 60)
    seconds = {
        (service, slot): seconds_by_kind(history, service, slot, 60, maintained.pauses)
        for service in SERVICES
        for slot in range(end - DAY, end, 60)
    }
    measured = math.fsum(one["up"] + one["down"] for one in seconds.values())
    budget = (1 - level.target) * measured
    for row in rows:
        at = datetime.fromisoformat(row["time"]).timestamp()
        if at < end - DAY or at > end:
            assert row["all up"] is None
            continue
        bad = math.fsum(one["down"] * min(60, max(0, at - slot)) / 60 for (_, slot), one in seconds.items())
        assert row["all up"] == pytest.approx(1 - bad / budget, abs=1e-6)
    assert "silent" not in rows[0]


def test_an_overspent_budget_does_not_flatten_the_others(quiet: Ground) -> None:
    chart = quiet.drawn("slo.burn", WINDOW)
    assert isinstance(chart, Chart)
    assert chart.figure["layout"]["yaxis"]["range"] == [-100, 100]
    assert min(row["right"] for row in quiet.records("slo.burn", WINDOW)) == pytest.approx(1 - 0.125 / 0.01, rel=0.02)
    widget = find("slo.burn")
    assert widget is not None
    kept = tuple(level for level in LEVELS if level.name == "new bucket")
    chart = widget.draw(replace(quiet.given("slo.burn", WINDOW), config=Config(service_levels=kept)))
    assert isinstance(chart, Chart)
    assert "range" not in chart.figure["layout"]["yaxis"], "what is not overspent has the whole height"


# Without an answer.


def rows_of(key: str, given: Given) -> list[dict[str, Any]]:
    widget = find(key)
    assert widget is not None
    table = widget.table(given)
    return [dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows]


@pytest.mark.parametrize(
    ("missing", "levels"),
    [
        ("failed day", {"right"}),
        ("requests day", {"right", "new bucket"}),
        ("within day", {"new bucket"}),
        ("within month", {"quick"}),
        ("requests month", {"quick"}),
        ("maintenance", {"api up", "all up"}),
        ("recorded day", {"all up"}),
        ("recorded month", {"api up"}),
    ],
)
def test_no_level_is_judged_without_an_answer_that_it_rests_on(quiet: Ground, missing: str, levels: set[str]) -> None:
    before = {row["service level"]: row for row in quiet.records("slo.levels", WINDOW)}
    given = quiet.without("slo.levels", WINDOW, missing)
    rows = {row["service level"]: row for row in rows_of("slo.levels", given)}
    assert {name for name, row in rows.items() if row["attained"] != before[name]["attained"]} == levels
    for name in levels:
        assert (rows[name]["status"], rows[name]["attained"], rows[name]["budget left"]) == ("unknown", None, None)
        assert rows[name]["outlook"] == "nothing to judge: what it rests on got no answer"
    lines = rows_of("slo.burn", quiet.without("slo.burn", WINDOW, missing))
    assert not levels & set(lines[0])


@pytest.mark.parametrize("missing", ["within day", "requests day"])
def test_a_level_whose_burn_got_no_answer_is_not_called_met(quiet: Ground, missing: str) -> None:
    easy = LEVELS[2].model_copy(update={"target": 0.1})
    given = replace(quiet.without("slo.levels", WINDOW, missing), config=Config(service_levels=(easy,)))
    (row,) = rows_of("slo.levels", given)
    assert row["attained"] > 0.5
    assert (row["status"], row["burn rate 1h"]) == ("unknown", None)
    assert row["outlook"].endswith("of the budget left; how fast it burns got no answer")


@pytest.mark.parametrize("length", ["24h", "7d", "30d"])
def test_what_was_not_up_is_unknown_while_nobody_tells_of_maintenance(quiet: Ground, length: str) -> None:
    key = f"availability.strip:{length}"
    before, rows = quiet.records(key, WINDOW), rows_of(key, quiet.without(key, WINDOW, "maintenance"))
    assert any(row["down"] for row in before)
    for old, new in zip(before, rows, strict=True):
        assert (new["up"], new["down"], new["maintenance"]) == (old["up"], 0, 0)
        assert new["unknown"] == pytest.approx(old["unknown"] + old["down"])
        assert new["state"] == ("unknown" if old["state"] == "down" else old["state"])
    widget = find(key)
    assert widget is not None
    strip = widget.draw(quiet.without(key, WINDOW, "maintenance"))
    assert isinstance(strip, Strip)
    assert [row.note.split(";")[0] for row in strip.rows if row.name == "api"] == ["availability unknown"]
    assert "down" not in str(strip)


@pytest.mark.parametrize(
    ("missing", "spans"), [("up day", ("1h", "24h")), ("up month", ("7d", "30d")), ("recorded day", ("1h", "24h"))]
)
def test_availability_is_unknown_without_its_scrapes(quiet: Ground, missing: str, spans: tuple[str, ...]) -> None:
    """The dashboard is not scraped any more: without an answer that is no outage, and none is ruled out."""
    before = {row["service"]: row for row in quiet.records("services.health", WINDOW)}["dashboard"]
    given = quiet.without("services.health", WINDOW, missing)
    after = {row["service"]: row for row in rows_of("services.health", given)}["dashboard"]
    for span in spans:
        assert before[f"availability {span}"] is not None
        assert after[f"availability {span}"] is None


def test_a_service_that_is_not_up_stays_an_alarm_that_says_what_is_not_known(quiet: Ground) -> None:
    before = {row["service"]: row for row in quiet.records("services.now", WINDOW)}
    assert (before["dashboard"]["status"], before["workers"]["status"]) == ("unhealthy", "degraded")
    rows = {
        row["service"]: row for row in rows_of("services.now", quiet.without("services.now", WINDOW, "maintenance"))
    }
    for name in ("dashboard", "workers"):
        assert rows[name]["status"] == before[name]["status"]
        assert rows[name]["reason"] == f"{before[name]['reason']}; whether that is announced maintenance is not known"
    known = quiet.records("status.overall", WINDOW)[0]["status"]
    unknown = rows_of("status.overall", quiet.without("status.overall", WINDOW, "maintenance"))[0]["status"]
    assert known == unknown != "healthy"


def test_nobody_is_healthy_whose_failures_are_not_known(quiet: Ground) -> None:
    before = {row["service"]: row for row in quiet.records("services.now", WINDOW)}
    assert "of requests fail" in before["orchestrator"]["reason"]
    rows = {row["service"]: row for row in rows_of("services.now", quiet.without("services.now", WINDOW, "errors"))}
    said = [rows["orchestrator"][name] for name in ("status", "reason")]
    assert said == ["unknown", "orchestrator: failed requests not known"]
    for name in ("workers", "dashboard"):
        assert rows[name]["status"] == before[name]["status"], "what is down is down, whatever fails"


def test_the_drawer_says_what_got_no_answer(quiet: Ground) -> None:
    """The maintenance windows cannot be read, and a budget says so instead of counting them as down."""
    with open_pool("postgresql://127.0.0.1:1/none", min_size=0, timeout_s=0.2) as nowhere:
        quiet.answers._tellers._maintenance = Maintenance(nowhere)
        rows = {row["service level"]: row for row in quiet.records("slo.levels", WINDOW)}
    assert (rows["api up"]["status"], rows["all up"]["status"]) == ("unknown", "unknown")
    assert rows["right"]["status"] == "missed"
