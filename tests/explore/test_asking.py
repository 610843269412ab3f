"""What an exploration asks: its query and unit, as the metric's type and name say."""

from __future__ import annotations

import pytest

from app.access import Role
from app.explore.asking import counted, promql, shown, title, unit
from app.explore.text import parse
from app.figures.units import Unit
from app.sources.windows import Window

QUERIES = {
    "metric=up": "up{}",
    "metric=up&agg=count": "count by () (up{})",
    "metric=up&where=job,eq,api&where=instance,nre,x%2E%2A": 'up{job="api",instance!~"x.*"}',
    "metric=a_total": "rate(a_total{}[$rate])",
    "metric=a_total&kind=gauge": "a_total{}",
    "metric=a_total&agg=count&by=job": "count by (job) (a_total{})",
    "metric=a&kind=counter&agg=max&by=job,step": "max by (job, step) (rate(a{}[$rate]))",
    "metric=a_seconds_sum": "rate(a_seconds_sum{}[$rate])",
    "metric=job:a:x_total": "job:a:x_total{}",
    "metric=a_bucket&agg=p99&by=job": "histogram_quantile(0.99, sum by (le, job) (rate(a_bucket{}[$rate])))",
    "metric=a_bucket&agg=p50": "histogram_quantile(0.50, sum by (le) (rate(a_bucket{}[$rate])))",
    "promql=sum(up)": "sum(up)",
}


@pytest.mark.parametrize(("written", "query"), QUERIES.items())
def test_the_query(written: str, query: str) -> None:
    assert promql(parse(written)) == query


def test_a_dollar_sign_of_a_value_is_not_filled_in() -> None:
    assert "$rate" not in promql(parse("metric=up&where=job,eq,%24rate"))


def test_nothing_is_chosen_where_there_is_one_series() -> None:
    assert shown(parse("metric=up&agg=sum")) == "sum by () (up{})"
    assert counted(parse("metric=up&agg=sum")) == ""
    assert shown(parse("promql=sum(up)")) == "sum(up)"
    assert "topk(7, " in shown(parse("metric=up&top=7"))


UNITS = {
    "metric=a_seconds": Unit.SECONDS,
    "metric=a_bytes": Unit.BYTES,
    "metric=a_ratio": Unit.SHARE,
    "metric=a": Unit.COUNT,
    "metric=process_start_time_seconds": Unit.COUNT,
    "metric=a_total": Unit.PER_SECOND,
    "metric=a&kind=counter": Unit.PER_SECOND,
    "metric=a_total&kind=gauge": Unit.COUNT,
    "metric=a_total&agg=count": Unit.COUNT,
    "metric=a_bytes_total": Unit.BYTES_PER_SECOND,
    "metric=node_cpu_seconds_total": Unit.CORES,
    "metric=node_disk_io_time_seconds_total": Unit.COUNT,
    "metric=a_seconds_bucket": Unit.PER_SECOND,
    "metric=a_seconds_bucket&agg=p95": Unit.SECONDS,
    "metric=a_bytes_bucket&agg=p95": Unit.BYTES,
    "metric=a_bucket&agg=p95": Unit.COUNT,
    "metric=a_seconds_count": Unit.PER_SECOND,
    "metric=a_seconds_count&kind=gauge": Unit.COUNT,
    "promql=a_seconds": Unit.COUNT,
}


@pytest.mark.parametrize(("written", "expected"), UNITS.items())
def test_the_unit(written: str, expected: Unit) -> None:
    assert unit(parse(written)) is expected


def test_the_title_says_what_is_shown_and_stays_short() -> None:
    assert title(parse("metric=a_total&agg=sum&by=job")) == "sum of a_total, per second, by job"
    assert title(parse("metric=a_seconds_bucket&agg=p95")) == "p95 of a_seconds"
    assert title(parse("metric=up")) == "up"
    assert len(title(parse("promql=" + "up%20or%20" * 300 + "up"))) == 120


DAY = 86_400


@pytest.mark.parametrize(
    ("written", "days", "role"),
    [
        ("metric=up", 7, Role.READONLY),
        ("metric=up&top=20", 1, Role.READONLY),
        ("metric=up", 8, Role.DEVELOPER),
        ("metric=up&top=21", 1, Role.DEVELOPER),
        ("promql=up", 1, Role.DEVELOPER),
        ("promql=up", 30, Role.DEVELOPER),
    ],
)
def test_what_goes_beyond_the_open_limits_is_for_developers(written: str, days: int, role: Role) -> None:
    window = Window(0, days * DAY + 3_600, 3_600, live=False, asked=("a", "b"))
    assert parse(written).role_in(window) is role
    assert parse(written).role <= role
