"""Externals: every number against its own arithmetic on samples with resets, missing labels, gaps and old names."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.drawing import Drawer
from app.drawn import State
from app.health.status import Status
from app.sources.database import open_pool
from app.sources.prometheus import Prometheus
from app.sources.questions import Over
from app.sources.results import Rows, Sample, Vector
from app.sources.tellers import COLUMNS
from app.sources.windows import Window, read_window
from app.widgets.content import Badge, Grid
from app.widgets.external_measured import AI as AI_SOURCE
from app.widgets.external_scope import Scope
from app.widgets.registry import find
from app.widgets.widget import Given
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples
from tests.widgets import past
from tests.widgets.arithmetic import History, Labels, Point, quantile, rate, total
from tests.widgets.drawers import Record, drawer_at, records

COMPARED = {
    *("external.summary", "external.worst", "external.now", "external.steps", "external.tokens"),
    *("external.aisuccess", "external.ailatency", "external.aioutcomes", "external.airefusals"),
    *("external.gitsuccess", "external.gitlatency", "external.gitoutcomes", "external.gitrefusals"),
}
NOW, AT, SPAN_S = past.NOW, past.END, 300
MOMENTS = tuple(at for at in past.MOMENTS if at > AT - 2_400)
HOSTILE = '<b>x</b>"\\'
BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, math.inf)
AI, GIT, MESSAGES = "tamma_ai_requests_total", "tamma_platform_api_calls_total", "tamma_provider_messages_total"
AI_SECONDS, GIT_SECONDS = "tamma_ai_request_duration_seconds", "tamma_platform_api_latency_seconds"
MESSAGE_SECONDS = "tamma_provider_latency_seconds"
FAILED = ("failure", "timeout", "error")
Keep = Callable[[Labels], bool]


@dataclass(frozen=True)
class Called:
    """Calls to an external that end in one way: ``number`` a scrape of ``seconds`` each, from ``since`` to ``until``.

    ``since`` and ``until`` in seconds before the end; the counter begins anew at ``reset`` seconds before it.
    """

    name: str
    ended: str | None
    number: float
    seconds: float = 1.5
    job: str = "workers"
    since: int = 2_400
    until: int = -60
    reset: int | None = None


PROVIDERS = (
    Called("anthropic_claude", "success", 5, 3.0, reset=180),
    Called("anthropic_claude", "success", 2, 20.0, job="orchestrator"),
    Called("anthropic_claude", "timeout", 4, 50.0, reset=180),
    Called("broken", "failure", 3, 0.2),
    Called("broken", "success", 1, 0.2, until=600),  # its counter stands still since
    Called("gone", "success", 2, until=900),  # its series ended
    Called("idle", "success", 0),
    Called("mute", None, 2),
    Called("silent", None, 3),
    Called(HOSTILE, "success", 4),
)
STOPS = ("broken",)  # the counter stays where it was, the series goes on
PLATFORMS = (
    Called("github", "success", 10, 0.4, job="orchestrator"),
    Called("github", "error", 1, 1.5),
    Called("gitlab", "success", 6, 0.4),
)
OLD = (Called("openai", "success", 9, 4.0), Called("openai", "failure", 1, 4.0), Called("mute", "success", 5))
REFUSED = {"anthropic_claude": 0.5, "mute": 0.0}
TOKENS = {"anthropic_claude": 4_000.0, HOSTILE: 12.0}


def rising(one: Called, per_scrape: float) -> list[Point]:
    points, reached, stops = [], 700.0, one.name in STOPS
    for at in MOMENTS:
        before = AT - at
        if before > one.since or (before < one.until and not stops):
            continue
        if one.reset is not None and before <= one.reset < before + past.SCRAPE_S:
            reached = 0.0
        reached += per_scrape if before >= one.until else 0.0
        points.append((at, reached))
    return points


def add_calls(samples: Samples, calls: tuple[Called, ...], label: str, ending: str, names: tuple[str, str]) -> None:
    counter, seconds = names
    for one in calls:
        labels = {"job": one.job, "instance": f"{one.job}-0", label: one.name}
        told = {} if one.ended is None else {ending: one.ended}
        samples.add(counter, labels | told, rising(one, one.number), "counter")
        for bound in BOUNDS:
            le = "+Inf" if math.isinf(bound) else str(bound)
            points = rising(one, one.number if one.seconds <= bound else 0.0)
            samples.add(f"{seconds}_bucket", labels | {"le": le, "ended": str(one.ended)}, points, "histogram")


def add_seconds(samples: Samples, calls: tuple[Called, ...], label: str, seconds: str) -> None:
    """The parts of the histogram that means are made of."""
    for one in calls:
        labels = {"job": one.job, "instance": f"{one.job}-0", label: one.name, "ended": str(one.ended)}
        samples.add(f"{seconds}_count", labels, rising(one, one.number), "histogram")
        samples.add(f"{seconds}_sum", labels, rising(one, one.number * one.seconds), "histogram")


def written() -> Samples:
    samples = Samples()
    add_calls(samples, PROVIDERS, "provider", "outcome", (AI, AI_SECONDS))
    add_calls(samples, PLATFORMS, "platform", "status", (GIT, GIT_SECONDS))
    add_calls(samples, OLD, "provider", "status", (MESSAGES, MESSAGE_SECONDS))
    add_seconds(samples, PROVIDERS, "provider", AI_SECONDS)
    add_seconds(samples, OLD, "provider", MESSAGE_SECONDS)
    for name, number in REFUSED.items():
        points = rising(Called(name, None, 0), number)
        samples.add("tamma_ai_rate_limits_total", {"job": "workers", "provider": name}, points, "counter")
    points = rising(Called("github", None, 0), 1)
    samples.add("tamma_platform_rate_limits_total", {"job": "workers", "platform": "github"}, points, "counter")
    for name, number in TOKENS.items():
        for way in ("input", "output"):
            labels = {"job": "workers", "provider": name, "token_type": way}
            samples.add("tamma_ai_tokens_total", labels, rising(Called(name, None, 0), number), "counter")
    moments = [(at, float(AT + 252 - at)) for at in MOMENTS]
    samples.add("tamma_ai_rate_limit_reset_seconds", {"provider": "anthropic_claude"}, moments)
    # A platform that tells the moment itself.
    samples.add("tamma_platform_rate_limit_reset_seconds", {"platform": "github"}, [(at, AT + 90) for at in MOMENTS])
    for step, kind, number in (
        ("RESEARCH", "provider_unavailable", 1),
        ("RESEARCH", "step_failed", 5),
        ("MERGE", "platform_error", 2),
        ("TEST_VALIDATION", "network_error", 3),
    ):
        label = "step" if step == "MERGE" else "step_name"
        points = rising(Called("", None, 0), number)
        samples.add("tamma_workflow_step_errors_total", {label: step, "error_type": kind}, points, "counter")
    return samples


# Seconds before the end, provider, the step that the call names, its run, whether that failed and in which step.
FAILURES: tuple[tuple[float, str, str, str, str, str], ...] = (
    (30.0, "anthropic-claude", "", "r1", "failed", "RESEARCH"),
    (31.0, "anthropic-claude", "", "r1", "failed", "RESEARCH"),
    (600.5, "anthropic-claude", "", "r2", "failed", "TEST_VALIDATION"),  # that step calls no provider
    (40.0, "openai", "CODE_REVIEW", "r3", "failed", "CODE_REVIEW"),
    (45.0, "openai", "", "r4", "running", "RESEARCH"),
    (5_000.0, "openai", "CODE_REVIEW", "r3", "failed", "CODE_REVIEW"),  # before the window
    (-8.0, "mute", "", "", "", ""),
)


def write_failures(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for run, status, step in sorted({(run, status, step) for *_, run, status, step in FAILURES if run}):
            connection.execute(
                "insert into workflow_runs (id, started_at, status, current_step) values (%s, now(), %s, %s)",
                (run, status, step),
            )
        for at, (before, provider, step, run, *_) in enumerate(FAILURES):
            tags = {"provider": provider, "workflowId": run, "success": "false"} | ({"stepId": step} if step else {})
            moment = datetime.fromtimestamp(AT - before, UTC)
            for number, more in enumerate(({}, {"success": "true"})):
                connection.execute(
                    "insert into events (id, type, timestamp, tags, data) values (gen_random_uuid(), %s, %s, %s, '{}')",
                    ("AI.RESPONSE.RECEIVED", moment, Jsonb(tags | more | {"model": f"{at}-{number}"})),
                )


@pytest.fixture(scope="module")
def drawer(
    prometheus_with: PrometheusWith, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drawer]:
    server, url = prometheus_with(written()), postgres_server.create()
    write_failures(url)
    with open_pool(url) as pool:
        yield drawer_at(NOW, prometheus=server.url, pool=pool, folder=tmp_path_factory.mktemp("external"))
    postgres_server.drop(url)
    server.stop()


@pytest.fixture(scope="module")
def history() -> History:
    return History(written())


@pytest.fixture(scope="module")
def window() -> Window:
    return read_window("now-30m", "now", NOW)


@pytest.fixture(scope="module")
def rows(drawer: Drawer, window: Window) -> dict[str, Record]:
    return {str(row["name"]): row for row in records(drawer, "external.now:", window)}


def near(value: float | None) -> object:
    return None if value is None else pytest.approx(value, rel=1e-9)


def rates(history: History, metric: str, keep: Keep, at: float, range_s: float) -> float | None:
    return total(rate(points, at, range_s) for _, points in history.of(metric, keep))


def succeeded(history: History, metric: str, keep: Keep, ending: str, at: float, range_s: float) -> float | None:
    told = rates(history, metric, lambda labels: keep(labels) and ending in labels, at, range_s)
    bad = rates(history, metric, lambda labels: keep(labels) and labels.get(ending) in FAILED, at, range_s)
    return 1 - (bad or 0.0) / told if told else None


def p95(history: History, metric: str, keep: Keep, at: float, range_s: float) -> float | None:
    buckets: dict[float, float] = {}
    for labels, points in history.of(f"{metric}_bucket", keep):
        if (value := rate(points, at, range_s)) is not None:
            buckets[float(labels["le"])] = buckets.get(float(labels["le"]), 0.0) + value
    return quantile(0.95, buckets)


def whose(label: str, name: str) -> Keep:
    return lambda labels: labels.get(label) == name


# Where each external is measured: counter, the label that names it, that of its endings, histogram.
MEASURED = {
    **{one.name: (AI, "provider", "outcome", AI_SECONDS) for one in PROVIDERS},
    **{one.name: (GIT, "platform", "status", GIT_SECONDS) for one in PLATFORMS},
    "openai": (MESSAGES, "provider", "status", MESSAGE_SECONDS),
}


def test_every_external_of_the_range_has_its_numbers(rows: dict[str, Record], history: History) -> None:
    assert set(rows) == set(MEASURED)
    for name, (counter, label, ending, seconds) in MEASURED.items():
        keep = whose(label, name)
        wanted = succeeded(history, counter, keep, ending, AT, SPAN_S)
        if name == "mute":  # its requests do not tell; its messages, under the older name, do
            wanted = succeeded(history, MESSAGES, keep, "status", AT, SPAN_S)
        assert rows[name]["success"] == near(wanted), name
        assert rows[name]["calls"] == near(rates(history, counter, keep, AT, SPAN_S)), name
        if label == "provider" and name != "idle":
            took = rates(history, f"{seconds}_sum", keep, AT, 900)
            number = rates(history, f"{seconds}_count", keep, AT, 900)
            assert rows[name]["mean of 15 min"] == near(took / number if took and number else None), name
        assert rows[name]["p95"] == near(p95(history, seconds, keep, AT, SPAN_S)), name
    assert rows["gone"]["success"] is None, "nothing known is not all well"
    assert rows["silent"]["success"] is None, "without a label for how calls end they have not all succeeded"


def test_limits_are_counted_and_their_reset_told_either_way(rows: dict[str, Record], history: History) -> None:
    for name in REFUSED:
        keep = whose("provider", name)
        wanted = rates(history, "tamma_ai_rate_limits_total", keep, AT, SPAN_S)
        assert rows[name]["refused"] == near(None if wanted is None else wanted * SPAN_S)
    # The last scrape before the end stood eight seconds before it, and told seconds; the platform tells the moment.
    assert rows["anthropic_claude"]["resets in"] == pytest.approx(260)
    assert rows["github"]["resets in"] == pytest.approx(90)
    assert rows["gitlab"]["refused"] is None


def last_rise(history: History, metric: str, keep: Keep) -> float | None:
    """The last scrape in which one of the counters had risen."""
    rises = [
        now
        for _, points in history.of(metric, keep)
        for (_, low), (now, high) in pairwise(points)
        if high > low and now <= AT
    ]
    return max(rises, default=None)


def test_the_last_failure_is_that_of_counters_or_of_events(rows: dict[str, Record], history: History) -> None:
    for name in ("broken", "github", "openai"):
        counter, label, ending, _ = MEASURED[name]
        keep = whose(label, name)
        wanted = last_rise(history, counter, lambda one, keep=keep, its=ending: keep(one) and one.get(its) in FAILED)
        assert wanted is not None
        assert wanted <= (float(rows[name]["last failure"] or 0)) <= wanted + 120, name
    assert rows["gitlab"]["last failure"] is None
    assert rows["mute"]["last failure"] == pytest.approx(AT + 8), "an event knows to the millisecond"


def test_the_first_failure_of_a_process_is_found(prometheus_with: PrometheusWith) -> None:
    """It creates its series, which has no value before it that it could have risen from."""
    every = range(int(AT) - 3_600, int(AT) + 1, 15)
    samples = Samples()
    for outcome, first in (("success", AT - 3_600), ("failure", AT - 600)):
        labels = {"job": "workers", "instance": "workers-0", "provider": "fresh", "outcome": outcome}
        samples.add(AI, labels, [(at, 1.0) for at in every if at >= first], "counter")
    server = prometheus_with(samples)
    found = Prometheus(server.url).instant(AI_SOURCE.last('=~"failure"', "50m"), int(AT))
    assert [one.labels for one in found.samples] == [{"provider": "fresh"}]
    assert AT - 600 <= (found.samples[0].value or 0) <= AT - 600 + 120
    silent = Prometheus(server.url).instant(AI_SOURCE.last('="success"', "50m"), int(AT))
    assert silent.empty, "its only success was before"
    server.stop()


def test_the_last_success_is_known_to_two_minutes(rows: dict[str, Record]) -> None:
    since = float(rows["broken"]["since a success"] or 0)
    assert 600 - 120 <= since <= 600 + past.SCRAPE_S
    assert rows["gone"]["since a success"] is not None


def test_every_external_has_its_word(rows: dict[str, Record]) -> None:
    words = {name: (row["status"], str(row["reason"])) for name, row in rows.items()}
    assert words["broken"][0] == "unhealthy"
    assert words["broken"][1].startswith("100.0% of calls fail (limit 5%), last success ")
    assert words["anthropic_claude"][0] == "degraded"
    assert words["anthropic_claude"][1].endswith("% of calls fail (limit 5%), limited, resets in 4 min 20 s")
    assert words["gone"] == ("unknown", "measured earlier in this range, and no longer")
    assert words["silent"] == ("unknown", "calls do not say how they ended")
    assert words["idle"] == ("unknown", "no calls in 5 min")
    assert words["openai"] == ("degraded", "10.0% of calls fail (limit 5%)")
    assert words[HOSTILE] == words["gitlab"] == ("healthy", "")
    assert next(iter(rows)) == "broken", "the worst first"


def given_of(drawer: Drawer, key: str, window: Window) -> Any:
    widget = find(key)
    assert widget is not None
    assert drawer.draw(widget, window).state in (State.LIVE, State.STALE)
    answers = drawer._given(widget, window).given.answers
    return widget.draw(Given(answers, window, NOW))


def test_the_badge_names_the_worst_and_counts_the_rest(
    drawer: Drawer, window: Window, rows: dict[str, Record], history: History
) -> None:
    badge = given_of(drawer, "external.worst:", window)
    assert isinstance(badge, Badge)
    bad = [name for name, row in rows.items() if row["status"] in ("degraded", "unhealthy")]
    assert badge.status is Status.UNHEALTHY
    assert badge.reason.startswith("broken: 100.0% of calls fail")
    assert badge.reason.endswith(f"({len(bad) - 1} more not fine)")
    assert badge.href == "/external?name=broken"
    facts = {one.label: one.text for one in badge.facts}
    assert facts["AI providers"] == f"{sum(rows[name]['status'] == 'healthy' for name in ai_names())} of 8"
    assert facts["Git platforms"] == "1 of 2"
    calls = math.fsum(float(row["calls"] or 0) for row in rows.values()) * 60
    assert facts["Calls"] == f"{calls:,.0f}"
    refused = math.fsum(float(row["refused"] or 0) for row in rows.values())
    assert facts["Refused"] == f"{refused:,.0f}"


def ai_names() -> set[str]:
    return {name for name, (_, label, *_) in MEASURED.items() if label == "provider"}


def test_the_summary_is_the_same_numbers_cut_short(drawer: Drawer, window: Window, rows: dict[str, Record]) -> None:
    assert {str(row["name"]): row for row in records(drawer, "external.summary", window)} == rows
    grid = given_of(drawer, "external.summary", window)
    assert isinstance(grid, Grid)
    assert len(grid.rows) == 6
    assert grid.remark == f"6 of {len(rows)} shown, the worst first."


def test_one_is_found_by_the_name_of_labels_and_of_events(
    drawer: Drawer, window: Window, rows: dict[str, Record]
) -> None:
    for name, label in (
        ("anthropic_claude", "anthropic_claude"),
        ("anthropic-claude", "anthropic_claude"),
        (HOSTILE, HOSTILE),
        ("github", "github"),
    ):
        argument = Scope(name).argument
        assert records(drawer, f"external.now:{argument}", window) == [rows[label]]
        kind = "git" if name == "github" else "ai"
        (_, shown) = columns(drawer, f"external.{kind}latency:{argument}", window)
        assert shown == label


def test_a_name_of_nothing_is_answered_with_what_there_is(drawer: Drawer, window: Window) -> None:
    grid = given_of(drawer, "external.worst:nobody", window)
    assert isinstance(grid, Grid)
    assert grid.columns == ("No external service of that name. There are:",)
    assert {row[0].href for row in grid.rows} == {Scope(name).href for name in MEASURED}
    widget = find("external.aisuccess:nobody")
    assert widget is not None
    assert drawer.draw(widget, window).state is State.MISSING


def columns(drawer: Drawer, key: str, window: Window) -> tuple[str, ...]:
    widget = find(key)
    assert widget is not None
    found = records(drawer, key, window)
    return tuple(found[0])


def expect_chart(drawer: Drawer, key: str, window: Window, wanted: Mapping[str, Callable[[int], float | None]]) -> None:
    """Every curve of the chart, point by point."""
    found = records(drawer, key, window)
    assert set(found[0]) - {"time"} == set(wanted)
    for name, value in wanted.items():
        assert [row[name] for row in found] == [near(value(at)) for at in window.times], name


def rate_range(window: Window) -> int:
    return max(window.step, 60)


def test_success_is_as_counted_and_unknown_where_nothing_tells(
    drawer: Drawer, window: Window, history: History
) -> None:
    span = rate_range(window)

    def share(name: str, counter: str, ending: str, label: str) -> Callable[[int], float | None]:
        return lambda at: succeeded(history, counter, whose(label, name), ending, at, span)

    told = {name: MEASURED[name] for name in ai_names() - {"idle", "mute", "silent"}}
    wanted = {name: share(name, counter, ending, label) for name, (counter, label, ending, _) in told.items()}
    wanted["mute"] = share("mute", MESSAGES, "status", "provider")
    expect_chart(drawer, "external.aisuccess:", window, wanted)
    platforms = {name: share(name, GIT, "status", "platform") for name in ("github", "gitlab")}
    expect_chart(drawer, "external.gitsuccess:", window, platforms)


def test_latency_is_interpolated_in_its_buckets(drawer: Drawer, window: Window, history: History) -> None:
    span = rate_range(window)
    for kind, label in (("ai", "provider"), ("git", "platform")):
        names = {name: one for name, one in MEASURED.items() if one[1] == label}
        wanted = {
            name: lambda at, name=name, seconds=seconds, label=label: p95(
                history, seconds, whose(label, name), at, span
            )
            for name, (_, _, _, seconds) in names.items()
        }
        expect_chart(drawer, f"external.{kind}latency:", window, wanted)


def test_outcomes_add_up_to_all_calls(drawer: Drawer, window: Window, history: History) -> None:
    """Of a provider with both counters only the requests count, or its calls would count twice."""
    span, own = rate_range(window), {one.name for one in PROVIDERS}

    def of(outcome: str) -> Callable[[int], float | None]:
        def value(at: int) -> float | None:
            found = [
                rates(history, AI, lambda one: one.get("outcome", "") == outcome, at, span),
                rates(
                    history,
                    MESSAGES,
                    lambda one: one["status"] == outcome and one["provider"] not in own,
                    at,
                    span,
                ),
            ]
            known = [one for one in found if one is not None]
            return 60 * math.fsum(known) if known else None

        return value

    wanted = {name: of(name) for name in ("success", "failure", "timeout")} | {"outcome not told": of("")}
    expect_chart(drawer, "external.aioutcomes:", window, wanted)
    statuses = {
        name: lambda at, name=name: 60 * (rates(history, GIT, whose("status", name), at, span) or 0.0)
        for name in ("success", "error")
    }
    expect_chart(drawer, "external.gitoutcomes:", window, statuses)


def test_refusals_and_tokens_are_summed_by_whom_they_belong_to(
    drawer: Drawer, window: Window, history: History
) -> None:
    span = rate_range(window)
    for key, metric, label, names in (
        ("external.airefusals:", "tamma_ai_rate_limits_total", "provider", tuple(REFUSED)),
        ("external.gitrefusals:", "tamma_platform_rate_limits_total", "platform", ("github",)),
        ("external.tokens:", "tamma_ai_tokens_total", "provider", tuple(TOKENS)),
    ):
        wanted = {
            name: lambda at, name=name, metric=metric, label=label: (
                60 * (rates(history, metric, whose(label, name), at, span) or 0.0)
            )
            for name in names
        }
        expect_chart(drawer, key, window, wanted)


def test_steps_have_the_errors_and_the_failed_runs_that_speak_of_what_is_outside(
    drawer: Drawer, window: Window, history: History
) -> None:
    found = {str(row["step"]): row for row in records(drawer, "external.steps:", window)}

    def errors(kind: str) -> object:
        wanted = rates(
            history, "tamma_workflow_step_errors_total", whose("error_type", kind), AT, window.end - window.start
        )
        return near(None if wanted is None else wanted * (window.end - window.start))

    assert found["RESEARCH"]["errors"] == errors("provider_unavailable"), "step_failed says nothing of a provider"
    assert found["MERGE"]["errors"] == errors("platform_error"), "by the older name of the label"
    assert "TEST_VALIDATION" not in found, "it calls nothing outside"
    assert (found["RESEARCH"]["runs failed"], found["RESEARCH"]["providers"]) == (1, "anthropic_claude")
    assert found["RESEARCH"]["last"] == pytest.approx(AT - 30)
    assert (found["CODE_REVIEW"]["runs failed"], found["CODE_REVIEW"]["providers"]) == (1, "openai")
    assert found["MERGE"]["held up by"] == "github"
    assert found["CODE_REVIEW"]["errors"] is None
    alone = {str(row["step"]): row for row in records(drawer, "external.steps:gitlab", window)}
    assert set(alone) == {"MERGE"}, "a platform that is fine holds nothing up"
    assert alone["MERGE"]["held up by"] == ""


RECORDED_LEVELS: tuple[tuple[str, dict[str, str], float], ...] = (
    ("all:up:count5m", {}, 20),
    ("provider_outcome:tamma_ai_requests:rate5m", {"provider": "a", "outcome": "success"}, 0.3),
    ("provider_outcome:tamma_ai_requests:rate5m", {"provider": "mute"}, 0.5),
    ("platform_status:tamma_platform_api_calls:rate5m", {"platform": "g", "status": "success"}, 0.2),
    ("provider:tamma_ai_rate_limits:rate5m", {"provider": "a"}, 0.25),
    ("platform:tamma_platform_rate_limits:rate5m", {"platform": "g"}, 0.75),
    *(
        (f"{level}_bucket:rate5m", {label: name, "le": le}, value)
        for level, label, name in (
            (f"provider_le:{AI_SECONDS}", "provider", "a"),
            (f"platform_le:{GIT_SECONDS}", "platform", "g"),
        )
        for le, value in (("1", 0.5), ("2", 1.0), ("+Inf", 1.0))
    ),
)


def recorded_levels() -> Samples:
    """Eight slots of five minutes, constant; a provider's failures are recorded in the last two alone."""
    samples, slots = Samples(), [AT - 300 * number for number in range(8)]
    for name, labels, value in RECORDED_LEVELS:
        samples.add(name, labels, [(at - 1, value) for at in slots])
    failures = {"provider": "a", "outcome": "failure"}
    return samples.add("provider_outcome:tamma_ai_requests:rate5m", failures, [(at - 1, 0.3) for at in slots[:2]])


