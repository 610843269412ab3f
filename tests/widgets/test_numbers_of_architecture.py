"""The graph's numbers and words against their own arithmetic on samples of callers, exporters and services."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from app.drawing import Drawer
from app.drawn import State
from app.figures import theme
from app.sources.database import open_pool
from app.sources.maintenance import COLUMNS as MAINTENANCE_COLUMNS
from app.sources.questions import Told
from app.sources.results import Rows, Vector
from app.sources.windows import Window, read_window
from app.widgets.content import Cell, Chart, Grid
from app.widgets.registry import find
from app.widgets.widget import Given
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples
from tests.widgets import past
from tests.widgets.arithmetic import History, Point, quantile, rate, total
from tests.widgets.drawers import Record, drawer_at, records
from tests.widgets.test_numbers_are_true import API, failed_share, of_job, percentile

COMPARED = {"architecture.graph", "architecture.about", "architecture.parts"}
NOW, AT = past.NOW, past.END  # numbers of now are asked for at the last quarter minute
MOMENTS = tuple(at for at in past.MOMENTS if at > past.END - 1_200)
HOSTILE = '<b>x</b>"\\'
AI, GIT, DB = "tamma_ai_requests_total", "tamma_platform_api_calls_total", "tamma_db_query_duration_seconds"
# Calls that each scrape adds: (caller, callee, how they ended) to (number, seconds each takes).
CALLS: Mapping[tuple[str, str, str], tuple[float, float]] = {
    ("workers", "anthropic", "success"): (18, 3.0),
    ("workers", "anthropic", "timeout"): (2, 59.0),
    ("orchestrator", "anthropic", "success"): (5, 3.0),
    ("workers", "openai", "failure"): (4, 0.2),
    ("workers", "openai", "success"): (1, 0.2),
    ("orchestrator", "openai", "failure"): (3, 0.2),
    ("workers", HOSTILE, "success"): (1, 1.0),
    ("workers", "no-outcome", ""): (1, 1.0),
    ("workers", "idle", "success"): (0, 1.0),
}
PLATFORM: Mapping[tuple[str, str, str], tuple[float, float]] = {
    ("orchestrator", "github", "success"): (10, 0.3),
    ("workers", "github", "error"): (1, 7.0),
    ("workers", "github", "success"): (9, 7.0),
}
BOUNDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, math.inf)


def rising(per_scrape: float, *, reset: bool = False) -> list[Point]:
    """A counter that rises evenly; with ``reset`` it began anew three minutes before the end."""
    points, reached = [], 700.0
    for at in MOMENTS:
        reached = 0.0 if reset and at - 15 < past.END - 180 <= at else reached
        reached += per_scrape
        points.append((at, reached))
    return points


def histogram(samples: Samples, name: str, labels: Mapping[str, str], number: float, seconds: float) -> None:
    for bound in BOUNDS:
        le = "+Inf" if math.isinf(bound) else str(bound)
        points = rising(number if seconds <= bound else 0.0)
        samples.add(f"{name}_bucket", {**labels, "le": le}, points, "histogram")
    samples.add(f"{name}_count", labels, rising(number), "histogram")
    samples.add(f"{name}_sum", labels, rising(number * seconds), "histogram")


def calls_and_exporters() -> Samples:
    samples = Samples()
    kinds = (
        (CALLS, AI, "tamma_ai_request_duration_seconds", "provider", "outcome"),
        (PLATFORM, GIT, "tamma_platform_api_latency_seconds", "platform", "status"),
    )
    for calls, metric, seconds, label, ending in kinds:
        for (caller, callee, ended), (number, took) in calls.items():
            labels = {"job": caller, "instance": f"{caller}-0", label: callee}
            more = {ending: ended} if ended else {}
            samples.add(metric, labels | more, rising(number, reset=callee == "github"), "counter")
            histogram(samples, seconds, labels | {"ended": ended}, number, took)
    for job, number, took in (("api", 20, 0.05), ("workers", 5, 0.9), ("elsewhere", 50, 50.0)):
        histogram(samples, DB, {"job": job, "instance": f"{job}-0", "operation": "select"}, number, took)
    samples.add("pg_up", {"job": "postgres", "instance": "pg"}, [(at, 1) for at in MOMENTS])
    return samples


@pytest.fixture(scope="module")
def written(eventful_samples: Samples) -> Samples:
    """The eventful past of the services, and what they called in its last minutes."""
    own = calls_and_exporters()
    return Samples([*eventful_samples.series, *own.series])


@pytest.fixture(scope="module")
def called(
    prometheus_with: PrometheusWith,
    written: Samples,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Drawer]:
    folder: Path = tmp_path_factory.mktemp("called")
    url = postgres_server.create()
    with open_pool(url) as pool:
        yield _drawer(pool, prometheus_with(written).url, folder)
    postgres_server.drop(url)


def _drawer(pool: ConnectionPool[Any], prometheus: str, folder: Path) -> Drawer:
    return drawer_at(NOW, prometheus=prometheus, pool=pool, folder=folder)


@pytest.fixture
def window() -> Window:
    return read_window("now-15m", "now", NOW)


@pytest.fixture
def edges(called: Drawer, window: Window) -> dict[tuple[str, str], Record]:
    shown = records(called, "architecture.graph:", window)
    return {(str(row["caller"]), str(row["callee"])): row for row in shown}


def expected(samples: Samples, metric: str, seconds: str, labels: Mapping[str, str], ending: str) -> list[float | None]:
    """Rate, failing share and p95 of what one caller asked of one callee, by the samples."""
    history = History(samples)

    def sums(name: str, keep: Any = lambda _: True) -> float | None:
        return total(rate(points, AT, 300) for found, points in history.of(name, _like(labels)) if keep(found))

    every, told = sums(metric), sums(metric, lambda found: ending in found)
    failed = sums(metric, lambda found: found.get(ending) in ("failure", "timeout", "error")) or 0.0
    buckets = {
        bound: sums(f"{seconds}_bucket", lambda found, bound=bound: float(found["le"]) == bound) or 0.0
        for bound in BOUNDS
    }
    return [every, failed / told if told else None, quantile(0.95, buckets)]


def _like(labels: Mapping[str, str]) -> Any:
    return lambda found: all(found.get(name) == value for name, value in labels.items())


def test_every_call_outside_is_as_measured(edges: dict[tuple[str, str], Record], written: Samples) -> None:
    for calls, metric, seconds, label, ending in (
        (CALLS, AI, "tamma_ai_request_duration_seconds", "provider", "outcome"),
        (PLATFORM, GIT, "tamma_platform_api_latency_seconds", "platform", "status"),
    ):
        for caller, callee in {(caller, callee) for caller, callee, _ in calls}:
            wanted = expected(written, metric, seconds, {"job": caller, label: callee}, ending)
            row = edges[caller, callee]
            shown = [row["calls"], row["failing"], row["p95"]]
            assert shown == [None if one is None else pytest.approx(one, rel=1e-9) for one in wanted], (caller, callee)


def test_every_call_has_its_word(edges: dict[tuple[str, str], Record]) -> None:
    words = {pair: (row["status"], row["reason"]) for pair, row in edges.items()}
    assert words["workers", "anthropic"] == ("degraded", "10.0% of calls fail (limit 5%)")
    assert words["orchestrator", "anthropic"] == ("healthy", "")
    assert words["workers", "openai"] == ("unhealthy", "80.0% of calls fail (limit 5%)")
    assert words["workers", HOSTILE] == ("healthy", "")
    assert words["workers", "no-outcome"] == ("healthy", ""), "known by its durations alone"
    assert edges["workers", "no-outcome"]["failing"] is None, "no label says how a call ended: that is not zero"
    assert words["workers", "idle"] == ("unknown", "no calls")
    assert words["workers", "github"][0] == "degraded"
    assert words["workers", "postgres"] == ("degraded", "p95 0.975 s (limit 0.25 s)")
    assert words["api", "postgres"] == ("healthy", "")
    assert words["api", "redis"] == ("unknown", "not measured")
    assert not any("elsewhere" in pair for pair in words), "no other job's"


def test_the_database_is_measured_by_its_callers(edges: dict[tuple[str, str], Record], written: Samples) -> None:
    for job in ("api", "workers"):
        buckets = {
            float(labels["le"]): rate(points, AT, 300) or 0.0
            for labels, points in History(written).of(f"{DB}_bucket", of_job(job))
        }
        assert edges[job, "postgres"]["calls"] == pytest.approx(buckets[math.inf], rel=1e-9)
        assert edges[job, "postgres"]["p95"] == pytest.approx(quantile(0.95, buckets), rel=1e-9)
        assert edges[job, "postgres"]["failing"] is None


def test_what_comes_in_is_measured_where_it_arrives(edges: dict[tuple[str, str], Record], history: History) -> None:
    row = edges["ingress", "api"]
    wanted = total(rate(points, AT, 300) for _, points in history.of(f"{API}_count", of_job("api")))
    assert row["calls"] == pytest.approx(wanted, rel=1e-9)
    assert row["failing"] == pytest.approx(failed_share(history, "api", AT, 300), rel=1e-9)
    assert row["p95"] == pytest.approx(percentile(history, 0.95, AT, 300, of_job("api")), rel=1e-9)


def test_every_part_has_the_health_that_its_services_card_and_its_callers_say(
    called: Drawer, window: Window, edges: dict[tuple[str, str], Record]
) -> None:
    parts = {str(row["part"]): row for row in records(called, "architecture.parts", window)}
    for row in records(called, "services.health", window):
        assert parts[str(row["service"])]["status"] == row["status"]
    assert (parts["api"]["status"], parts["api"]["reason"]) == ("degraded", "api: 1 of 2 instances up")
    assert (parts["openai"]["status"], parts["openai"]["kind"]) == ("unhealthy", "AI provider")
    assert parts["anthropic"]["status"] == "degraded"
    assert parts["anthropic"]["reason"] == "from workers: 10.0% of calls fail (limit 5%)"
    assert parts["postgres"]["reason"] == "from workers: p95 0.975 s (limit 0.25 s)"
    assert parts["prometheus"]["status"] == "healthy", "it has answered"
    assert (parts["redis"]["status"], parts["redis"]["reason"]) == ("unknown", "not measured")
    assert (parts["idle"]["status"], parts["idle"]["reason"]) == ("unknown", "no calls")
    assert parts[HOSTILE]["status"] == "healthy"
    assert {str(row["callee"]) for row in edges.values()} <= set(parts)


def test_what_suffers_is_found_by_walking_back_every_connection(
    called: Drawer, window: Window, edges: dict[tuple[str, str], Record]
) -> None:
    """Level by level over the rows of the graph's own table; scrapes and webhooks carry no fault."""
    for name in ("postgres", "redis", "openai", "workers", "prometheus"):
        for forward, heading in ((False, "suffers without it"), (True, "needs")):
            level, distances, distance = {name}, {name: 0}, 0
            while level:
                distance += 1
                level = {
                    (callee if forward else caller)
                    for (caller, callee), row in edges.items()
                    if (caller if forward else callee) in level and row["without it"] != "does not notice"
                } - set(distances)
                distances |= dict.fromkeys(level, distance)
            shown = {
                str(row["part"]): _distance(str(row["distance"]))
                for row in records(called, f"architecture.about:{name}", window)
                if row["relation"] == heading
            }
            assert shown == {part: far for part, far in distances.items() if far}, (name, heading)


