"""The outlook says when a resource is full, how sure that is, and plainly when it does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from statistics import median

import numpy as np
import pytest

from app.health.capacity import Outlook, Verdict, outlook
from app.health.daily import cleanings
from app.health.line import student_quantile
from app.health.trend import theil_sen

END = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3_600, 86_400


def grid(days: int, end: int = END) -> list[int]:
    return [end - HOUR * (days * 24 - 1 - place) for place in range(days * 24)]


def days_of(days: int) -> np.ndarray:
    return np.arange(days * 24) / 24


def noise(days: int, size: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, days * 24)


def told(values: Sequence[float], limit: float | None = 100.0, **more: object) -> Outlook:
    return outlook(grid(len(values) // 24), list(values), limit=limit, **more)  # type: ignore[arg-type]


def test_a_straight_line_is_full_when_arithmetic_says_so() -> None:
    """Two units a day from 20: the high of a day is that of its 23rd hour, nearly."""
    found = told(20 + 2 * days_of(20))
    assert found.verdict is Verdict.FULL
    assert found.exhaustion is not None and found.exhaustion.expected is not None
    crossing = END + (100 - (20 + 2 * days_of(20)[-1])) / 2 * DAY
    assert found.exhaustion.expected == pytest.approx(crossing, abs=0.5 * DAY)
    assert found.line is not None and found.line.slope.per_x == pytest.approx(2)


def test_the_words_have_the_date_and_its_uncertainty() -> None:
    found = told(20 + 2 * days_of(20) + np.repeat(np.random.default_rng(5).normal(0, 4, 20), 24))
    assert found.exhaustion is not None
    first, middle, last = found.exhaustion.earliest, found.exhaustion.expected, found.exhaustion.latest
    assert middle is not None and last is not None
    assert first < middle < last
    for moment in (first, middle, last):
        day = datetime.fromtimestamp(moment, UTC)
        assert f"{day.day} {day:%B}" in found.words


def test_a_date_in_another_year_says_the_year() -> None:
    assert told(20 + 0.5 * days_of(30)).words == "full around 2 April 2027"


def test_the_date_is_a_day_of_the_zone() -> None:
    late = 20 + 2 * days_of(20)
    found = told(late, zone="UTC")
    assert found.exhaustion is not None and found.exhaustion.expected is not None
    kiritimati = told(late, zone="Pacific/Kiritimati")
    day = datetime.fromtimestamp(found.exhaustion.expected, UTC) + timedelta(hours=14)
    assert f"around {day.day} {day:%B}" in kiritimati.words


@pytest.mark.parametrize(
    "values",
    [
        50 + noise(30, 2),
        60 - 0.5 * days_of(30) + noise(30, 1),
        np.full(720, 7.0),
        np.zeros(720),
        50 + 20 * np.sin(2 * np.pi * days_of(30)),
        np.where(days_of(28) % 7 < 5, 80.0, 30.0) + noise(28, 1),
        20 + 5 * (days_of(28) % 7),
        np.where((days_of(30) > 12) & (days_of(30) < 13), 90.0, 30.0) + noise(30, 0.3),
    ],
    ids=["level", "falling", "constant", "zero", "days", "weekends", "cleaned weekly", "one incident"],
)
def test_what_does_not_grow_is_said_plainly(values: np.ndarray) -> None:
    found = told(values)
    assert found.verdict is Verdict.NOT_GROWING
    assert found.words == "not growing"
    assert found.exhaustion is None


def test_level_series_are_called_growing_in_few_of_many_cases() -> None:
    growing = sum(told(50 + noise(14, 2, seed)).verdict is not Verdict.NOT_GROWING for seed in range(200))
    assert growing <= 10


@pytest.mark.parametrize("days", [0, 1, 6])
def test_less_than_a_week_is_not_enough(days: int) -> None:
    found = told(20 + 2 * days_of(days))
    words = "1 day" if days == 1 else f"{days} days"
    assert (found.verdict, found.words) == (Verdict.NOT_ENOUGH_HISTORY, f"not enough history: {words}, 7 needed")
    assert found.line is found.exhaustion is found.head_room is None


def test_unknown_hours_are_no_days() -> None:
    values: list[float | None] = [*(20 + 2 * days_of(20))]
    values[48:] = [None] * len(values[48:])
    assert outlook(grid(20), values, limit=100).verdict is Verdict.NOT_ENOUGH_HISTORY


def test_a_gap_of_a_week_leaves_the_slope_as_it_is() -> None:
    values: list[float | None] = [*(20 + 2 * days_of(30) + noise(30, 0.1))]
    values[240:408] = [None] * 168
    found = outlook(grid(30), values, limit=100)
    assert found.line is not None
    assert found.line.slope.per_x == pytest.approx(2, rel=0.01)


def test_what_is_at_its_limit_is_told_no_date() -> None:
    found = told(20 + 3 * days_of(30))
    assert found.words == "already at its limit"
    assert found.exhaustion is None
    assert found.head_room is not None and found.head_room < 0


def test_without_a_limit_there_is_no_date_and_no_head_room() -> None:
    found = told(20 + 2 * days_of(20), None)
    assert (found.verdict, found.words) == (Verdict.NO_LIMIT, "growing, no limit known")
    assert found.exhaustion is found.head_room is found.head_room_share is None
    assert told(50 + noise(30, 2), None).verdict is Verdict.NOT_GROWING


def test_no_date_beyond_the_horizon() -> None:
    slow = 20 + 0.1 * days_of(30)
    assert told(slow).words == "not within a year"
    assert told(20 + 2 * days_of(20), horizon_days=10).words == "not within 10 days"
    for slope in np.linspace(0.05, 1, 40):
        found = told(20 + slope * days_of(30) + noise(30, 3))
        moments = () if found.exhaustion is None else (found.exhaustion.expected, found.exhaustion.latest)
        assert all(moment is None or moment <= END + 366 * DAY for moment in moments)


def test_head_room_is_what_is_left_above_the_latest_high() -> None:
    found = told(50 + 10 * np.sin(2 * np.pi * days_of(10)), 80.0)
    assert found.head_room == pytest.approx(20, abs=0.5)
    assert found.head_room_share == pytest.approx(0.25, abs=0.01)


def test_a_clean_up_moves_the_line_and_keeps_the_slope() -> None:
    days = days_of(30)
    found = told(np.where(days < 20, 40 + 2 * days, 20 + 2 * (days - 20)) + noise(30, 0.3))
    assert found.cleaned == 1
    assert found.line is not None and found.exhaustion is not None and found.exhaustion.expected is not None
    assert found.line.slope.per_x == pytest.approx(2, rel=0.03)
    assert found.exhaustion.expected == pytest.approx(END + (100 - 40) / 2 * DAY, abs=DAY)
    assert found.line.since == pytest.approx(END - 10 * DAY, abs=HOUR)


def test_a_clean_up_of_yesterday_counts_at_once() -> None:
    days = days_of(30)
    found = told(np.where(days < 29, 40 + 2 * days, 20 + 2 * (days - 29)) + noise(30, 0.3), 120.0)
    assert found.cleaned == 1
    assert found.exhaustion is not None and found.exhaustion.expected is not None
    assert found.exhaustion.expected == pytest.approx(END + (120 - 22) / 2 * DAY, abs=1.5 * DAY)


def test_growth_beneath_a_weekly_clean_up_is_found() -> None:
    days = days_of(30)
    found = told(20 + 5 * (days % 7) + days + noise(30, 0.3))
    assert found.verdict is Verdict.FULL
    assert found.line is not None
    assert found.line.slope.low < 1 < found.line.slope.high


def test_neither_weekends_nor_the_end_of_a_spike_are_clean_ups() -> None:
    assert not len(cleanings(np.array([50, 50, 51, 50, 20, 21, 50, 50, 51, 50, 50, 20, 20.0])))
    assert not len(cleanings(np.array([30, 31, 30, 90, 30, 31, 30, 30, 31, 30.0])))
    assert list(cleanings(np.array([30, 32, 34, 36, 38, 40, 42, 44, 10, 12.0]))) == [8]


def test_the_slope_is_the_median_of_all_slopes() -> None:
    """Against the definition, one pair after the other."""
    rng = np.random.default_rng(7)
    for count in (2, 3, 8, 30):
        x = np.sort(rng.random(count) * 30)
        y = rng.standard_t(2, count) + x
        found = theil_sen(x, y)
        slopes = [(y[b] - y[a]) / (x[b] - x[a]) for a, b in combinations(range(count), 2)]
        assert found is not None
        assert found.per_x == pytest.approx(median(slopes))
        assert found.low <= found.per_x <= found.high


def test_a_quarter_of_wild_days_does_not_bend_the_slope() -> None:
    x = np.arange(28.0)
    y = 3 * x
    y[2::4] += 1_000
    found = theil_sen(x, y)
    assert found is not None
    assert found.per_x == pytest.approx(3, rel=0.5)
    assert float(np.polyfit(x, y + np.where(x > 20, 5_000, 0), 1)[0]) > 100


def test_one_point_has_no_slope() -> None:
    assert theil_sen(np.array([1.0]), np.array([2.0])) is None


@pytest.mark.parametrize("memory", [0.0, 0.5])
@pytest.mark.parametrize("days", [7, 14, 30])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_band_holds_as_many_coming_days_as_it_says(days: int, memory: float, confidence: float) -> None:
    """Highs of the next day, of one in a week and of one in two weeks, for 150 platforms."""
    inside = slopes = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        steps = rng.normal(0, 3, days + 15)
        for day in range(1, len(steps)):
            steps[day] = memory * steps[day - 1] + (1 - memory**2) ** 0.5 * steps[day]
        at = days_of(days + 15)
        values = 100 + 2 * at + 10 * np.sin(2 * np.pi * at) + np.repeat(steps, 24) + rng.normal(0, 1, len(at))
        found = told(values[: days * 24], 1_000)
        assert found.line is not None
        coming = [0, 6, 13]
        highs = np.quantile(values[days * 24 :].reshape(-1, 24), 0.95, axis=1)[coming]
        low, high = found.line.band([END + (day + 0.5) * DAY for day in coming], confidence)
        inside += int(((low <= highs) & (highs <= high)).sum())
        slopes += found.line.slope.low <= 2 <= found.line.slope.high
    assert confidence - 0.05 <= inside / 450 <= min(1.0, confidence + 0.12)
    assert slopes / 150 >= 0.85


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [
        (0.9, 3, 1.6377),
        (0.9, 5, 1.4759),
        (0.9, 28, 1.3125),
        (0.975, 3, 3.1824),
        (0.975, 5, 2.5706),
        (0.975, 28, 2.0484),
    ],
)
def test_student_s_quantiles_are_those_of_the_table(probability: float, freedom: float, expected: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(expected, rel=0.002)
