"""Long ranges where rules have recorded little or nothing: raw samples answer, and nothing that is there is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.events import EventStore
from app.sources.prometheus import Prometheus
from app.sources.questions import Over
from app.sources.recorded import SLOTS, around, coarse, covers
from app.sources.results import Matrix, Series
from app.sources.windows import Window, read_window
from tests.conftest import PrometheusWith
from tests.servers.prometheus import PrometheusServer
from tests.servers.samples import Samples

BORN = 1_790_000_000
YOUNG_S = 2 * 3_600
LATER = [0, 660, 3_599, 5 * 3_600]


@pytest.fixture(scope="module")
def young(prometheus_with: PrometheusWith) -> Iterator[PrometheusServer]:
    """A platform that was scraped for two hours, without recording rules."""
    moments = range(BORN, BORN + YOUNG_S, 60)
    server = prometheus_with(Samples().add("up", {}, [(at, 1) for at in moments]))
    yield server
    server.stop()


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("length", ["7d", "30d"])
def test_a_young_platform_is_seen_in_a_long_range(
    young: PrometheusServer, tmp_path: Path, later: int, length: str
) -> None:
    now = float(BORN + YOUNG_S + later)
    window = read_window(f"now-{length}", "now", now)
    answers = Answers(
        prometheus=Prometheus(young.url),
        events=EventStore(None, "public"),  # type: ignore[arg-type]  # not asked
        cache=SharedCache(tmp_path / "cache"),
        clock=lambda: now,
    )
    found = answers.answer(Over("max_over_time(up[$step])", "max_over_time(all:up:mean5m[$step])"), window)
    assert isinstance(found, Matrix)
    (series,) = found.series
    lived = [at for at in window.times if at >= BORN and at - window.step < BORN + YOUNG_S]
    assert [at for at, value in zip(window.times, series.values, strict=True) if value == 1.0] == lived
    assert "all:up:mean5m does not cover this range" in found.warnings[0]


def test_ranges_of_the_same_days_share_one_look() -> None:
    now = float(BORN + 20 * 86_400 + 5_000)
    ends = [int(now) // 86_400 * 86_400 - 86_400 + hours * 3_600 for hours in (1, 6, 23)]
    windows = [
        replace(read_window("now-7d", "now", now), start=end - 7 * 86_400 + 1_800, end=end, live=False) for end in ends
    ]
    looks = {coarse(around(window, now)).times for window in windows}
    assert len(looks) == 1
    (moments,) = looks
    assert all(moments[0] <= window.start + moments[1] - moments[0] for window in windows)
    assert all(window.end <= moments[-1] <= now for window in windows)


def test_a_look_never_goes_beyond_now() -> None:
    now = float(BORN + 1_234)
    window = read_window("now-30d", "now", now)
    assert window.end <= around(window, now).end <= now


@pytest.mark.parametrize("length", ["6h", "7d", "30d", "29d"])
def test_few_slots_reach_to_the_end_and_stay_on_the_grid(length: str) -> None:
    window = read_window(f"now-{length}", "now", BORN + 1_234.0)
    slots = coarse(window)
    assert slots.end == window.end
    assert window.start <= slots.start < window.start + slots.step
    assert set(slots.times) <= set(window.times)
    assert len(slots.times) <= SLOTS + 1


@pytest.mark.parametrize(
    ("missing", "enough"),
    [((), True), ((0, 1), True), ((0, 1, 2), False), ((20, 21), False), ((20,), False), ((45,), False)],
)
def test_rules_may_begin_late_but_not_pause(missing: tuple[int, ...], enough: bool) -> None:
    window = Window(0, 45 * 7_200, 7_200, live=False, asked=("a", "b"))
    anchor = Matrix(window.times, (Series({}, (1.0,) * 46),), as_of=window.end)
    values = tuple(None if at in missing else 1.0 for at in range(46))
    assert covers(Matrix(window.times, (Series({}, values),), as_of=window.end), anchor, window) is enough
