"""Range queries over a span of their own: where they begin and end, and that the page's range does not change them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.sources.answers import Answers, fresh_for
from app.sources.cache import SharedCache
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.sources.questions import Over
from app.sources.reaches import AsLongBefore, Reach
from app.sources.results import Matrix
from app.sources.windows import Window, read_window
from tests.conftest import PrometheusWith
from tests.servers.samples import Samples

NOW = 1_790_000_011.0
HOUR = Reach("sum_over_time(m[$step])", seconds=3_600, step_s=60)


@pytest.mark.parametrize("length", ["15m", "1h", "30d"])
def test_a_live_one_ends_at_the_last_whole_step_whatever_the_page_shows(length: str) -> None:
    window = HOUR.window(read_window(f"now-{length}", "now", NOW), NOW)
    assert (window.times[0], window.times[-1]) == (1_789_999_980 - 3_600 + 60, 1_789_999_980)
    assert len(window.times) == 60


def test_a_past_one_ends_with_the_page_and_never_after_now() -> None:
    past = read_window("2026-09-20T10:00:00Z", "2026-09-20T12:00:30Z", NOW)
    assert HOUR.window(past, NOW).end == past.end // 60 * 60
    assert HOUR.window(past, past.end - 90.0).end == (past.end - 90) // 60 * 60


def test_its_answer_changes_with_its_own_step() -> None:
    assert fresh_for(HOUR, read_window("now-30d", "now", NOW)) == HOUR.step_s


def test_it_is_answered_over_its_own_span(prometheus_with: PrometheusWith, tmp_path: Path) -> None:
    moments = range(int(NOW) - 1_800, int(NOW), 15)
    server = prometheus_with(Samples().add("m", {"job": "a"}, [(at, 2) for at in moments]))
    answers = Answers(
        prometheus=Prometheus(server.url),
        events=EventStore(None, "public"),  # type: ignore[arg-type]  # not asked
        cache=SharedCache(tmp_path / "cache"),
        clock=lambda: NOW,
    )
    found = [answers.answer(HOUR, read_window(f"now-{length}", "now", NOW)) for length in ("15m", "30d")]
    assert found[0] == found[1]
    assert isinstance(found[0], Matrix)
    (series,) = found[0].series
    assert len(series.values) == 60
    known = [value for value in series.values if value]
    assert known[5:25] == [8.0] * 20, "$step is its own: four scrapes of 2"
    assert len(known) == pytest.approx(30, abs=1)
    server.stop()


def test_as_long_before_lies_before_the_page_on_its_grid_whatever_it_is_compared_with() -> None:
    window = read_window("now-6h", "now", NOW)
    for compare in ("", "week"):
        before = AsLongBefore("m").window(replace(window, compare=compare), NOW)
        assert before == replace(window, start=window.start - window.seconds, end=window.start)


def test_as_long_before_is_read_from_recorded_series_only_where_they_reach_it(
    prometheus_with: PrometheusWith, tmp_path: Path
) -> None:
    """The rules began half way: they cover the page's range, and not the one before it."""
    window = Window(1_789_848_000, 1_789_934_400, 1_800, live=False, asked=("a", "b"))
    raw = Samples().add("up", {}, [(at, 1) for at in range(window.start - window.seconds, window.end + 1, 60)])
    kept = [(at, 2) for at in range(window.start - 3_600, window.end + 1, 60)]
    server = prometheus_with(raw.add("all:up:mean5m", {}, kept))
    answers = Answers(
        prometheus=Prometheus(server.url),
        events=EventStore(None, "public"),  # type: ignore[arg-type]  # not asked
        cache=SharedCache(tmp_path / "cache"),
        clock=lambda: NOW,
    )
    asked = ("up", "all:up:mean5m")
    now, before = (answers.answer(question, window) for question in (Over(*asked), AsLongBefore(*asked)))
    assert isinstance(now, Matrix)
    assert isinstance(before, Matrix)
    assert (set(now.series[0].values), now.warnings) == ({2.0}, ())
    assert set(before.series[0].values[1:]) == {1.0}
    assert "all:up:mean5m does not cover this range" in before.warnings[0]
    server.stop()
