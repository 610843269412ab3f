"""Ranges as people write them: what is understood, what is refused and in which words, how it is rounded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.sources.windows import (
    POINTS,
    PRESETS,
    RETENTION_S,
    SCRAPE_S,
    SHORTEST_S,
    STEPS_S,
    UNITS_S,
    BadRange,
    read_window,
    step_for,
)

NOW = 1_790_000_003.7
ISO = "2026-09-21T12:00:00"
ISO_EPOCH = 1_789_992_000
moments = st.floats(min_value=1_700_000_000, max_value=2_000_000_000)
lengths = st.integers(min_value=SHORTEST_S, max_value=RETENTION_S)


def test_nothing_given_is_the_last_hour() -> None:
    window = read_window(None, None, NOW)
    assert window.live
    assert window.asked == ("now-1h", "now")
    assert (window.start, window.end, window.step) == (1_789_996_395, 1_789_999_995, 15)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("now-90s", 90), ("now-15m", 900), ("6h", 21_600), ("now-7d", 604_800), ("2w", 1_209_600), (" now-1h ", 3_600)],
)
def test_relative_times_count_back_from_now(text: str, seconds: int) -> None:
    window = read_window(text, "now", NOW)
    assert 0 <= (NOW - seconds) - window.start < window.step


@pytest.mark.parametrize("text", [ISO, f"{ISO}Z", f"{ISO}+00:00", "2026-09-21T14:00:00+02:00", "2026-09-21T12:00Z"])
def test_iso_times_are_utc_where_no_zone_is_given(text: str) -> None:
    assert read_window(text, "now", NOW).start == ISO_EPOCH
    assert not read_window("now-1d", text, NOW).live


def test_the_hour_that_a_clock_shows_twice_is_two_hours() -> None:
    """Berlin, 25 October 2026: 02:30 comes at +02:00 and again at +01:00."""
    now = datetime(2026, 10, 26, tzinfo=UTC).timestamp()
    window = read_window("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", now)
    assert window.seconds == 3_600


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("now", "now-1h", "reversed or empty: from now to now-1h"),
        ("now", "now", "reversed or empty"),
        (ISO, ISO, "reversed or empty"),
        ("now-1h", "2126-01-01T00:00:00Z", "ends in the future: 2126"),
        ("now-59s", "now", "shorter than 60 s"),
        ("now-31d", "now", "kept for 30 days"),
        ("999999w", "now", "kept for 30 days"),
        ("0001-01-01T00:00:00+23:59", "now", "kept for 30 days"),
        ("now-1y", "now", "Unknown time unit 'y' in now-1y; allowed: s, m, h, d, w"),
        ("5x", "now", "Unknown time unit 'x'"),
        ("9999999s", "now", "Time not understood: '9999999s'"),
        ("now-1H", "now", "Time not understood"),
        ("now+1h", "now", "Time not understood"),
        ("now-1.5h", "now", "Time not understood"),
        ("now--1h", "now", "Time not understood"),
        ("yesterday", "now", "allowed: now, now-1h, or ISO 8601 like 2026-01-31T14:00:00Z"),
        ("2026-02-30T00:00:00Z", "now", "Time not understood"),
        ("1790000000", "now", "Time not understood"),
        ("nan", "now", "Time not understood"),
        ("now-1h", "9999-12-31T23:59:59-23:59", "ends in the future"),
        ("now-1h\x00", "now", "Time not understood"),
        ("'; drop table events; --", "now", "Time not understood"),
        ("x" * 100_000, "now", "Time not understood"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_reason(start: str, end: str, words: str) -> None:
    with pytest.raises(BadRange) as refusal:
        read_window(start, end, NOW)
    assert words in str(refusal.value)
    assert len(str(refusal.value)) < 300


@given(text=st.text(max_size=60), other=st.text(max_size=60))
def test_any_text_is_a_window_or_a_reason(text: str, other: str) -> None:
    try:
        window = read_window(text, other, NOW)
    except BadRange as refusal:
        assert str(refusal)
    else:
        assert window.start < window.end


@given(now=moments, seconds=lengths)
def test_every_answerable_range_is_rounded_and_small(now: float, seconds: int) -> None:
    window = read_window(f"now-{seconds}s" if seconds < 10**6 else f"now-{seconds // 60}m", "now", now)
    assert window.step in STEPS_S
    assert window.start % window.step == window.end % window.step == 0
    assert window.start <= now - seconds + 60
    assert now - window.step < window.end <= now
    assert window.live
    assert len(window.times) <= POINTS + 2
    assert window.times[0] == window.start
    assert window.times[-1] == window.end
    assert window.rate_s >= max(window.step, 4 * SCRAPE_S)


@given(step_start=st.integers(0, 10_000_000), within=st.floats(0, 14.99))
def test_all_who_ask_within_a_step_ask_the_same(step_start: int, within: float) -> None:
    begin = 1_700_000_000 // 15 * 15 + step_start * 15
    assert read_window("now-1h", "now", begin).id == read_window("now-1h", "now", begin + within).id
    assert read_window("now-1h", "now", begin).id != read_window("now-1h", "now", begin + 15).id


@given(seconds=st.floats(min_value=SHORTEST_S, max_value=RETENTION_S))
def test_the_step_is_the_finest_that_keeps_the_points(seconds: float) -> None:
    step = step_for(seconds)
    assert step >= SCRAPE_S
    assert seconds / step <= POINTS
    assert all(seconds / finer > POINTS for finer in STEPS_S if finer < step)


@given(end=st.integers(0, 20 * 86_400), seconds=st.integers(SHORTEST_S, 9 * 86_400), part=st.floats(0, 0.99))
def test_a_fixed_range_loses_nothing_at_its_ends(end: int, seconds: int, part: float) -> None:
    until = NOW - end + part if end else NOW
    texts = (datetime.fromtimestamp(one, UTC).isoformat() for one in (until - seconds, until))
    window = read_window(*texts, NOW)
    assert not window.live
    assert window.start <= until - seconds + 1e-3
    assert window.end >= until - 1e-3
    assert window.seconds < seconds + 2 * window.step + 1
    assert len(window.times) <= POINTS + 3
    assert window.rate_s >= 300


def test_ranges_that_are_offered_can_be_answered() -> None:
    for preset in PRESETS:
        assert int(preset[:-1]) * UNITS_S[preset[-1]] <= RETENTION_S
        assert read_window(f"now-{preset}", "now", NOW).live


def test_a_month_is_drawn_in_steps_of_two_hours() -> None:
    window = read_window("now-30d", "now", NOW)
    assert window.step == 7_200
    assert window.rate_s == 7_200