def test_long_charts_read_the_same_from_recorded_series(prometheus_with: PrometheusWith) -> None:
    server = prometheus_with(recorded_levels())

    def asked(key: str) -> dict[tuple[str, ...], float]:
        widget = find(key)
        assert widget is not None
        (question,) = (one for one in widget.questions.values() if isinstance(one, Over))
        query = urlencode({"query": question.recorded.replace("$step", "2400s"), "time": AT})
        with urlopen(f"{server.url}/api/v1/query?{query}") as reply:
            found = json.load(reply)["data"]["result"]
        return {tuple(one["metric"].values()): float(one["value"][1]) for one in found}

    # Three in ten of eight slots against three in ten of two: a fifth failed. The mute one is left out.
    assert asked("external.aisuccess:") == {("a",): pytest.approx(0.8)}
    assert asked("external.gitsuccess:") == {("g",): 1.0}
    assert asked("external.gitsuccess:other") == {}
    assert asked("external.ailatency:a") == {("a",): pytest.approx(1.9)}
    assert asked("external.gitlatency:") == {("g",): pytest.approx(1.9)}
    assert asked("external.aioutcomes:mute") == {(): pytest.approx(30)}
    assert asked("external.gitoutcomes:") == {("success",): pytest.approx(12)}
    assert asked("external.airefusals:") == {("a",): pytest.approx(15)}
    assert asked("external.gitrefusals:g") == {("g",): pytest.approx(45)}
    server.stop()


def test_of_forty_the_worst_twenty_are_shown(window: Window) -> None:
    widget = find("external.now:")
    assert widget is not None
    answers: dict[str, Any] = {name: Vector((), NOW) for name in widget.questions}
    for name in ("aislow usual", "gitslow usual"):
        answers.pop(name)
    given = {**answers, "failures": Rows(COLUMNS[widget.questions["failures"].tally], (), NOW)}  # type: ignore[union-attr]
    labels = [{"provider": f"p{number:02}"} for number in range(40)]
    given["ai rate"] = given["ai seen"] = Vector(tuple(Sample(one, 1.0) for one in labels), NOW)
    shares = (0.9 if number == 39 else 0.0 for number in range(40))
    given["ai failed"] = Vector(tuple(Sample(one, share) for one, share in zip(labels, shares, strict=True)), NOW)
    grid = widget.draw(Given(given, window, NOW))
    assert isinstance(grid, Grid)
    assert [row[0].text for row in grid.rows][:2] == ["p39", "p00"]
    assert (len(grid.rows), grid.remark) == (20, "20 of 40 shown, the worst first.")
