"""When the platform is busy: requests, workflow runs and errors by hour of the week, latencies over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf

from app.figures.buckets import Bucket, bucket_counts
from app.figures.heatmap import WEEKDAYS, hour_map, latency_map
from app.figures.hours import HOURS, HoursOfWeek, hours_of_week
from app.figures.series import Line
from app.figures.units import Unit
from app.sources.questions import PAST_DAYS, PAST_STEP_S, Over, Past
from app.widgets import platform
from app.widgets.activity_health import HEALTH
from app.widgets.content import Chart, Column, Table
from app.widgets.curves import grid_table
from app.widgets.widget import Given, Widget

_WEEKS = PAST_DAYS // 7
_JOBS = platform.JOBS
_BUCKETS = f"{platform.API_SECONDS}_bucket"


@dataclass(frozen=True)
class Busy:
    """What is counted: PromQL without labels over four weeks, the same on recording rules, and what a cell is in.

    ``suffix`` stands behind the number where the unit has none of its own.
    """

    promql: str
    recorded: str
    unit: Unit
    suffix: str = ""


def _week(given: Given) -> HoursOfWeek:
    """The mean of each hour of the week in the viewer's time zone."""
    matrix = given.matrix("past")
    values: Sequence[float | None] = matrix.series[0].values if matrix.series else (None,) * len(matrix.times)
    return hours_of_week(matrix.times, values, zone=given.window.zone, span_s=PAST_STEP_S)


def _by_hour(key: str, title: str, *, help: str, what: Busy, metric: str) -> Widget:
    """A heat map of the hours of the week, Monday on top."""

    def draw(given: Given) -> Chart:
        return Chart(hour_map(_week(given), revision=key, unit=what.unit, suffix=what.suffix))

    def table(given: Given) -> Table:
        return _hours_table(_week(given), what)

    return Widget(
        key=key,
        title=title,
        help=f"{help} Each cell is the mean of that hour over the last {_WEEKS} weeks, in the chosen time zone. "
        "A click shows the last such hour.",
        source="Prometheus",
        questions={"past": Past(what.promql, what.recorded)},
        draw=draw,
        table=table,
        chart=True,
        metrics=(metric,),
        zoned=True,
        height=280,
    )


def _hours_table(week: HoursOfWeek, what: Busy) -> Table:
    columns = (Column("weekday"), Column("hour"), Column("zone"), Column("mean", what.unit))
    rows = tuple(
        (weekday, f"{hour:02}:00", week.zone, week.values[day][hour], week.samples[day][hour] or None)
        for day, weekday in enumerate(WEEKDAYS)
        for hour in range(HOURS)
    )
    return Table((*columns, Column("values", Unit.COUNT)), rows)


REQUESTS = _by_hour(
    "activity.requests",
    "Requests by hour of the week",
    help="Requests that all services answered, a second.",
    what=Busy(
        f"sum(rate({platform.API_SECONDS}_count{{{_JOBS}}}[$rate]))",
        platform.recorded_rate(f"job:{platform.API_SECONDS}_count:rate5m{{{_JOBS}}}"),
        Unit.PER_SECOND,
    ),
    metric=f"{platform.API_SECONDS}_count",
)

ERRORS = _by_hour(
    "activity.errors",
    "Errors by hour of the week",
    help="Errors that all services counted, a minute.",
    what=Busy(
        f"sum(rate(tamma_errors_total{{{_JOBS}}}[$rate])) * 60",
        f"{platform.recorded_rate(f'job:tamma_errors:rate5m{{{_JOBS}}}')} * 60",
        Unit.PER_MINUTE,
    ),
    metric="tamma_errors_total",
)

STARTED = _by_hour(
    "activity.started",
    "Workflow runs started by hour of the week",
    help="Workflow runs that were started, an hour.",
    what=Busy(
        "sum(rate(tamma_workflows_started_total[$rate])) * 3600",
        f"{platform.recorded_rate('all:tamma_workflows_started:rate5m')} * 3600",
        Unit.COUNT,
        suffix="/h",
    ),
    metric="tamma_workflows_started_total",
)

ENDED = _by_hour(
    "activity.ended",
    "Workflow runs ended by hour of the week",
    help="Workflow runs that ended, whatever their outcome, an hour.",
    what=Busy(
        "sum(rate(tamma_workflows_completed_total[$rate])) * 3600",
        f"{platform.recorded_rate('outcome:tamma_workflows_completed:rate5m')} * 3600",
        Unit.COUNT,
        suffix="/h",
    ),
    metric="tamma_workflows_completed_total",
)


def _cumulative(given: Given) -> Mapping[str, Sequence[float | None]]:
    return {one.labels["le"]: one.values for one in given.matrix("buckets").series if "le" in one.labels}


def _draw_latency(given: Given) -> Chart:
    buckets = bucket_counts(_cumulative(given))
    return Chart(latency_map(buckets, given.window.times, revision="activity.latency", unit=Unit.PER_SECOND))


def _latency_table(given: Given) -> Table:
    lines = tuple(Line(_bounds(bucket), tuple(bucket.counts)) for bucket in bucket_counts(_cumulative(given)))
    return grid_table(lines, given.window.times, Unit.PER_SECOND)


def _bounds(bucket: Bucket) -> str:
    low, high = f"{bucket.low:.15g}", f"{bucket.high:.15g}"
    return f"above {low} s" if isinf(bucket.high) else f"{low} to {high} s"


LATENCY = Widget(
    key="activity.latency",
    title="Response times",
    help="Requests a second by how long their answer took, in the buckets of the services' histogram. "
    "A click shows that moment on all charts.",
    source="Prometheus",
    questions={
        "buckets": Over(
            f"sum by (le) (rate({_BUCKETS}{{{_JOBS}}}[$rate]))",
            platform.recorded_rate(f"job_le:{_BUCKETS}:rate5m{{{_JOBS}}}", "le"),
        )
    },
    draw=_draw_latency,
    table=_latency_table,
    chart=True,
    metrics=(_BUCKETS,),
    columns=12,
    height=280,
)

WIDGETS = (HEALTH, LATENCY, REQUESTS, ERRORS, STARTED, ENDED)
