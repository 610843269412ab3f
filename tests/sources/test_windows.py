"""Ranges as people write them: what is understood, what is refused and in which words, how it is rounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.sources.windows import (
    EXPORT_POINTS,
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
WIDEST_S = 29 * 86_400
# An hour on and off, an hour the other way round, half an hour, and an offset that is no whole hour.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
zones = st.sampled_from(ZONES)
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
        ("now-1q", "now", "Unknown time unit 'q' in now-1q; allowed: s, m, h, d, w, M, y"),
        ("now/q", "now", "Unknown time unit 'q' in now/q; allowed: s, m, h, d, w, M, y"),
        ("now-1y", "now", "kept for 30 days"),
        ("now-31d/d", "now", "kept for 30 days"),
        ("999999w/w", "now", "Time not understood"),
        ("now-999999w/w", "now", "kept for 30 days"),
        ("now-999999y", "now", "kept for 30 days"),
        ("now-999999M/M", "now", "kept for 30 days"),
        ("now-1h", "now-1h+999999y/y", "ends in the future"),
        ("now-1h", "now-1d+2d", "ends in the future"),
        ("now-1h", "2026-09-22", "ends in the future"),
        ("now-1h/", "now", "Time not understood"),
        ("now//d", "now", "Time not understood"),
        ("/d", "now", "Time not understood"),
        ("tomorrow", "now", "Time not understood"),
        ("2026-09-21 12", "now", "Time not understood"),
        ("5x", "now", "Unknown time unit 'x'"),
        ("9999999s", "now", "Time not understood: '9999999s'"),
        ("now-1H", "now", "Time not understood"),
        ("now+1h", "now", "Time not understood"),
        ("now-1.5h", "now", "Time not understood"),
        ("now--1h", "now", "Time not understood"),
        ("before", "now", "allowed: now, now-1h, or ISO 8601 like 2026-01-31T14:00:00Z"),
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


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("now/d", "now", "2026-10-28T00:00", "2026-10-28T15:20"),
        ("today", "now/d", "2026-10-28T00:00", "2026-10-28T15:20"),
        ("now-1d/d", "now-1d/d", "2026-10-27T00:00", "2026-10-28T00:00"),
        ("yesterday", "yesterday", "2026-10-27T00:00", "2026-10-28T00:00"),
        ("now/w", "now/w", "2026-10-26T00:00", "2026-10-28T15:20"),
        ("now-1w/w", "now-1w/w", "2026-10-19T00:00", "2026-10-26T00:00"),
        ("now/M", "now", "2026-10-01T00:00", "2026-10-28T15:20"),
        ("now-2h/h", "now-1h/h", "2026-10-28T13:00", "2026-10-28T15:00"),
        ("now-5m/m", "now", "2026-10-28T15:15", "2026-10-28T15:20"),
        ("now-1d/d+6h", "now-1d/d-6h", "2026-10-27T06:00", "2026-10-27T18:00"),
        ("now-1d+2h", "now-2h", "2026-10-27T17:20", "2026-10-28T13:20"),
        ("2026-10-25", "2026-10-25", "2026-10-25T00:00", "2026-10-26T00:00"),
        ("2026-10-27", "2026-10-28", "2026-10-27T00:00", "2026-10-28T15:20"),
        ("2026-10-27 14:00", "2026-10-27T15:30", "2026-10-27T14:00", "2026-10-27T15:30"),
        ("2026-10-27 14:00Z", "2026-10-27 15:30:00Z", "2026-10-27T15:00", "2026-10-27T16:30"),
        ("now-4d", "now", "2026-10-24T16:20", "2026-10-28T15:20"),
        ("now-4d", "now-4d/d", "2026-10-24T16:20", "2026-10-25T00:00"),
    ],
)
def test_what_names_a_span_is_read_in_the_time_zone(start: str, end: str, first: str, last: str) -> None:
    """Berlin, a Wednesday afternoon; the clock was set back on the Sunday before."""
    window = read_window(start, end, epoch("2026-10-28T15:20"), zone="Europe/Berlin")
    assert window.zone == "Europe/Berlin"
    assert 0 <= epoch(first) - window.start < window.step
    assert abs(epoch(last) - window.end) < window.step


@pytest.mark.parametrize(("end", "live"), [("now", True), ("now/d", True), ("today", True), ("2026-10-28", False)])
def test_a_day_under_way_ends_now(end: str, live: bool) -> None:
    now = epoch("2026-10-28T15:20:07")
    window = read_window("now/d", end, now, zone="Europe/Berlin")
    assert window.live is live
    assert abs(window.end - now) < window.step


def test_a_day_that_has_just_begun_is_a_minute_long() -> None:
    window = read_window("now/d", "now", epoch("2026-10-28T00:00:20"), zone="Europe/Berlin")
    assert 45 <= window.seconds <= 60


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Kathmandu", "2026-10-25", 24),
        ("America/Santiago", "2026-09-06", 23),
    ],
)
def test_days_on_which_the_clock_changes_have_their_true_length(zone: str, day: str, hours: float) -> None:
    for hour in (0, 12, 23):
        now = (datetime.fromisoformat(day) + timedelta(days=1, hours=hour, minutes=30)).replace(tzinfo=ZoneInfo(zone))
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()
        for text in (day, "yesterday", "now-1d/d"):
            window = read_window(text, text, now.timestamp(), zone=zone)
            assert 0 <= midnight - window.start < window.step
            assert 0 <= window.end - (midnight + hours * 3_600) < window.step


def test_a_wall_clock_time_that_comes_twice_or_never_loses_nothing() -> None:
    now = epoch("2026-10-26T12:00")
    twice = read_window("2026-10-25 02:30", "2026-10-25 02:30", now, zone="Europe/Berlin")
    assert twice.seconds == 3_600
    spring = epoch("2026-03-30T12:00")
    never = read_window("2026-03-29 02:30", "2026-03-29 02:45", spring, zone="Europe/Berlin")
    assert never.start == epoch("2026-03-29T01:30")
    assert never.end == epoch("2026-03-29T03:45")


@given(now=moments, zone=zones, unit=st.sampled_from("mhdw"), count=st.integers(0, 2))
def test_a_rounded_range_is_a_whole_unit_of_the_wall_clock(now: float, zone: str, unit: str, count: int) -> None:
    text = f"now-{count + 1}{unit}/{unit}"
    window = read_window(text, text, now, zone=zone) if unit != "m" else read_window(text, "now/m", now, zone=zone)
    start = datetime.fromtimestamp(window.start, ZoneInfo(zone))
    assert window.end <= now + window.step
    if unit in "dw":
        # Steps of up to half an hour meet every midnight but Kathmandu's, a quarter of an hour off.
        assert (start + timedelta(minutes=30)).time() < datetime(2026, 1, 1, 1).time()
        days = 1 if unit == "d" else 7
        assert abs(window.seconds - days * 86_400) <= 3_600 + 2 * window.step
    if unit == "w":
        assert (start + timedelta(minutes=45)).weekday() == 0


@given(
    now=moments, zone=zones, seconds=st.integers(SHORTEST_S, WIDEST_S), compare=st.sampled_from(["previous", "week"])
)
def test_a_comparison_lies_back_by_whole_steps(now: float, zone: str, seconds: int, compare: str) -> None:
    window = read_window(f"now-{seconds // 60 + 1}m", "now", now, zone=zone, compare=compare)
    assert window.shifted_s % window.step == 0
    if compare == "previous":
        assert window.shifted_s == window.seconds
    else:
        assert abs(window.shifted_s - 7 * 86_400) <= 3_600


@given(now=moments, zone=zones, hours=st.integers(1, 100))
def test_last_week_is_the_same_hour_of_the_wall_clock(now: float, zone: str, hours: int) -> None:
    window = read_window(f"now-{hours}h", "now", now, zone=zone, compare="week")
    middle = datetime.fromtimestamp((window.start + window.end) / 2, ZoneInfo(zone))
    before = datetime.fromtimestamp(middle.timestamp() - window.shifted_s, ZoneInfo(zone))
    skipped = middle.replace(tzinfo=None) - timedelta(days=7) != (
        (middle - timedelta(days=7)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    )
    assert skipped or before.replace(tzinfo=None) == middle.replace(tzinfo=None) - timedelta(days=7)


def test_nine_o_clock_is_compared_with_nine_o_clock_when_the_clock_was_changed() -> None:
    window = read_window("now-1h", "now", epoch("2026-10-26T09:00"), zone="Europe/Berlin", compare="week")
    assert window.start - window.shifted_s == epoch("2026-10-19T08:00")
    assert read_window("now-1h", "now", epoch("2026-10-26T09:00"), compare="week").shifted_s == 7 * 86_400


def test_a_comparison_changes_what_is_asked_and_a_time_zone_does_not() -> None:
    plain = read_window("now-7d", "now", NOW)
    assert plain.shifted_s == 0
    compared = {read_window("now-7d", "now", NOW, compare=one).id for one in ("", "previous", "week")}
    assert len(compared) == 3
    assert read_window("now-7d", "now", NOW, zone="Europe/Berlin").id == plain.id
    assert read_window("now-7d", "now", NOW, compare="week").grid == plain.grid == plain.id


@pytest.mark.parametrize("compare", ["last", "Week", "x" * 5_000, "'"])
def test_a_comparison_that_is_not_offered_is_refused(compare: str) -> None:
    with pytest.raises(BadRange, match=r"Unknown comparison .*; allowed: previous, week") as refusal:
        read_window("now-1h", "now", NOW, compare=compare)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("zone", ["", "Berlin", "europe/berlin", "../../etc/passwd", "localtime", "x" * 5_000, "\x00"])
def test_a_time_zone_that_is_not_known_is_refused(zone: str) -> None:
    with pytest.raises(BadRange, match="Unknown time zone") as refusal:
        read_window("now-1h", "now", NOW, zone=zone)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("kept_s", "words"),
    [(7 * 86_400, "kept for 7 days"), (86_400, "kept for 1 day;"), (7_200, "kept for 2 hours"), (3_600, "for 1 hour;")],
)
def test_what_is_kept_decides_how_far_back_a_range_goes(kept_s: int, words: str) -> None:
    assert read_window(f"now-{kept_s}s", "now", NOW, kept_s=kept_s).live
    with pytest.raises(BadRange, match=words):
        read_window(f"now-{kept_s + 120}s", "now", NOW, kept_s=kept_s)
    assert read_window("now-60d", "now", NOW, kept_s=90 * 86_400).live


@given(now=moments, seconds=lengths)
def test_the_finest_step_is_on_its_grid_and_small_enough_to_export(now: float, seconds: int) -> None:
    window = read_window(f"now-{seconds // 60}m", "now", now)
    finest = window.finest
    assert (finest.start, finest.end) == (window.start, window.end)
    assert finest.times[0] == window.start
    assert finest.times[-1] == window.end
    assert len(finest.times) <= EXPORT_POINTS
    assert SCRAPE_S <= finest.step <= window.step
    assert (
        finest.step == SCRAPE_S
        or window.seconds / max(one for one in STEPS_S if one < finest.step) >= EXPORT_POINTS - 1
    )


def test_a_preset_at_an_export_s_step_is_not_what_everybody_sees() -> None:
    month = read_window("now-30d", "now", NOW)
    assert month.preset
    assert not month.finest.preset
    assert not read_window("now-30d", "now-1h", NOW).preset


def epoch(text: str, zone: str = "Europe/Berlin") -> float:
    """The epoch second of a wall-clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()
