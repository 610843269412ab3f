"""Availability: seconds against a simulation second by second, and what a cell of the strip says."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.health.availability import Availability, Pause, Slots, State, split, strip
from app.health.phrases import percent_text, span_text

START = 1_790_000_100
STEP = 12
SHARES = st.one_of(st.none(), st.integers(0, STEP).map(lambda up: up / STEP))


@st.composite
def grids(draw: st.DrawFn) -> Slots:
    """Up to 40 slots; where there is a share Prometheus recorded something."""
    up = draw(st.lists(SHARES, min_size=1, max_size=40))
    recorded = [share is not None or draw(st.booleans()) for share in up]
    return Slots("api", START, STEP, up, recorded, seen_before=draw(st.booleans()))


@st.composite
def pauses(draw: st.DrawFn, moments: st.SearchStrategy[float]) -> Pause:
    start, length = draw(moments), draw(st.integers(1, 200))
    services = draw(st.sampled_from([(), ("api",), ("workers",), ("workers", "api")]))
    return Pause(START + start, START + start + length, services)


WHOLE = st.integers(-100, 600)
BROKEN = st.floats(-100, 600, allow_nan=False)


def simulate(slots: Slots, windows: Sequence[Pause]) -> dict[str, float]:
    """Every second on its own: in maintenance, or as its slot was."""
    sums = {"up": 0.0, "down": 0.0, "unknown": 0.0, "maintenance": 0.0}
    seen = slots.seen_before
    for place, (share, recorded) in enumerate(zip(slots.up, slots.recorded, strict=True)):
        seen = seen or share is not None
        for second in range(START + place * STEP, START + (place + 1) * STEP):
            if any(w.start <= second < w.end and (not w.services or "api" in w.services) for w in windows):
                sums["maintenance"] += 1
            elif share is not None:
                sums["up"] += share
                sums["down"] += 1 - share
            else:
                sums["down" if recorded and seen else "unknown"] += 1
    return sums


def as_dict(found: Availability) -> dict[str, float]:
    return {
        "up": found.up_s, "down": found.down_s, "unknown": found.unknown_s, "maintenance": found.maintenance_s,
    }  # fmt: skip


@given(grids(), st.lists(pauses(WHOLE), max_size=5))
def test_seconds_are_those_of_a_simulation_second_by_second(slots: Slots, windows: list[Pause]) -> None:
    found = split(slots, windows).availability()
    expected = simulate(slots, windows)
    assert as_dict(found) == pytest.approx(expected, abs=1e-6)
    known = expected["up"] + expected["down"]
    assert found.share == (pytest.approx(expected["up"] / known) if known > 1e-6 else None)


@given(grids(), st.lists(pauses(BROKEN), max_size=8), st.integers(1, 50))
def test_seconds_always_sum_to_the_window_and_to_its_cells(slots: Slots, windows: list[Pause], cells: int) -> None:
    parts = split(slots, windows)
    length = len(slots.up) * STEP
    whole = as_dict(parts.availability())
    assert sum(whole.values()) == pytest.approx(length)
    assert all(0 <= seconds <= length + 1e-6 for seconds in whole.values())
    drawn = strip(parts, cells)
    cells_of = [as_dict(cell.time) for cell in drawn]
    assert {state: math.fsum(one[state] for one in cells_of) for state in whole} == pytest.approx(whole, abs=1e-6)
    assert (drawn[0].start, drawn[-1].end) == (START, START + length)
    assert all(one.end == two.start for one, two in itertools.pairwise(drawn))
    for cell in drawn:
        assert sum(as_dict(cell.time).values()) == pytest.approx(cell.end - cell.start)
        assert (cell.down_from is not None) == (cell.state is State.DOWN) == (cell.outages > 0)


@given(grids())
def test_without_a_word_on_maintenance_nothing_is_down(slots: Slots) -> None:
    """And there is no share as soon as there is time that would be down if nothing was announced."""
    known, blind = split(slots, ()).availability(), split(slots, None).availability()
    assert (blind.up_s, blind.down_s, blind.maintenance_s) == (known.up_s, 0.0, 0.0)
    assert blind.unknown_s == pytest.approx(known.unknown_s + known.down_s)
    assert blind.doubted_s == pytest.approx(known.down_s)
    assert blind.share == (None if known.down_s else known.share)


@given(grids(), st.lists(pauses(WHOLE), max_size=3))
def test_the_order_and_the_number_of_announcements_changes_nothing(slots: Slots, windows: list[Pause]) -> None:
    once = as_dict(split(slots, windows).availability())
    assert as_dict(split(slots, [*reversed(windows), *windows]).availability()) == once


def minutes(*up: float | None, recorded: str = "", seen_before: bool = False) -> Slots:
    """Slots of a minute; ``recorded`` has a ``.`` for a minute in which Prometheus recorded nothing."""
    told = [mark != "." for mark in recorded] or [True] * len(up)
    return Slots("api", START, 60, up, told, seen_before=seen_before)


def seconds(slots: Slots, *windows: Pause) -> tuple[float, ...]:
    found = split(slots, windows).availability()
    return found.up_s, found.down_s, found.unknown_s, found.maintenance_s


def test_no_series_after_the_first_is_down() -> None:
    assert seconds(minutes(1, None, None, 1)) == (120, 120, 0, 0)


def test_no_series_before_the_first_is_unknown() -> None:
    assert seconds(minutes(None, None, 1)) == (60, 0, 120, 0)
    assert seconds(minutes(None, None, 1, seen_before=True)) == (60, 120, 0, 0)


def test_prometheus_recorded_nothing_is_unknown_and_not_up() -> None:
    found = split(minutes(1, None, None, 0, recorded="x..x")).availability()
    assert (found.unknown_s, found.share) == (120, 0.5)


def test_a_service_seen_down_first_was_seen() -> None:
    assert seconds(minutes(0, None)) == (0, 120, 0, 0)


def test_nothing_known_is_no_share() -> None:
    assert split(minutes(None, None)).availability().share is None
    assert split(minutes(1, 0), [Pause(START, START + 120)]).availability().share is None
    assert split(minutes()).availability() == Availability(0, 0, 0, 0)


def test_maintenance_counts_by_the_second_and_leaves_the_rest_as_it_was() -> None:
    assert seconds(minutes(0, 1), Pause(START + 45, START + 75)) == (45, 45, 0, 30)
    assert seconds(minutes(0.5, 1), Pause(START + 30, START + 60)) == (75, 15, 0, 30)
    assert seconds(minutes(None), Pause(START, START + 0.5)) == (0, 0, 59.5, 0.5)


def test_maintenance_of_others_is_none() -> None:
    assert seconds(minutes(0), Pause(START, START + 60, ("workers",))) == (0, 60, 0, 0)


def test_a_share_beyond_its_bounds_stays_within_the_slot() -> None:
    assert seconds(minutes(1.5, -1)) == (60, 60, 0, 0)


def test_a_value_missing_from_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="each slot"):
        Slots("api", START, 60, (1.0,), ())


@pytest.mark.parametrize(
    ("worst", "state"),
    [(0.99, State.DOWN), (None, State.UNKNOWN), (1.0, State.UP)],
)
def test_the_worst_state_wins_within_a_cell(worst: float | None, state: State) -> None:
    slots = minutes(1, worst, 1, 1, recorded="x.xx" if worst is None else "")
    (cell,) = strip(split(slots), 1)
    assert cell.state is state


def test_maintenance_shows_over_up_and_hides_what_failed_in_it() -> None:
    (cell,) = strip(split(minutes(1, 0, 1), [Pause(START + 60, START + 120)]), 1)
    assert (cell.state, cell.outages) == (State.MAINTENANCE, 0)
    assert cell.words() == "1 min maintenance"


def test_a_cell_says_what_failed_and_from_when_in_the_zone() -> None:
    at = 1_790_000_100 - 1_790_000_100 % 86_400 + 14 * 3_600  # 14:00 UTC
    slots = Slots("api", at, 60, [1, 1, 1, *[0] * 12, 1], [True] * 16)
    (cell,) = strip(split(slots), 1)
    assert cell.words() == "12 min down, from 14:03"
    assert cell.words(ZoneInfo("Asia/Kolkata")) == "12 min down, from 19:33"
    assert cell.down_from == at + 180


def test_a_cell_counts_its_outages_and_names_the_rest() -> None:
    slots = minutes(0, 1, 0.5, None, 1, recorded="xxx.x")
    (cell,) = strip(split(slots, [Pause(START + 240, START + 300)]), 1)
    assert cell.outages == 2
    assert cell.words().startswith("1 min 30 s down, 2 times, first from ")
    assert cell.words().endswith("; 1 min unknown; 1 min maintenance")
    assert [one.words() for one in strip(split(minutes(1, None, recorded="x.")), 2)] == [
        "up all the time", "1 min unknown",
    ]  # fmt: skip


def test_cells_are_as_many_as_asked_or_as_there_are_slots() -> None:
    assert len(strip(split(minutes(*[1.0] * 100)), 30)) == 30
    assert len(strip(split(minutes(1, 1, 1)), 30)) == 3
    assert strip(split(minutes()), 30) == ()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100.00 %"), (0.99999, "99.99 %"), (0.57, "57.00 %"), (0.999, "99.90 %"), (0, "0.00 %"), (None, "–"),
        (1 - 15 / (30 * 86_400), "99.99 %"),
    ],
)  # fmt: skip
def test_percent_is_cut_and_not_rounded(share: float | None, text: str) -> None:
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0 s"), (0.4, "under 1 s"), (59.9, "59 s"), (60, "1 min"), (90, "1 min 30 s"), (3_601, "1 h"),
        (27_600, "7 h 40 min"), (90_000, "1 d 1 h"), (86_400 * 2 + 59, "2 d"),
    ],
)  # fmt: skip
def test_lengths_have_their_two_largest_units(length: float, text: str) -> None:
    assert span_text(length) == text
