"""Quiet hours stay unmarked, planted faults are found, and the band is drawn around both truthfully."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.health.baseline import Profile, TooLittle, profile
from app.health.deviation import band, deviations, marked, noise_of, usual
from tests.health import rhythms
from tests.health.rhythms import Floats, Times

SEEDS = range(6)
CUT = rhythms.START + 28 * rhythms.DAY
Series = Callable[[np.random.Generator, Times], Floats]
Fault = Callable[[Times, Floats, int], tuple[Floats, int]]
_known: dict[tuple[str, int], tuple[Profile, Times, Floats]] = {}


def platform(series: Series, seed: int) -> tuple[Profile, Times, Floats]:
    """The profile of four weeks, and the minutes of the week after."""
    if (series.__name__, seed) not in _known:
        times = rhythms.minutes(35)
        values = series(np.random.default_rng(seed), times)
        past = times <= CUT
        found = profile(*rhythms.means(times[past], values[past], 1_800), zone=rhythms.BERLIN)
        assert isinstance(found, Profile)
        _known[series.__name__, seed] = found, times[~past], values[~past]
    return _known[series.__name__, seed]


@pytest.mark.parametrize("step", [60, 300, 1_800, 3_600])
@pytest.mark.parametrize("series", rhythms.STEADY)
def test_no_more_than_one_false_mark_in_a_hundred_quiet_hours(series: Series, step: int) -> None:
    """Marks that begin within an hour of each other are one."""
    marks = 0
    for seed in SEEDS:
        found, times, values = platform(series, seed)
        ends, shown = rhythms.means(times, values, step)
        at = np.array(ends)[marked(found, ends, shown, step=step)]
        marks += int((np.diff(at, prepend=-np.inf) > 3_600).sum())
    hours = len(SEEDS) * 7 * 24
    assert marks / hours <= 0.01, f"{marks} in {hours} h"


EASY = (rhythms.multiplied, rhythms.with_memory, rhythms.requests, rhythms.latency, rhythms.memory_used)
RARE = (rhythms.few_errors, rhythms.rare_errors, rhythms.nothing)
PLANTED = [
    *((series, fault) for series in EASY for fault in (rhythms.spike, rhythms.higher, rhythms.stopped)),
    *((series, rhythms.creeping) for series in EASY),
    *((series, rhythms.burst) for series in RARE),
]


@pytest.mark.parametrize("step", [60, 300, 1_800])
@pytest.mark.parametrize(("series", "fault"), PLANTED)
def test_what_is_planted_is_found_while_it_lasts(series: Series, fault: Fault, step: int) -> None:
    found_in = 0
    for seed in SEEDS:
        found, times, values = platform(series, seed)
        rng = np.random.default_rng(1_000 + seed)
        at = int(CUT + rhythms.DAY * rng.integers(1, 4) + 60 * rng.integers(8 * 60, 16 * 60))
        hurt, lasts = fault(times, values, at)
        seen = (times > CUT + (at - CUT) // 1_800 * 1_800 - 6 * 3_600) & (times <= at + lasts + 1_800)
        ends, shown = rhythms.means(times[seen], hurt[seen], step)
        marks = marked(found, ends, shown, step=step)
        during = (np.array(ends) > at) & (np.array(ends) <= at + lasts + step)
        found_in += bool((marks & during).any())
    assert found_in >= len(SEEDS) - 1, f"{found_in} of {len(SEEDS)}"


@pytest.mark.parametrize("days", [4, 8, 15])
def test_short_histories_do_not_cry_wolf_either(days: int) -> None:
    marks = hours = 0
    for series in rhythms.STEADY:
        for seed in SEEDS:
            times = rhythms.minutes(days + 7)
            values = series(np.random.default_rng(seed), times)
            past = times <= rhythms.START + days * rhythms.DAY
            found = profile(*rhythms.means(times[past], values[past], 1_800), zone=rhythms.BERLIN)
            if isinstance(found, TooLittle):
                continue
            ends, shown = rhythms.means(times[~past], values[~past], 1_800)
            known = np.isfinite(usual(found, ends, step=1_800)[0])
            at = np.array(ends)[marked(found, ends, shown, step=1_800)]
            marks += int((np.diff(at, prepend=-np.inf) > 3_600).sum())
            hours += int(known.sum()) / 2
    assert marks / hours <= 0.01, f"{marks} in {hours} h"


def test_a_mark_lies_on_the_fault_give_or_take_a_quarter_of_an_hour() -> None:
    found, times, values = platform(rhythms.multiplied, 0)
    at = CUT + rhythms.DAY + 12 * 3_600
    hurt, lasts = rhythms.higher(times, values, at)
    ends, shown = rhythms.means(times, hurt, 60)
    where = np.array(ends)[marked(found, ends, shown, step=60)]
    assert abs(where.min() - at) <= 900
    assert abs(where.max() - at - lasts) <= 900


def test_one_wild_scrape_is_no_mark() -> None:
    found, times, values = platform(rhythms.latency, 0)
    ends, shown = rhythms.means(times[:360], values[:360], 60)
    shown[200] = 1_000.0
    assert not marked(found, ends, shown, step=60).any()


def test_the_score_is_the_distance_in_spreads() -> None:
    found, times, _ = platform(rhythms.multiplied, 0)
    ends = times[29:3_000:30].tolist()
    centre, spread = usual(found, ends, step=1_800)
    scores = deviations(found, ends, list(centre + 3 * spread), step=1_800)
    np.testing.assert_allclose(scores, 3.0)
    assert (deviations(found, ends, list(centre - 2 * spread), step=1_800) < 0).all()


def test_unknown_stays_unknown() -> None:
    found, times, _ = platform(rhythms.multiplied, 0)
    ends = times[:240].tolist()
    nothing: list[float | None] = [None] * 240
    assert np.isnan(deviations(found, ends, nothing, step=60)).all()
    assert not marked(found, ends, nothing, step=60).any()
    stopped: list[float | None] = [1e6] * 120 + nothing[:120]
    assert not marked(found, ends, stopped, step=60)[120:].any()
    assert deviations(found, [], [], step=60).shape == marked(found, [], [], step=60).shape == (0,)


@pytest.mark.parametrize("step", [15, 60, 300, 1_800, 14_400])
def test_most_quiet_points_lie_in_the_band_at_every_step(step: int) -> None:
    found, times, values = platform(rhythms.multiplied, 1)
    if step == 15:
        rng = np.random.default_rng(9)
        fine = np.repeat(values[:600], 4) * np.exp(rng.normal(0, 0.5, 2_400))
        ends, shown = [CUT + 15 * (place + 1) for place in range(2_400)], list(fine)
    else:
        ends, shown = rhythms.means(times, values, step)
    low, high = band(found, ends, step=step, noise=noise_of(found, shown, step=step))
    inside = (np.array(shown, dtype=np.float64) >= low) & (np.array(shown, dtype=np.float64) <= high)
    assert inside.mean() > 0.95
    assert (low >= 0).all()


def test_shorter_steps_have_a_wider_band() -> None:
    found, times, values = platform(rhythms.multiplied, 1)
    widths = []
    for step in (60, 300, 1_800):
        ends, shown = rhythms.means(times, values, step)
        low, high = band(found, ends, step=step, noise=noise_of(found, shown, step=step))
        widths.append(float(np.median(high - low)))
    assert widths[0] > widths[1] > widths[2]


def test_the_noise_is_that_of_the_points_around_their_half_hour() -> None:
    found, _, _ = platform(rhythms.latency, 0)
    values = np.random.default_rng(3).normal(10, 2, 1_440)
    assert noise_of(found, list(values), step=60) == pytest.approx(2, rel=0.1)
    assert noise_of(found, list(values), step=1_800) == 0.0


def test_dust_of_floating_point_is_no_deviation() -> None:
    found, times, _ = platform(rhythms.constant, 0)
    ends = times[:240].tolist()
    assert not marked(found, ends, [7.3 * (1 + 1e-9)] * 240, step=60).any()
    assert marked(found, ends, [7.3 * 1.1] * 240, step=60).any()


def test_two_errors_in_a_quiet_week_are_nothing_unusual() -> None:
    found, times, _ = platform(rhythms.rare_errors, 0)
    ends, shown = rhythms.means(times, np.where(np.arange(len(times)) % 5_000 == 100, 1 / 60, 0.0), 1_800)
    assert sum(value is not None and value > 0 for value in shown) >= 2
    assert not marked(found, ends, shown, step=1_800).any()