def _distance(words: str) -> int:
    return 1 if words.startswith("directly") else int(words.split(maxsplit=1)[0])


def given_of(drawer: Drawer, key: str, window: Window) -> Given:
    widget = find(key)
    assert widget is not None
    answers = drawer._given(widget, window).given.answers
    return Given(answers, window, NOW)


def test_the_drawer_has_words_and_links(called: Drawer, window: Window) -> None:
    widget = find("architecture.about:openai")
    assert widget is not None
    sheet = widget.draw(given_of(called, widget.key, window))
    assert isinstance(sheet, Grid)
    itself = next(row for row in sheet.rows if row[0].text == "This part")
    assert itself[1] == Cell("openai", note="AI provider", href="/external?name=openai")
    assert itself[2].note == "from orchestrator: 100.0% of calls fail (limit 5%)"
    named = {row[1].text: row[1] for row in sheet.rows}
    assert named["workers"].href == "/architecture?about=workers"
    assert named["Whole platform"].href == "/architecture"
    assert sheet.remark.startswith("5 of 14 workflow steps of the runs that use it need it: CONTEXT_GATHERING")


def test_the_picture_has_every_part_and_dims_what_does_not_suffer(called: Drawer, window: Window) -> None:
    drawn = {}
    for about in ("", "openai"):
        widget = find(f"architecture.graph:{about}")
        assert widget is not None
        chart = widget.draw(given_of(called, widget.key, window))
        assert isinstance(chart, Chart)
        drawn[about] = next(trace for trace in chart.figure["data"] if "customdata" in trace)
    parts = {str(row["part"]): row for row in records(called, "architecture.parts", window)}
    whole, chosen = drawn[""], drawn["openai"]
    colours = dict(zip(whole["customdata"], whole["marker"]["color"], strict=True))
    assert colours == {name: theme.STATUS[str(row["status"])] for name, row in parts.items()}
    assert set(whole["marker"]["opacity"]) == {1}
    bright = {name for name, one in zip(chosen["customdata"], chosen["marker"]["opacity"], strict=True) if one == 1}
    assert bright == {"openai", "orchestrator", "workers", "api", "ingress"}
    assert (whole["x"], whole["y"]) == (chosen["x"], chosen["y"]), "nothing moves"


