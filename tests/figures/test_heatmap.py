"""Heat maps show the values they were given, in the right cell; what is unknown is not drawn."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.figures import theme
from app.figures.buckets import Bucket, bucket_counts
from app.figures.heatmap import CLICK_WORDS, MOST_COLUMNS, hour_map, latency_map, state_map
from app.figures.hours import hours_of_week
from app.figures.units import Unit

MINUTES = tuple(range(60_000, 60_000 + 60 * 6, 60))


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def hourly(start: str, hours: int) -> list[int]:
    return [epoch(start) + 3_600 * at for at in range(hours)]


def test_a_value_falls_into_the_hour_of_the_zone() -> None:
    week = hours_of_week([epoch("2026-07-06T22:30")], [4.0], zone="Europe/Berlin")
    assert week.values[1][0] == 4.0  # Tuesday, half past midnight
    assert sum(count for row in week.samples for count in row) == 1
    assert hours_of_week([epoch("2026-07-06T22:30")], [4.0], zone="Asia/Kolkata").values[1][4] == 4.0


def test_a_rate_counts_in_the_hour_it_speaks_for() -> None:
    week = hours_of_week([epoch("2026-07-06T14:00")], [4.0], zone="UTC", span_s=3_600)
    assert (week.values[0][13], week.values[0][14]) == (4.0, None)


def test_the_hour_that_comes_twice_counts_twice() -> None:
    """Berlin, 25 October 2026: two o'clock comes at 0:00 and at 1:00 UTC."""
    times = hourly("2026-10-24T22:00", 25)
    week = hours_of_week(times, [float(at) for at in range(25)], zone="Europe/Berlin")
    assert week.samples[6] == (1, 1, 2, *[1] * 21)
    assert week.values[6][2] == 2.5
    assert week.samples[6][2] == 2


def test_the_hour_that_is_left_out_does_not_count() -> None:
    """Berlin, 29 March 2026: after 1:59 comes 3:00."""
    week = hours_of_week(hourly("2026-03-28T23:00", 23), [1.0] * 23, zone="Europe/Berlin")
    assert week.samples[6] == (1, 1, 0, *[1] * 21)
    assert week.values[6][2] is None


def test_unknown_is_not_zero() -> None:
    times = [epoch("2026-07-06T10:00"), epoch("2026-07-13T10:00"), epoch("2026-07-07T10:00")]
    week = hours_of_week(times, [4.0, None, 0.0], zone="UTC")
    assert (week.values[0][10], week.values[1][10], week.values[2][10]) == (4.0, 0.0, None)
    trace = hour_map(week, revision="key", unit=Unit.COUNT)["data"][0]
    assert (trace["z"][0][10], trace["z"][1][10], trace["z"][2][10]) == (4.0, 0.0, None)
    assert trace["hoverongaps"] is False
    assert trace["text"][0][10] == f"<b>Mon 10:00 to 10:59</b><br>4<br>mean of 1 value<br>{CLICK_WORDS}"


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=400), st.integers(0, 10**9))
def test_nothing_is_lost_or_made(values: list[float | None], start: int) -> None:
    week = hours_of_week([start + 1_800 * at for at in range(len(values))], values, zone="Australia/Lord_Howe")
    cells = [zip(means, counts, strict=True) for means, counts in zip(week.values, week.samples, strict=True)]
    total = math.fsum(mean * count for row in cells for mean, count in row if mean)
    assert total == pytest.approx(math.fsum(v for v in values if v))
    assert sum(map(sum, week.samples)) == sum(value is not None for value in values)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises((ZoneInfoNotFoundError, ValueError)):
        hours_of_week([0], [1.0], zone=zone)


def test_values_are_scaled_with_the_unit_on_the_key() -> None:
    week = hours_of_week([epoch("2026-07-06T10:00")], [0.12345678], zone="UTC")
    trace = hour_map(week, revision="key", unit=Unit.SECONDS)["data"][0]
    assert (trace["z"][0][10], trace["zmin"], trace["zmax"], trace["colorbar"]["ticksuffix"]) == (
        123.5,
        0,
        123.5,
        " ms",
    )


def counts(buckets: tuple[Bucket, ...]) -> dict[str, list[float | None]]:
    return {bucket.words: list(bucket.counts) for bucket in buckets}


def test_buckets_are_what_lies_between_two_bounds() -> None:
    found = bucket_counts({"+Inf": [10.0, 0.0], "0.05": [4.0, 0.0], "1": [9.0, 0.0]})
    assert counts(found) == {"≤ 50 ms": [4.0, 0.0], "≤ 1 s": [5.0, 0.0], "> 1 s": [1.0, 0.0]}
    assert [bucket.low for bucket in found] == [0.0, 0.05, 1.0]


def test_a_change_of_bounds_leaves_those_that_are_not_there_unknown() -> None:
    found = bucket_counts({"0.1": [2.0, None], "0.2": [None, 3.0], "+Inf": [5.0, 7.0]})
    assert counts(found) == {"≤ 100 ms": [2.0, None], "≤ 200 ms": [None, 3.0], "> 200 ms": [3.0, 4.0]}


def test_a_reset_between_two_scrapes_makes_no_count_below_zero() -> None:
    assert counts(bucket_counts({"0.1": [5.0], "0.2": [3.0], "+Inf": [6.0]})) == {
        "≤ 100 ms": [5.0],
        "≤ 200 ms": [0.0],
        "> 200 ms": [1.0],
    }


