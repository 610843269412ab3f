"""Questions as values: what their durations become, and when they are asked."""

from __future__ import annotations

import pytest

from app.sources.questions import At, expand
from app.sources.windows import Window, read_window

LIVE = Window(9_000, 9_600, 30, live=True, asked=("now-10m", "now"))
PAST = Window(9_000, 9_600, 30, live=False, asked=("a", "b"))


def test_durations_are_filled_in() -> None:
    assert expand("rate(x[$rate]) + y[$step] + z[$range]", LIVE, rate_s=60) == "rate(x[60s]) + y[30s] + z[600s]"


@pytest.mark.parametrize(("now", "at"), [(9_600.0, 9_600), (9_614.9, 9_600), (9_615.0, 9_615)])
def test_all_who_ask_within_a_scrape_ask_for_the_same_instant(now: float, at: int) -> None:
    assert At("up").instant(LIVE, now) == at


def test_dear_questions_are_asked_less_often() -> None:
    assert {At("up", every_s=300).instant(LIVE, 9_600 + second) for second in range(300)} == {9_600}


def test_no_instant_is_after_now() -> None:
    assert At("up").instant(PAST, 9_592.0) == 9_585


def test_a_past_range_is_asked_for_at_its_end() -> None:
    assert At("up", every_s=300).instant(PAST, 123_456.0) == 9_600


@pytest.mark.parametrize("preset", ["15m", "1h", "6h", "24h", "7d", "30d"])
def test_rates_never_see_fewer_than_four_scrapes(preset: str) -> None:
    window = read_window(f"now-{preset}", "now", 1_790_000_000)
    assert window.rate_s >= 60
    assert window.rate_s >= window.step, "steps longer than the rate's range would skip samples"
