"""The explorer's numbers over the eventful past, with its gaps and restarts, against arithmetic on the raw samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import fsum, isnan

import pytest

from app.drawing import Drawer
from app.sources.windows import Window, read_window
from app.widgets.explore import widget_for
from tests.widgets.arithmetic import History, Labels, latest, quantile, rate
from tests.widgets.past import NOW
from tests.widgets.test_numbers_are_true import near, rate_range

COMPARED = {"explore.chart"}
API = "tamma_api_response_duration_seconds"
MEMORY = "process_resident_memory_bytes"
Curves = dict[str, list[float | None]]
Value = Callable[[str, float], float | None]


@pytest.fixture(params=["now-1h", "now-3h"])
def window(request: pytest.FixtureRequest) -> Window:
    return read_window(request.param, "now", NOW)


def drawn(drawer: Drawer, window: Window, text: str) -> Curves:
    """The columns of the table behind the chart."""
    table = drawer.table(widget_for(text), window)
    names = [column.name for column in table.columns]
    values = zip(*table.rows, strict=True)
    return {
        name: [None if one is None else float(one) for one in column]
        for name, column in zip(names, values, strict=True)
        if name != "time"
    }


def jobs(history: History, name: str) -> set[str]:
    return {labels["job"] for labels, _ in history.of(name)}


def per_job(history: History, window: Window, name: str, value: Value) -> Curves:
    found = {job: [value(job, at) for at in window.times] for job in jobs(history, name)}
    return {job: values for job, values in found.items() if any(one is not None for one in values)}


def of(job: str) -> Callable[[Labels], bool]:
    return lambda labels: labels["job"] == job


def known(values: Iterable[float | None]) -> list[float]:
    return [one for one in values if one is not None]


def numbers(found: list[float]) -> list[float]:
    """Without what is not a number, unless there is nothing else: so Prometheus takes a minimum and a maximum."""
    return [one for one in found if not isnan(one)] or found


def expect_same(found: Curves, expected: Curves) -> None:
    assert set(found) == set(expected)
    for name, values in expected.items():
        # What is not a number is not drawn: it is a gap.
        expected_here = [None if one is None or isnan(one) else near(one) for one in values]
        assert found[name] == expected_here, name


def test_a_sum_of_counters_by_job(drawer: Drawer, history: History, window: Window) -> None:
    def value(job: str, at: float) -> float | None:
        found = known(rate(points, at, rate_range(window)) for _, points in history.of("tamma_errors_total", of(job)))
        return fsum(found) if found else None

    expected = per_job(history, window, "tamma_errors_total", value)
    assert len(expected) > 1
    expect_same(drawn(drawer, window, "metric=tamma_errors_total&kind=counter&agg=sum&by=job"), expected)


@pytest.mark.parametrize(
    ("word", "reduce"),
    [
        ("avg", lambda found: fsum(found) / len(found)),
        ("min", lambda found: min(numbers(found))),
        ("max", lambda found: max(numbers(found))),
        ("sum", fsum),
        ("count", len),
    ],
)
def test_every_aggregation_of_a_gauge(
    drawer: Drawer, history: History, window: Window, word: str, reduce: Callable[[list[float]], float]
) -> None:
    def value(job: str, at: float) -> float | None:
        found = known(latest(points, at) for _, points in history.of(MEMORY, of(job)))
        return reduce(found) if found else None

    expect_same(
        drawn(drawer, window, f"metric={MEMORY}&kind=gauge&agg={word}&by=job"), per_job(history, window, MEMORY, value)
    )


def test_a_percentile_by_job(drawer: Drawer, history: History, window: Window) -> None:
    def value(job: str, at: float) -> float | None:
        buckets: dict[float, float] = {}
        for labels, points in history.of(f"{API}_bucket", of(job)):
            if (one := rate(points, at, rate_range(window))) is not None:
                buckets[float(labels["le"])] = buckets.get(float(labels["le"]), 0.0) + one
        return quantile(0.95, buckets)

    expect_same(
        drawn(drawer, window, f"metric={API}_bucket&kind=histogram&agg=p95&by=job"),
        per_job(history, window, f"{API}_bucket", value),
    )


def test_a_filter_leaves_what_it_says(drawer: Drawer, history: History, window: Window) -> None:
    def value(job: str, at: float) -> float | None:
        found = known(latest(points, at) for _, points in history.of(MEMORY, of(job)))
        return fsum(found) if found else None

    every = per_job(history, window, MEMORY, value)
    text = f"metric={MEMORY}&kind=gauge&where=job,ne,api&agg=sum&by=job"
    expect_same(drawn(drawer, window, text), {job: values for job, values in every.items() if job != "api"})


def test_the_highest_are_those_with_the_highest_mean(drawer: Drawer, history: History, window: Window) -> None:
    def value(job: str, at: float) -> float | None:
        found = known(latest(points, at) for _, points in history.of(MEMORY, of(job)))
        return fsum(found) if found else None

    every = per_job(history, window, MEMORY, value)
    means = {job: fsum(numbers(known(values))) / len(numbers(known(values))) for job, values in every.items()}
    highest = sorted(means, key=lambda job: -means[job])[:2]
    found = drawn(drawer, window, f"metric={MEMORY}&kind=gauge&agg=sum&by=job&top=2")
    expect_same(found, {job: every[job] for job in highest})