def test_spellings_of_one_bound_are_one_and_nonsense_is_none() -> None:
    found = bucket_counts({"1": [2.0, None], "1.0": [3.0, 4.0], "NaN": [9.0, 9.0], "<b>": [9.0, 9.0]})
    assert counts(found) == {"≤ 1 s": [5.0, 4.0]}


def test_a_step_without_any_scrape_is_unknown() -> None:
    assert counts(bucket_counts({"1": [None], "+Inf": [None]})) == {"≤ 1 s": [None], "> 1 s": [None]}
    assert bucket_counts({}) == ()


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=90))
def test_joined_buckets_lose_no_observation(parts: list[int]) -> None:
    total = 0.0
    cumulative: dict[str, list[float | None]] = {}
    for at, part in enumerate(parts):
        total += part
        cumulative["+Inf" if at == len(parts) - 1 else str(at / 10)] = [total]
    found = bucket_counts(cumulative)
    assert len(found) <= 30
    assert sum(bucket.counts[0] or 0 for bucket in found) == sum(parts)
    assert found[-1].high == math.inf


def test_latencies_stand_in_their_cells_slowest_on_top() -> None:
    buckets = bucket_counts({"0.1": [1.0, None, 3.0, 4.0, 5.0, 6.0], "+Inf": [2.0, None, 3.0, 4.0, 5.0, 8.0]})
    figure = latency_map(buckets, MINUTES, revision="key")
    trace = figure["data"][0]
    assert trace["z"] == [[1.0, None, 0.0, 0.0, 0.0, 2.0], [1.0, None, 3.0, 4.0, 5.0, 6.0]]
    assert (trace["dx"], trace["x0"]) == (60_000, 59_970_000)  # the first step is 59,940 s to 60,000 s
    assert figure["layout"]["xaxis"]["range"] == [59_940_000, 60_300_000]
    assert figure["layout"]["yaxis"]["ticktext"] == ["&gt; 100 ms", "≤ 100 ms"]


def test_many_steps_are_joined_into_cells() -> None:
    times = tuple(range(0, 60 * 900, 60))
    trace = latency_map([Bucket(0, 1, (1.0, 3.0, None) * 300)], times, revision="key")["data"][0]
    assert len(trace["z"][0]) == 300 <= MOST_COLUMNS
    assert set(trace["z"][0]) == {2.0}
    assert (trace["dx"], trace["x0"]) == (180_000, 30_000)


def states(*words: str | None, name: str = "api") -> dict:
    return state_map({name: words}, MINUTES[: len(words)], revision="key")


def legend(figure: dict) -> list[str]:
    return [trace["name"] for trace in figure["data"] if "name" in trace]


def test_a_state_has_its_colour_and_its_word() -> None:
    figure = states("healthy", "unhealthy", None, "degraded", "on fire", "healthy")
    trace = figure["data"][0]
    assert trace["text"][0] == ["healthy", "unhealthy", "", "degraded", "unknown", "healthy"]
    assert trace["z"][0][2] is None
    for cell, word in zip(trace["z"][0], trace["text"][0], strict=True):
        if cell is not None:
            share = (cell - trace["zmin"]) / (trace["zmax"] - trace["zmin"])
            (low,) = [
                a
                for a, b in zip(trace["colorscale"][::2], trace["colorscale"][1::2], strict=True)
                if a[0] <= share < b[0]
            ]
            assert low[1] == theme.STATUS[word]
    assert legend(figure) == ["✓ healthy", "? unknown", "! degraded", "✕ unhealthy"]


def test_of_joined_states_the_worst_wins_and_what_is_known_counts() -> None:
    row = ["healthy"] * (2 * MOST_COLUMNS)
    row[7], row[8], row[10], row[11] = "unhealthy", None, None, None
    trace = state_map({"api": row}, tuple(range(0, 120 * MOST_COLUMNS, 60)), revision="key")["data"][0]
    assert trace["text"][0][2:6] == ["healthy", "unhealthy", "healthy", ""]
    assert len(trace["text"][0]) == MOST_COLUMNS


def test_bad_runs_that_are_broad_enough_have_a_sign() -> None:
    figure = states("healthy", "unhealthy", "unhealthy", "unhealthy", None, "degraded")
    (signs,) = [trace for trace in figure["data"] if trace.get("mode") == "text"]
    assert signs["text"] == ["✕", "!"]
    first = figure["data"][0]["x0"]
    assert signs["x"] == [first + 2 * 60_000, first + 5 * 60_000]


@pytest.mark.parametrize("name", ["<img src=x>", "a\nb", "<&" * 2_048, "%{y}"])
def test_names_are_shown_and_never_obeyed(name: str) -> None:
    figure = states("healthy", name=name)
    (row,) = figure["layout"]["yaxis"]["ticktext"]
    texts = [row, *figure["data"][0]["text"][0]]
    assert all("<" not in text.replace("<br>", "") and len(text) < 600 for text in texts)


def test_nothing_can_be_drawn() -> None:
    empty = hours_of_week([], [], zone="UTC")
    figures = [hour_map(empty, revision="key", unit=Unit.COUNT), latency_map([], (), revision="key")]
    figures += [
        state_map({}, (), revision="key"),
        states(None),
        latency_map([Bucket(0, 1, (0.0,))], (60,), revision="k"),
    ]
    for figure in figures:
        json.dumps(figure, allow_nan=False)
        assert figure["layout"]["uirevision"]


def test_the_scales_run_from_end_to_end() -> None:
    for scale in (theme.scale(theme.HEAT), theme.scale(theme.HEAT, 2), theme.steps(("#1", "#2", "#3"))):
        places = [place for place, _ in scale]
        assert (places[0], places[-1]) == (0, 1)
        assert places == sorted(places)
