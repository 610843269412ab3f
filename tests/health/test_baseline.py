"""What is usual is learnt from weeks, by the clock on the wall, and incidents do not teach it."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.health.baseline import Profile, TooLittle, profile
from app.health.deviation import usual
from app.health.weeks import Kind, median
from tests.health import rhythms

STEP = 1_800


def learnt(values: list[float | None], *, start: int = rhythms.START, zone: str = rhythms.BERLIN) -> Profile:
    found = profile([start + STEP * (place + 1) for place in range(len(values))], values, zone=zone)
    assert isinstance(found, Profile)
    return found


def weekly(weeks: int, seed: int = 1) -> tuple[list[int], list[float | None]]:
    times = rhythms.minutes(7 * weeks)
    return rhythms.means(times, rhythms.multiplied(np.random.default_rng(seed), times), STEP)


@pytest.mark.parametrize("days", [0, 1, 2])
def test_less_than_three_days_are_not_enough_and_it_says_so(days: int) -> None:
    times, values = weekly(1)
    found = profile(times[: 48 * days], values[: 48 * days])
    words = "1 day" if days == 1 else f"{days} days"
    assert found == TooLittle(f"{words} of history, 3 needed")


def test_unknown_values_are_no_history() -> None:
    times, values = weekly(4)
    known: list[float | None] = [value if place < 96 else None for place, value in enumerate(values)]
    assert profile(times, known) == TooLittle("2 days of history, 3 needed")
    assert profile(times, [None] * len(times)) == TooLittle("0 days of history, 3 needed")


def test_a_few_days_of_nothing_but_zero_say_nothing() -> None:
    times, _ = weekly(1)
    assert profile(times, [0.0] * len(times)) == TooLittle("nothing but zero in 7 days of history, 14 needed")


def test_thursday_to_saturday_is_too_little_of_either() -> None:
    times, values = weekly(1)
    found = profile(times[48 * 3 : 48 * 6], values[48 * 3 : 48 * 6])
    assert found == TooLittle("3 days of history, 3 workdays or 2 days of a weekend needed")


def test_a_step_that_does_not_divide_an_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="1000"):
        profile(list(range(0, 86_400 * 7, 1_000)), [1.0] * 605)


def test_a_week_without_noise_is_learnt_as_it_is() -> None:
    """Against a table made by hand: the mean of the values at the same weekday and time."""
    times = rhythms.minutes(21)
    ends, values = rhythms.means(times, 100 * rhythms.rhythm(times, "UTC"), STEP)
    table: dict[tuple[int, float], list[float]] = defaultdict(list)
    for end, value in zip(ends, values, strict=True):
        middle = datetime.fromtimestamp(end - STEP / 2, UTC)
        table[middle.weekday(), middle.hour * 3_600 + middle.minute * 60 - 900].append(value or 0.0)
    found = learnt(values, zone="UTC")
    assert found.kind is Kind.WEEK
    assert (found.days, found.weeks) == (21, 3)
    expected = [np.mean(table[slot // 48, slot % 48 * STEP]) for slot in range(336)]
    np.testing.assert_allclose(found.usual * found.levels[-1], expected, rtol=0.02)


def test_the_plainest_kind_that_foretells_as_well_is_taken() -> None:
    kinds = {
        rhythms.constant: Kind.LEVEL,
        rhythms.latency: Kind.LEVEL,
        rhythms.nightly_job: Kind.DAY,
        rhythms.multiplied: Kind.WEEK,
    }
    times = rhythms.minutes(28)
    for series, kind in kinds.items():
        ends, values = rhythms.means(times, series(np.random.default_rng(4), times), STEP)
        found = profile(ends, values, zone=rhythms.BERLIN)
        assert isinstance(found, Profile)
        assert found.kind is kind, series.__name__


def test_a_working_week_says_nothing_of_the_weekend() -> None:
    times, values = weekly(1)
    found = profile(times[: 48 * 5], values[: 48 * 5], zone="UTC")
    assert isinstance(found, Profile)
    known = np.isfinite(found.usual).reshape(7, 48)
    assert known[:5].all()
    assert not known[5:].any()


@pytest.mark.parametrize(
    ("zone", "turn"),
    [
        ("Europe/Berlin", (2025, 10, 26)),
        ("Europe/Berlin", (2026, 3, 29)),
        ("America/New_York", (2025, 11, 2)),
        ("America/New_York", (2026, 3, 8)),
        ("Australia/Lord_Howe", (2026, 4, 5)),
    ],
)
def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(zone: str, turn: tuple[int, int, int]) -> None:
    """A job at nine each day by the wall, three weeks before and one after the change."""
    midnight = rhythms.local_midnight(*turn, zone) // STEP * STEP
    ends = range(midnight - 21 * 86_400 + STEP, midnight + 7 * 86_400 + 1, STEP)
    clock = ZoneInfo(zone)

    def at_nine(end: int) -> float:
        return 50.0 if datetime.fromtimestamp(end - STEP / 2, clock).hour == 9 else 10.0

    found = profile(list(ends), [at_nine(end) for end in ends], zone=zone)
    assert isinstance(found, Profile)
    later = range(midnight + 7 * 86_400 + STEP, midnight + 14 * 86_400 + 1, STEP)
    before = range(midnight - 7 * 86_400 + STEP, midnight + 1, STEP)
    across = range(midnight - 3 * 86_400 + STEP, midnight + 4 * 86_400 + 1, STEP)
    for week in (before, across, later):
        centre, _ = usual(found, list(week), step=STEP)
        np.testing.assert_allclose(centre, [at_nine(end) for end in week], rtol=1e-6)


def test_the_hour_that_comes_twice_is_one_hour_of_the_week() -> None:
    ends, values = weekly(4)
    found = profile(ends, values, zone=rhythms.BERLIN)
    assert isinstance(found, Profile)
    assert len(found.usual) == 336
    assert np.isfinite(found.usual).all()


@pytest.mark.parametrize("weeks", [2, 3, 4])
def test_an_outage_of_three_hours_and_a_flood_teach_nothing(weeks: int) -> None:
    _, values = weekly(weeks)
    hurt = list(values)
    hurt[-90:-84] = [0.0] * 6
    hurt[100:106] = [1_000.0] * 6
    clean, poisoned = learnt(values), learnt(hurt)
    off = np.abs(poisoned.usual / clean.usual - 1)
    assert off.max() < 0.35
    assert np.median(off) < 0.01
    assert np.median(poisoned.spread / clean.spread) < (1.1 if weeks > 2 else 1.3)


def test_a_flood_without_measure_leaves_the_kind_as_it_is() -> None:
    _, values = weekly(4)
    hurt = list(values)
    hurt[400:406] = [1e9] * 6
    assert learnt(hurt).kind is learnt(values).kind is Kind.WEEK


def test_a_level_that_held_for_a_week_is_the_new_usual() -> None:
    ends, values = weekly(4)
    shifted: list[float | None] = [
        None if value is None else value * (1.6 if place >= 48 * 18 else 1) for place, value in enumerate(values)
    ]
    tomorrow = [ends[-1] + STEP * (place + 1) for place in range(48)]
    before, _ = usual(learnt(values), tomorrow, step=STEP)
    after, _ = usual(learnt(shifted), tomorrow, step=STEP)
    assert np.median(after / before) == pytest.approx(1.6, rel=0.05)


def test_growth_goes_on_and_one_step_up_does_not() -> None:
    times = rhythms.minutes(35)
    ends, values = rhythms.means(times, rhythms.disk_used(np.random.default_rng(2), times), STEP)
    found = profile(ends[:1344], values[:1344])
    assert isinstance(found, Profile)
    centre, _ = usual(found, ends[1344:], step=STEP)
    np.testing.assert_allclose(centre, np.array(values[1344:], dtype=np.float64), rtol=0.005)
    step_up = [100.0 + (60.0 if place >= 48 * 21 else 0.0) + place % 2 for place in range(1344)]
    assert learnt(list(step_up)).growth == 0.0


def test_the_spread_is_that_of_the_noise() -> None:
    """Half hours scatter by hypot(0.05, 0.25 / sqrt(30)) of their level; one week is seen from three others."""
    found = learnt(weekly(4)[1])
    expected = float(np.hypot(0.05, 0.25 / np.sqrt(30)))
    assert expected < np.median(found.spread / found.usual) < 1.6 * expected


def test_the_last_four_weeks_count() -> None:
    ends, values = weekly(4)
    older = [ends[0] - STEP * place for place in range(480, 0, -1)]
    assert learnt(values).usual == pytest.approx(profile(older + ends, [5.0] * 480 + values, zone=rhythms.BERLIN).usual)  # type: ignore[union-attr]


def test_four_weeks_cost_milliseconds() -> None:
    ends, values = weekly(4)

    def cost() -> float:
        start = time.perf_counter()
        profile(ends, values, zone=rhythms.BERLIN)
        return time.perf_counter() - start

    assert min(cost() for _ in range(20)) < 0.01


@given(st.lists(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=3, max_size=3), min_size=1, max_size=9))
def test_the_median_is_that_of_what_is_known(rows: list[list[float]]) -> None:
    values = np.array(rows)
    for column, found in enumerate(median(values)):
        known = values[:, column][np.isfinite(values[:, column])]
        assert np.isnan(found) if not len(known) else found == pytest.approx(float(np.median(known)))
