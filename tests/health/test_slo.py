"""Service levels: budgets against exact fractions, burn alarms at their limits, and the verdict in words."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.health.slo import (
    Alarm,
    Amounts,
    Burn,
    Measure,
    Standing,
    burn_rate,
    gone_in_s,
    left_text,
    standing,
    verdict,
)

DAY = 86_400
MONTH = 30 * DAY
QUIET = Burn(0, 0, 0, 0)
COUNTS = st.integers(0, 10**9)


def steady(rate: float | None) -> Burn:
    return Burn(rate, rate, rate, rate)


def with_left(share: float) -> Standing:
    """A level at 99.9 % with so much of its budget left."""
    return standing(Amounts(1e6 - 1e3 * (1 - share), 1e3 * (1 - share)), 0.999)


@given(COUNTS, COUNTS, st.integers(1, 99_999))
def test_budgets_are_those_of_exact_fractions(good: int, bad: int, target: int) -> None:
    assume(good + bad)
    aim = Fraction(target, 100_000)
    budget = (1 - aim) * (good + bad)
    level = standing(Amounts(good, bad), float(aim))
    assert level.attained == pytest.approx(float(Fraction(good, good + bad)))
    assert level.budget == pytest.approx(float(budget))
    assert level.left == pytest.approx(float(budget - bad), rel=1e-9, abs=1e-5 * float(budget))
    assert level.left_share == pytest.approx(float((budget - bad) / budget), rel=1e-9, abs=1e-5)
    exact = Fraction(bad, good + bad) / (1 - aim)
    assert burn_rate(Amounts(good, bad), float(aim)) == pytest.approx(float(exact))
    if abs(budget - bad) > Fraction(1, 10**6) * budget:
        assert level.met == (Fraction(good, good + bad) >= aim)


def test_no_traffic_is_nothing_to_judge() -> None:
    for nothing in (Amounts(0, 0), None):
        level = standing(nothing, 0.999)
        assert (level.attained, level.left, level.left_share, level.met) == (None, None, None, None)
        assert burn_rate(nothing, 0.999) is None
        assert verdict(level, QUIET, window_s=MONTH) == "nothing to judge: nothing was measured"
        assert left_text(level, Measure.REQUESTS) == "–"


def test_a_month_at_three_nines_has_43_minutes() -> None:
    level = standing(Amounts(MONTH, 0), 0.999)
    assert level.budget == pytest.approx(43.2 * 60)
    assert left_text(level, Measure.SECONDS) == "43 min 12 s left"
    assert left_text(standing(Amounts(MONTH - 3_600, 3_600), 0.999), Measure.SECONDS) == "16 min 48 s over"


def test_requests_are_whole() -> None:
    assert left_text(standing(Amounts(2_000_000 - 794, 794), 0.999), Measure.REQUESTS) == "1,206 requests left"
    assert left_text(standing(Amounts(1_999, 1), 0.999), Measure.REQUESTS) == "1 request left"
    assert left_text(standing(Amounts(990, 10), 0.999), Measure.REQUESTS) == "9 requests over"


def test_exactly_on_target_is_met() -> None:
    assert standing(Amounts(999, 1), 0.999).met
    assert not standing(Amounts(998, 2), 0.999).met


@pytest.mark.parametrize(
    ("burn", "alarm"),
    [
        (Burn(14, 14, 1, 1), Alarm.FAST),
        (Burn(14, 13.9, 1, 1), Alarm.NONE),  # it is over
        (Burn(13.9, 50, 1, 1), Alarm.NONE),  # too short to matter yet
        (Burn(1, 1, 2, 2), Alarm.SLOW),
        (Burn(1, 1, 2, 1.9), Alarm.NONE),
        (Burn(1, 1, 1.9, 2), Alarm.NONE),
        (Burn(20, 20, 20, 20), Alarm.FAST),
        (Burn(20, None, 5, 5), Alarm.SLOW),
        (Burn(None, None, None, None), Alarm.NONE),
        (QUIET, Alarm.NONE),
    ],
)
def test_an_alarm_needs_both_of_its_windows(burn: Burn, alarm: Alarm) -> None:
    assert burn.alarm is alarm


def test_floats_do_not_miss_the_limit() -> None:
    """1.4 % of failures is 14 times the budget of 99.9 %, and 0.2 % is twice."""
    fast, slow = burn_rate(Amounts(986, 14), 0.999), burn_rate(Amounts(998, 2), 0.999)
    assert Burn(fast, fast, None, None).alarm is Alarm.FAST
    assert Burn(None, None, slow, slow).alarm is Alarm.SLOW


@given(st.floats(0.01, 1), st.floats(1.01, 1_000), st.floats(3_600, MONTH))
def test_the_forecast_spends_exactly_what_is_left(left: float, rate: float, window_s: float) -> None:
    """Budget spent a second is rate / window of the whole."""
    gone = gone_in_s(with_left(left), steady(rate), window_s)
    assert gone is not None
    assert gone * rate / window_s == pytest.approx(left, rel=1e-6)


def test_a_rate_of_one_lasts_for_ever() -> None:
    assert gone_in_s(with_left(0.5), steady(1), MONTH) is None
    assert gone_in_s(with_left(0.5), steady(None), MONTH) is None
    assert gone_in_s(with_left(-0.5), QUIET, MONTH) == 0


@pytest.mark.parametrize(
    ("left", "burn", "said"),
    [
        (0.2, Burn(1.5, 1.5, 2, 2), "slow burn: budget gone in 3 days at this rate"),
        (0.5, steady(1.5), "budget gone in 10 days at this rate"),
        (0.5, Burn(20, 20, 8, 8), "fast burn: budget gone in 18 hours at this rate"),
        (0.001, Burn(20, 20, 8, 8), "fast burn: budget gone in 2 minutes at this rate"),
        (1e-6, steady(20), "fast burn: budget gone in a minute at this rate"),
        (0.5, Burn(30, 30, 0, 0), "fast burn: budget gone in 12 hours at this rate"),
        (0.75, QUIET, "75 % of the budget left; it lasts at this rate"),
        (1.0, QUIET, "100 % of the budget left; it lasts at this rate"),
        (0.75, steady(None), "75 % of the budget left; no traffic to judge the rate by"),
        (-0.8, QUIET, "budget gone, 180 % of it used"),
        (-0.8, steady(15), "fast burn: budget gone, 180 % of it used"),
    ],
)
def test_the_verdict_in_words(left: float, burn: Burn, said: str) -> None:
    assert verdict(with_left(left), burn, window_s=MONTH) == said


def test_a_forecast_of_years_says_no_number() -> None:
    assert verdict(with_left(1), steady(1.01), window_s=20 * MONTH) == (
        "100 % of the budget left; at this rate it lasts over a year"
    )
