"""The band and the rings of a chart: where they are drawn, where too little is known, and what they cost in bytes."""

from __future__ import annotations

import json
import math
import random

import pytest

from app.config import Config
from app.figures.series import Usual
from app.sources.questions import Past
from app.sources.results import Matrix, Result, Series
from app.sources.windows import Window
from app.ui.render import render
from app.widgets import api, errors
from app.widgets.content import Chart
from app.widgets.usual import usual_of
from app.widgets.widget import Given, Widget

END = 1_790_006_400
NOW = END + 10.0
DAY = 86_400
WINDOW = Window(END - 6 * 3_600, END, 60, live=True, asked=("now-6h", "now"))
PLANTED = range(200, 245)


def level(at: int) -> float:
    return 40 + 20 * math.sin(at % DAY / DAY * 2 * math.pi)


def past(days: int, labels: list[dict[str, str]]) -> Matrix:
    times = Past("x").window(NOW).times
    chance = random.Random(3)
    return Matrix(
        times,
        tuple(
            Series(one, tuple(level(at) + chance.gauss(0, 1) if at > times[-1] - days * DAY else None for at in times))
            for one in labels
        ),
        times[-1],
        len(labels),
    )


def present(labels: list[dict[str, str]], planted: range = PLANTED) -> Matrix:
    chance = random.Random(4)
    values = tuple(
        level(at) * (3 if place in planted else 1) + chance.gauss(0, 1) for place, at in enumerate(WINDOW.times)
    )
    return Matrix(WINDOW.times, tuple(Series(one, values) for one in labels), END, len(labels))


def given_of(widget: Widget, *, days: int = 28, jobs: int = 1, zone: str = "UTC") -> Given:
    labels = [{"job": f"job-{number}"} for number in range(jobs)]
    answers: dict[str, Result] = {
        name: past(days, labels) if isinstance(question, Past) else present(labels)
        for name, question in widget.questions.items()
    }
    return Given(answers, WINDOW, NOW, Config(time_zone=zone))


def drawn(widget: Widget, given: Given) -> Chart:
    content = widget.draw(given)
    assert isinstance(content, Chart)
    return content


def usual_in(given: Given, name: str = "errors") -> Usual:
    found = usual_of(given, name, given.matrix(name).series[0])
    assert found is not None
    return found


def test_a_quiet_hour_lies_in_the_band_and_a_planted_one_is_ringed() -> None:
    found = usual_in(given_of(errors.RATE))
    assert len(found.low) == len(found.high) == len(WINDOW.times)
    inside = [low <= level(at) <= high for low, high, at in zip(found.low, found.high, WINDOW.times, strict=True)]
    assert sum(inside) > 0.95 * len(inside)
    assert set(PLANTED) - set(found.marked) <= {PLANTED[0], PLANTED[-1]}
    assert all(at in range(PLANTED[0] - 3, PLANTED[-1] + 4) for at in found.marked)


def test_the_hours_are_those_of_the_configured_zone() -> None:
    """Which hour a moment is decides its band only where the clock was changed; here it is the same."""
    assert usual_in(given_of(errors.RATE, zone="Asia/Tokyo")).marked == usual_in(given_of(errors.RATE)).marked


def test_one_curve_has_a_band_and_says_what_is_usual() -> None:
    figure = drawn(errors.RATE, given_of(errors.RATE)).figure
    names = [trace["name"] for trace in figure["data"]]
    assert names == ["usual from", "usual", "job-0", "job-0 unusual"]
    assert "usual" in figure["data"][2]["meta"]


@pytest.mark.parametrize(("jobs", "told"), [(3, True), (4, False)])
def test_several_curves_have_rings_and_a_few_of_them_say_what_is_usual(jobs: int, told: bool) -> None:
    figure = drawn(errors.RATE, given_of(errors.RATE, jobs=jobs)).figure
    assert not [trace for trace in figure["data"] if trace["name"].startswith("usual")]
    curves = [trace for trace in figure["data"] if not trace["name"].endswith("unusual")]
    assert [("usual" in trace.get("meta", {})) for trace in curves] == [told] * jobs
    assert sum(trace["name"].endswith("unusual") for trace in figure["data"]) == jobs


def test_of_the_percentiles_only_the_95th_is_held_against_its_usual() -> None:
    figure = drawn(api.LATENCY, given_of(api.LATENCY)).figure
    assert [trace["name"] for trace in figure["data"]].count("usual") == 1
    assert sum("usual" in (trace.get("meta") or {}) for trace in figure["data"]) == 1
    assert [name for name in api.LATENCY.questions if "usual" in name] == ["p95 usual"]


def test_a_short_history_is_said_and_nothing_is_drawn_from_it() -> None:
    chart = drawn(errors.RATE, given_of(errors.RATE, days=2, jobs=2))
    assert [trace["name"] for trace in chart.figure["data"]] == ["job-0", "job-1"]
    assert chart.remarks == ("Not enough history to say what is usual for 2 of 2 series: 2 days of history, 3 needed.",)


def test_an_empty_answer_is_no_history() -> None:
    given = given_of(errors.RATE)
    empty = Matrix(past(28, []).times, (), past(28, []).times[-1])
    chart = drawn(errors.RATE, Given({**given.answers, "errors usual": empty}, WINDOW, NOW))
    assert chart.remarks == ("Not enough history to say what is usual: no history.",)


def test_a_past_that_is_still_to_come_says_nothing() -> None:
    given = given_of(errors.RATE)
    waiting = Matrix(past(28, []).times, (), NOW)
    chart = drawn(errors.RATE, Given({**given.answers, "errors usual": waiting}, WINDOW, NOW))
    assert chart.remarks == ()
    assert [trace["name"] for trace in chart.figure["data"]] == ["job-0"]


def test_a_band_that_is_not_known_everywhere_is_still_json() -> None:
    given = given_of(errors.RATE)
    weekdays = past(4, [{"job": "job-0"}])
    picture = render(errors.RATE.draw(Given({**given.answers, "errors usual": weekdays}, WINDOW, NOW)))
    assert b"NaN" not in picture
    json.loads(picture)