def test_without_any_measurement_all_but_what_is_known_is_unknown(window: Window) -> None:
    """No calls, no exporter: nothing is made up; services that Prometheus does not know are not up."""
    widget = find("architecture.parts")
    assert widget is not None
    answers: dict[str, Any] = {
        name: Rows(MAINTENANCE_COLUMNS, (), NOW) if isinstance(question, Told) else Vector((), NOW)
        for name, question in widget.questions.items()
    }
    rows = widget.table(Given(answers, window, NOW)).rows
    words = {str(row[0]): row[2] for row in rows}
    assert {words[name] for name in ("ingress", "alert engine", "postgres", "redis")} == {"unknown"}
    assert {words[name] for name in ("api", "workers", "orchestrator", "dashboard")} == {"unhealthy"}


def test_a_part_that_is_gone_is_said_to_be_gone(called: Drawer, window: Window) -> None:
    widget = find("architecture.about:gone")
    assert widget is not None
    sheet = widget.draw(given_of(called, widget.key, window))
    assert isinstance(sheet, Grid)
    assert not sheet.rows
    assert "No part of this name" in sheet.remark
    assert called.draw(widget, window).state is State.LIVE


@pytest.mark.parametrize("name", ["", " x", "a\nb", "x" * 201, "\ud800"])
def test_what_can_be_no_name_has_no_card(name: str) -> None:
    assert find(f"architecture.about:{name}") is None
