"""Every number of the homes against its own arithmetic on the samples and rows that the test wrote."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from app.drawing import Drawer
from app.figures.units import Unit
from app.health.status import Status
from app.sources.prometheus import Prometheus
from app.sources.questions import At, Over, Past, Question
from app.sources.results import Matrix, Result, Rows, Sample, Series, Vector
from app.sources.tellers import ALERT_COLUMNS
from app.sources.windows import Window, read_window
from app.widgets import alerts, changes, slow, trend_runs, unusual, watched
from app.widgets.content import Grid, Numbers
from app.widgets.watched import KNOWN_MINUTES, LEAST_MINUTES, WATCHED
from app.widgets.widget import Given, Widget
from tests.conftest import PrometheusWith
from tests.servers.samples import Samples
from tests.widgets import past
from tests.widgets.arithmetic import History, Labels, increase, quantile, rate, total
from tests.widgets.drawers import drawer_at, records

COMPARED = {
    *("unusual.now", "errors.types", "alerts.firing", "api.slowest", "workflows.slowest"),
    *("workflows.failed", "workflows.failing", "workflows.waiting", "trends.runs", "trends.work", "trends.api"),
}
API = "tamma_api_response_duration_seconds"
SERVICES = ("orchestrator", "workers", "api", "dashboard")
HALF_HOUR, WEEK = 1_800, 7 * 86_400
END = past.END
LIVE = read_window("now-1h", "now", past.NOW)
PAST = Window(END - 3_600, END, 15, live=False, asked=("a", "b"))
Keep = Callable[[Labels], bool]


def of_job(job: str, **more: str) -> Keep:
    return lambda labels: labels.get("job") == job and all(labels.get(name) == value for name, value in more.items())


def rates(history: History, name: str, keep: Keep, at: float, range_s: float) -> float | None:
    return total(rate(points, at, range_s) for _, points in history.of(name, keep))


def percentile(history: History, keep: Keep, at: float, range_s: float) -> float | None:
    buckets: dict[float, float] = {}
    for labels, points in history.of(f"{API}_bucket", keep):
        if (value := rate(points, at, range_s)) is not None:
            bound = float(labels["le"])
            buckets[bound] = buckets.get(bound, 0.0) + value
    return quantile(0.95, buckets)


# What is unusual


def rhythm(at: int) -> float:
    """A hundred, more by day, a little different each week; no two half hours alike."""
    day = 1 + 0.5 * math.sin(at % 86_400 / 86_400 * 2 * math.pi)
    return 100 * day + 2 * math.sin(at / 7_919) + at // WEEK % 3


def standing(
    values: Mapping[str, float | None], *, weeks: Mapping[str, int] | None = None, minutes: float = 30
) -> Given:
    """Answers in which each watched query has one series, with its value now and a past of so many days.

    Of the last half hour so many ``minutes`` are known.
    """
    answers: dict[str, Result] = {KNOWN_MINUTES: Vector((Sample({}, minutes),), past.NOW)}
    for one in WATCHED:
        labels = {one.by: "api"} if one.by else {}
        question = Past(*one.asked)
        times = question.window(past.NOW).times
        days = (weeks or {}).get(one.key, 28)
        known = tuple(rhythm(at) if at > times[-1] - days * 86_400 else None for at in times)
        answers[f"{one.key} usual"] = Matrix(times, (Series(labels, known),), times[-1], 1)
        usual = rhythm(int(past.NOW))
        answers[one.key] = Vector((Sample(labels, values.get(one.key, usual)),), past.NOW)
    return Given(answers, LIVE, past.NOW)


def drawn(widget: Widget, given: Given) -> Grid:
    content = widget.draw(given)
    assert isinstance(content, Grid)
    return content


def test_quiet_series_are_said_to_be_as_usual() -> None:
    card = drawn(unusual.NOW, standing({}))
    assert card.rows == ()
    assert card.remark == f"Nothing unusual: {len(WATCHED)} of {len(WATCHED)} are as on other days at this hour."


def test_what_is_unusual_is_ranked_by_how_far_it_is_and_says_now_and_usual() -> None:
    usual = rhythm(int(past.NOW))
    given = standing({"requests": 3 * usual, "queue": 9 * usual, "cpu": 0.0})
    card = drawn(unusual.NOW, given)
    names = [row[0].text for row in card.rows]
    assert names[0] == "queue depth"
    assert sorted(names) == ["api CPU", "api requests", "queue depth"]
    rows = {row[0].text: row for row in card.rows}
    assert rows["queue depth"][1].text == f"{9 * usual:,.0f}"
    assert rows["api requests"][0].href == "/services/api"
    assert [rows[name][3].note for name in ("queue depth", "api CPU")] == ["above usual", "below usual"]
    assert card.remark == ""


def test_the_usual_band_lies_around_what_the_same_hours_of_other_weeks_had() -> None:
    (row,) = (one for one in unusual.found(standing({})) if one.words == "queue depth")
    same_hour = [rhythm(int(past.NOW) - week * WEEK) for week in (1, 2, 3)]
    assert row.low is not None
    assert row.high is not None
    assert row.low < median(same_hour) < row.high
    assert row.high - row.low < 0.2 * median(same_hour)
    assert row.reach is not None
    assert abs(row.reach) < 1


def test_series_with_too_short_a_history_are_counted_and_not_guessed_at() -> None:
    given = standing({"queue": 10_000.0, "cpu": 10_000.0}, weeks={"queue": 2, "errors": 1})
    card = drawn(unusual.NOW, given)
    assert [row[0].text for row in card.rows] == ["api CPU"]
    assert card.remark == f"Not enough history for 2 of {len(WATCHED)}."


def test_after_a_gap_nothing_is_called_unusual_until_enough_is_known() -> None:
    """What was counted in four minutes is a low mean of half an hour, and no deviation."""
    strange = {"requests": 1.0, "queue": 10_000.0}
    card = drawn(unusual.NOW, standing(strange, minutes=4))
    assert (card.rows, card.remark) == ((), "Only 4 of the last 30 minutes are known: too few to tell.")
    assert drawn(unusual.NOW, standing(strange, minutes=LEAST_MINUTES)).rows
    nothing = Given({**standing(strange).answers, KNOWN_MINUTES: Vector((), past.NOW)}, LIVE, past.NOW)
    assert drawn(unusual.NOW, nothing).rows == ()


def test_the_known_minutes_are_those_since_the_scrapes_came_back(prometheus_with: PrometheusWith) -> None:
    at = 1_790_000_000
    times = [*range(at - 7_200, at - 3_600, 15), *range(at - 240, at, 15)]
    server = prometheus_with(Samples().add("up", {"job": "api"}, [(one, 1) for one in times]))
    question = watched.questions()[KNOWN_MINUTES]
    assert isinstance(question, At)
    found = Prometheus(server.url).instant(question.promql, at).scalar()
    assert found == pytest.approx(4, abs=1)
    server.stop()


def test_a_series_that_the_weeks_never_had_has_no_usual() -> None:
    given = standing({})
    stranger = Vector((Sample({"job": "new<b>"}, 5.0),), past.NOW)
    card = drawn(unusual.NOW, Given({**given.answers, "requests": stranger}, LIVE, past.NOW))
    assert card.remark.endswith(f"Not enough history for 1 of {len(WATCHED)}.")


def test_a_past_that_is_still_to_come_is_no_short_history() -> None:
    given = standing({})
    times = Past(*WATCHED[0].asked).window(past.NOW).times
    waiting = {f"{one.key} usual": Matrix(times, (), past.NOW) for one in WATCHED}
    card = drawn(unusual.NOW, Given({**given.answers, **waiting}, LIVE, past.NOW))
    assert (card.rows, card.remark) == ((), "The last weeks are still being looked through.")


def test_an_unknown_value_is_held_against_nothing() -> None:
    given = standing({"queue": None})
    assert "queue depth" not in {one.words for one in unusual.found(given)}


def test_what_is_now_is_the_mean_of_the_last_half_hour(drawer: Drawer, history: History) -> None:
    shown = {row["what"]: row for row in records(drawer, "unusual.now", LIVE)}
    at = int(past.NOW) // watched.EVERY_S * watched.EVERY_S
    for job in ("orchestrator", "api", "dashboard"):
        every = rates(history, f"{API}_count", of_job(job), at, HALF_HOUR)
        failed = rates(history, f"{API}_count", of_job(job, status_code="503"), at, HALF_HOUR)
        assert shown[f"{job} requests"]["last half hour"] == pytest.approx(every)
        if every:
            assert shown[f"{job} failed requests"]["last half hour"] == pytest.approx((failed or 0.0) / every)
            assert shown[f"{job} p95"]["last half hour"] == pytest.approx(
                percentile(history, of_job(job), at, HALF_HOUR)
            )
    for job in SERVICES:
        cores = rates(history, "process_cpu_seconds_total", of_job(job), at, HALF_HOUR)
        assert shown[f"{job} CPU"]["last half hour"] == pytest.approx(cores)
    assert {row["usual from"] for row in shown.values()} == {None}, "three hours tell nothing"


def test_errors_by_type_are_those_of_the_last_half_hour(drawer: Drawer, history: History) -> None:
    at = int(past.NOW) // watched.EVERY_S * watched.EVERY_S
    shown = {row["error type"]: row["now"] for row in records(drawer, "errors.types", LIVE)}
    assert set(shown) == {"timeout", "refused"}
    for kind, value in shown.items():
        a_second = rates(history, "tamma_errors_total", lambda one, kind=kind: one["error_type"] == kind, at, HALF_HOUR)
        assert value == pytest.approx(60 * (a_second or 0.0))


def test_an_error_type_without_an_error_is_left_out() -> None:
    nothing = Past(*watched.ERROR_TYPES.asked).window(past.NOW)
    answers: dict[str, Result] = {
        "types": Vector((Sample({"error_type": "timeout"}, 0.0),), past.NOW),
        "types usual": Matrix(nothing.times, (), nothing.end),
        KNOWN_MINUTES: Vector((Sample({}, 30.0),), past.NOW),
    }
    card = drawn(slow.ERROR_TYPES, Given(answers, LIVE, past.NOW))
    assert (card.rows, card.remark) == ((), "No error in the last half hour.")


# What takes long


def test_endpoints_are_ranked_by_their_95th_percentile(drawer: Drawer, history: History) -> None:
    shown = records(drawer, "api.slowest", LIVE)
    at = int(past.NOW) // 15 * 15
    found = []
    for job in SERVICES:
        p95 = percentile(history, of_job(job), at, 300)
        every = rates(history, f"{API}_count", of_job(job), at, 300)
        failed = rates(history, f"{API}_count", of_job(job, status_code="503"), at, 300)
        if p95 is not None and every:
            found.append((job, "_api_v1_issues", p95, every, (failed or 0.0) / every))
    assert len(found) > 1
    found.sort(key=lambda row: -row[2])
    assert [(row["service"], row["endpoint"]) for row in shown] == [row[:2] for row in found]
    for row, expected in zip(shown, found, strict=True):
        assert [row["p95"], row["requests"], row["failed"]] == pytest.approx(list(expected[2:]))


def rising(until: int, *, start: int, every_s: int, by: float = 1.0) -> list[tuple[float, float]]:
    """A counter scraped every fifteen seconds that rises each ``every_s``."""
    return [(at, by * ((at - start) // every_s)) for at in range(start, until + 1, 15)]


@pytest.fixture(scope="module")
def steps(prometheus_with: PrometheusWith) -> str:
    """Two hours of two steps: one of 40 s each minute, one of 400 s each two minutes, and work that is done."""
    start, labels = END - 7_200 + 7, {"job": "orchestrator", "instance": "orchestrator-0"}
    samples = Samples()
    metric = "tamma_workflow_step_duration_seconds"
    for step, every_s, least in (("MERGE", 60, 60.0), ("CODE_GENERATION", 120, 600.0)):
        for bound in (30.0, 60.0, 300.0, 600.0, math.inf):
            counted = rising(END + 7, start=start, every_s=every_s, by=float(bound >= least))
            le = "+Inf" if bound == math.inf else f"{bound:g}"
            samples.add(f"{metric}_bucket", {**labels, "step_name": step, "le": le}, counted, "histogram")
        every = rising(END + 7, start=start, every_s=every_s)
        samples.add(f"{metric}_count", {**labels, "step_name": step}, every, "histogram")
    errors = {**labels, "step_name": "MERGE", "error_type": "conflict"}
    samples.add("tamma_workflow_step_errors_total", errors, rising(END + 7, start=start, every_s=600), "counter")
    # Twice as much in the last hour as in the hour before; the counter begins anew in the middle of the last hour.
    half = END - 3_600
    done = [(at, (at - start) / 60 if at <= half else (half - start) / 60 + (at - half) / 30) for at, _ in every]
    reset = [(at, value if at < END - 1_800 else (at - END + 1_800) / 30) for at, value in done]
    samples.add("tamma_issues_processed_total", {**labels, "outcome": "success"}, reset, "counter")
    samples.add("tamma_queue_depth", {**labels, "priority": "high"}, [(at, 4.0) for at, _ in every])
    samples.add("tamma_queue_depth", labels, [(at, 3.0) for at, _ in every])  # a version without the label
    return prometheus_with(samples).url


@pytest.fixture
def small(steps: str, pool: ConnectionPool[Any], tmp_path: Path) -> Drawer:
    return drawer_at(past.NOW, prometheus=steps, pool=pool, folder=tmp_path)


def test_steps_are_ranked_by_their_95th_percentile(small: Drawer) -> None:
    slowest, other = records(small, "workflows.slowest", LIVE)
    assert [slowest["step"], other["step"]] == ["CODE_GENERATION", "MERGE"]
    assert slowest["p95"] == pytest.approx(300 + 0.95 * 300)  # within (300, 600]
    assert other["p95"] == pytest.approx(30 + 0.95 * 30)
    assert [slowest["runs"], other["runs"]] == [pytest.approx(30, rel=0.05), pytest.approx(60, rel=0.05)]
    assert slowest["failed"] == 0.0
    assert other["failed"] == pytest.approx(5.5, abs=0.6)  # one in ten minutes: five or six within the hour


def test_waiting_work_is_added_up_and_unknown_where_there_is_none(small: Drawer) -> None:
    (row,) = records(small, "workflows.waiting", LIVE)
    assert row == {"queue": 7.0, "approvals": None}


# Against as long before


def test_work_is_what_the_counters_rose_by_over_their_resets(small: Drawer) -> None:
    (row,) = records(small, "trends.work", LIVE)
    assert row["issues"] == pytest.approx(120, rel=0.03)
    assert row["issues earlier"] == pytest.approx(60, rel=0.03)
    assert row["merged"] is None
    assert row["merged earlier"] is None


def test_a_span_that_is_not_kept_is_compared_with_nothing(small: Drawer) -> None:
    (row,) = records(small, "trends.work", read_window("now-6h", "now", past.NOW))
    assert row["issues"] == pytest.approx(180, rel=0.03)
    assert row["issues earlier"] is None


def test_the_apis_numbers_are_means_and_sums_of_the_steps(drawer: Drawer, history: History) -> None:
    (row,) = records(drawer, "trends.api", LIVE)
    any_service: Keep = lambda labels: labels.get("job") in SERVICES  # noqa: E731
    for suffix, shift in (("", 0), (" earlier", 3_600)):
        times = [at - shift for at in LIVE.times[1:]]
        every = [rates(history, f"{API}_count", any_service, at, 60) for at in times]
        known = [one for one in every if one is not None]
        assert row[f"requests{suffix}"] == pytest.approx(math.fsum(known) * LIVE.step)
        slow_ones = [percentile(history, any_service, at, 60) for at in times]
        p95 = [one for one in slow_ones if one is not None]
        assert row[f"p95{suffix}"] == pytest.approx(math.fsum(p95) / len(p95))
        risen = math.fsum(
            increase([one for one in points if times[0] - 15 < one[0] <= times[-1]])
            for _, points in history.of(f"{API}_count", any_service)
        )
        assert row[f"requests{suffix}"] == pytest.approx(risen, rel=0.1), "without any formula of Prometheus's"


def write_runs(database: str, runs: list[tuple[float, str]], **more: str) -> None:
    columns = {"id": "", "workflow_name": "build", "issue_id": "7", "current_step": "MERGE", **more}
    with psycopg.connect(database, autocommit=True) as connection:
        for ended, status in runs:
            connection.execute(
                "insert into workflow_runs"
                " (id, workflow_name, issue_id, current_step, started_at, completed_at, status)"
                " values (%s, %s, %s, %s, to_timestamp(%s), to_timestamp(%s), %s)",
                (columns["id"] or str(uuid.uuid4()), *list(columns.values())[1:], ended - 600, ended, status),
            )


@pytest.fixture
def stored(database: str, steps: str, pool: ConnectionPool[Any], tmp_path: Path) -> Drawer:
    """Runs at the edges of the last hour and of the hour before."""
    edges = [END - 7_201, END - 7_199, END - 3_601, END - 3_599, END - 5, END]
    write_runs(database, [(at, "success") for at in edges])
    write_runs(database, [(END - 5_000, "failed"), (END - 4_000, "failed"), (END + 5, "failed")])
    write_runs(database, [(END - 60, "failed")], id="run-1", current_step="CI_CHECK")
    write_runs(database, [(END - 50, "failed"), (END - 40, "failed")])
    return drawer_at(past.NOW, prometheus=steps, pool=pool, folder=tmp_path)


def test_runs_are_counted_in_the_range_and_in_as_long_before(stored: Drawer) -> None:
    (row,) = records(stored, "trends.runs", PAST)
    assert row == {"completed": 3, "failed": 3, "completed before": 2, "failed before": 2}


def test_a_store_that_does_not_go_back_that_far_is_compared_with_nothing(stored: Drawer) -> None:
    longer = Window(END - 14_400, END, 60, live=False, asked=("a", "b"))
    (row,) = records(stored, "trends.runs", longer)
    assert row == {"completed": 6, "failed": 5, "completed before": None, "failed before": None}


def test_failed_runs_and_their_steps_are_those_of_the_range(stored: Drawer) -> None:
    runs = records(stored, "workflows.failed", PAST)
    assert [row["step"] for row in runs] == ["MERGE", "MERGE", "CI_CHECK"]
    assert (runs[2]["id"], runs[2]["ended"]) == ("run-1", "2026-09-21T13:59:00Z")
    steps = records(stored, "workflows.failing", PAST)
    assert [(row["step"], row["runs"], row["last"]) for row in steps] == [
        ("MERGE", 2, "2026-09-21T13:59:20Z"),
        ("CI_CHECK", 1, "2026-09-21T13:59:00Z"),
    ]


@pytest.mark.parametrize(
    ("now", "before", "unit", "words"),
    [
        (112.0, 100.0, Unit.COUNT, "+12 %"),
        (99.0, 100.0, Unit.COUNT, "−1.0 %"),
        (100.2, 100.0, Unit.COUNT, "no change"),
        (3.0, 0.0, Unit.COUNT, "none before"),
        (0.0, 0.0, Unit.COUNT, "no change"),
        (0.562, 1.0, Unit.SHARE, "−44 points"),
        (0.9995, 0.9990, Unit.SHARE, "+0.05 points"),
        (None, 1.0, Unit.COUNT, ""),
        (1.0, None, Unit.COUNT, ""),
    ],
)
def test_changes_in_words(now: float | None, before: float | None, unit: Unit, words: str) -> None:
    assert changes.change_text(now, before, unit) == words


def test_more_errors_are_worse_and_more_work_is_better() -> None:
    count = Unit.COUNT
    assert changes.meaning(2.0, 1.0, more=False, unit=count) is False
    assert changes.meaning(1.0, 2.0, more=False, unit=count) is True
    assert changes.meaning(2.0, 1.0, more=True, unit=count) is True
    assert changes.meaning(2.0, 1.0, more=None, unit=count) is None
    assert changes.meaning(1.0, 1.0, more=True, unit=count) is None


def test_the_course_of_ended_runs_adds_up_to_their_number() -> None:
    slots = [(LIVE.start + 15, 2), (LIVE.start + 1_800, 1), (LIVE.end, 4)]
    answers: dict[str, Result] = {
        "runs": Rows(("completed", "failed", "completed before", "failed before", "first"), ((7, 0, 1, 0, 0.0),), END),
        "ended": Rows(("status", "slot", "runs"), tuple(("success", at, runs) for at, runs in slots), END),
    }
    content = trend_runs.RUNS.draw(Given(answers, LIVE, past.NOW))
    assert isinstance(content, Numbers)
    done = content.items[0]
    assert sum(one or 0 for one in done.spark) == 7
    assert (done.spark[0], done.spark[-1]) == (2, 4)
    assert (done.text, done.change, done.better) == ("7", "+600 %", True)


# Alerts


def test_alerts_are_ranked_by_severity_and_then_by_age() -> None:
    rows = (
        ("Slow", "warning", "api", "", "api: p95 3 s", END - 900.0),
        ("Odd", "page", "", "", "", None),
        ("Down", "critical", "workers", "", "workers: no instance answers", END - 60.0),
        ("Full", "critical", "api", "api-0", "api-0: <b>full</b>", END - 600.0),
    )
    given = Given({"alerts": Rows(ALERT_COLUMNS, rows, END)}, LIVE, past.NOW)
    card = drawn(alerts.FIRING, given)
    assert [row[1].text for row in card.rows] == [
        "api-0: <b>full</b>",
        "workers: no instance answers",
        "api: p95 3 s",
        "Odd",
    ]
    assert [row[0].status for row in card.rows] == [
        *(Status.UNHEALTHY, Status.UNHEALTHY),
        *(Status.DEGRADED, Status.UNKNOWN),
    ]
    assert [row[3].href for row in card.rows] == ["/services/api", "/services/workers", "/services/api", ""]
    assert [row[2].moment for row in card.rows] == [END - 600, END - 60, END - 900, None]


def test_no_alert_is_said_plainly() -> None:
    card = drawn(alerts.FIRING, Given({"alerts": Rows(ALERT_COLUMNS, (), END)}, LIVE, past.NOW))
    assert (card.rows, card.remark) == ((), "No alert fires.")


def test_every_watched_query_asks_the_same_now_as_in_the_past() -> None:
    """A mean over half an hour is held against means over half hours."""
    questions: Mapping[str, Question] = watched.questions()
    for one in WATCHED:
        now, weeks = questions[one.key], questions[f"{one.key} usual"]
        assert isinstance(now, At)
        assert isinstance(weeks, Past)
        assert weeks.step_s == HALF_HOUR
        assert "$" not in now.promql
        assert now.promql == weeks.promql.replace("$rate", "1800s").replace("$step", "1800s")
        assert not isinstance(now, Over)
