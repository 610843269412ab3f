"""Every widget is whole: named, explained, shown to someone, and drawable from nothing, from one point, from much."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from app.access import Role
from app.health.services import SERVICES
from app.sources.questions import At, Over, Question, Tally
from app.sources.results import Matrix, Result, Rows, Sample, Series, Vector
from app.sources.windows import Window
from app.ui.render import render
from app.widgets.registry import WIDGETS
from app.widgets.widget import Given, Widget
from pages.overview import KEYS

WINDOW = Window(1_000_005, 1_003_605, 15, live=True, asked=("now-1h", "now"))
NOW = 1_003_610.0
HOSTILE = '<img src=x onerror="alert(1)">=cmd|\n' * 100
COLUMNS = {
    Tally.RUN_COUNTS: ("running", "completed", "failed"),
    Tally.RUNS_ENDED: ("status", "slot", "runs"),
    Tally.LAST_STARTS: ("service", "started"),
}
Fill = Callable[[Question], Result]


def labels(question: Over, job: str = "api") -> dict[str, str]:
    """What the series of a range query carry."""
    return {"job": job} if "by (job)" in question.promql else {}


def empty(question: Question) -> Result:
    if isinstance(question, Over):
        return Matrix(WINDOW.times, (), NOW)
    if isinstance(question, At):
        return Vector((), NOW)
    return Rows(COLUMNS[question], ((0, 0, 0),) if question is Tally.RUN_COUNTS else (), NOW)


def holes(question: Question) -> Result:
    """Series there are, and not a number in them."""
    if isinstance(question, Over):
        return Matrix(WINDOW.times, (Series(labels(question), (None,) * len(WINDOW.times)),), NOW, 1)
    if isinstance(question, At):
        return Vector((Sample({"job": "api", "instance": "api-0"}, None),), NOW)
    return empty(question)


def one_point(question: Question) -> Result:
    if isinstance(question, Over):
        values = (*(None,) * 100, 0.5, *(None,) * (len(WINDOW.times) - 101))
        return Matrix(WINDOW.times, (Series(labels(question), values),), NOW, 1)
    if isinstance(question, At):
        return Vector((Sample({"job": "api", "instance": "api-0"}, 0.5),), NOW)
    rows = {
        Tally.RUN_COUNTS: ((1, 1, 0),),
        Tally.RUNS_ENDED: (("success", WINDOW.end, 1),),
        Tally.LAST_STARTS: (("worker", NOW - 60),),
    }
    return Rows(COLUMNS[question], rows[question], NOW)


def much(question: Question) -> Result:
    if isinstance(question, Over):
        names = [labels(question, f"{HOSTILE}{number}") for number in range(200 if labels(question) else 1)]
        many = tuple(
            Series(one, tuple(float(number * at) for at in WINDOW.times)) for number, one in enumerate(names, 1)
        )
        return Matrix(WINDOW.times, many, NOW, 1_000)
    if isinstance(question, At):
        samples = [({"job": job, "instance": f"{HOSTILE}{at}"}, float(at % 2)) for job in SERVICES for at in range(50)]
        return Vector(tuple(Sample(*one) for one in samples), NOW)
    rows = {
        Tally.RUN_COUNTS: ((10**9, 10**9, 10**9),),
        Tally.RUNS_ENDED: tuple((status, at, 10**6) for at in WINDOW.times for status in ("success", "failed")),
        Tally.LAST_STARTS: tuple((f"{HOSTILE}{number}", NOW - number) for number in range(500)),
    }
    return Rows(COLUMNS[question], rows[question], NOW)


def given_by(widget: Widget, fill: Fill) -> Given:
    return Given({name: fill(question) for name, question in widget.questions.items()}, WINDOW, NOW)


@pytest.mark.parametrize("fill", [empty, holes, one_point, much])
@pytest.mark.parametrize("key", sorted(WIDGETS))
def test_every_widget_can_be_drawn_and_exported(key: str, fill: Fill) -> None:
    widget = WIDGETS[key]
    given = given_by(widget, fill)
    picture = render(widget.draw(given))
    json.loads(picture)
    for forbidden in (b"NaN", b"Infinity", b"<img"):
        if widget.chart:
            assert forbidden not in picture
    table = widget.table(given)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len({column.name for column in table.columns}) == len(table.columns)


@pytest.mark.parametrize("key", sorted(WIDGETS))
def test_nothing_is_told_from_something(key: str) -> None:
    widget = WIDGETS[key]
    if key not in {"workflows.counts", "workflows.ended"}:
        assert widget.nothing(given_by(widget, empty))
        assert widget.nothing(given_by(widget, holes))
    assert not widget.nothing(given_by(widget, one_point))
    assert not widget.nothing(given_by(widget, much))


@pytest.mark.parametrize("key", sorted(WIDGETS))
def test_unknown_numbers_are_never_zeros(key: str) -> None:
    """Counting the event store gives true zeros; a metric that is not there has none."""
    widget = WIDGETS[key]
    if any(isinstance(question, Tally) for question in widget.questions.values()):
        return
    for row in widget.table(given_by(widget, holes)).rows:
        assert not [value for value in row if isinstance(value, int | float)]


@pytest.mark.parametrize("key", sorted(WIDGETS))
def test_every_widget_is_declared_whole(key: str) -> None:
    widget = WIDGETS[key]
    assert widget.key == key
    assert re.fullmatch(r"[a-z]+\.[a-z]+", key)
    assert len(widget.title) < 40
    assert len(widget.help) > 20
    assert widget.help.endswith(".")
    assert isinstance(widget.role, Role)
    assert 1 <= widget.columns <= 12
    assert widget.questions
    assert widget.needed is None or widget.needed <= set(widget.questions)
    asks = {"Event store" if isinstance(one, Tally) else "Prometheus" for one in widget.questions.values()}
    assert asks == {one[:1].upper() + one[1:] for one in widget.source.split(", ")}
    assert ("Prometheus" in asks) == bool(widget.metrics)


def test_every_widget_is_on_the_overview() -> None:
    assert sorted(KEYS) == sorted(WIDGETS)


def test_no_question_needs_a_label_that_the_dictionary_does_not_promise() -> None:
    """Label variants differ between versions of the platform: queries group by job, le and the names given here."""
    allowed = {"job", "le", "mode", "status_code", "resource_type", "unit", "mountpoint", "device"}
    for widget in WIDGETS.values():
        for question in widget.questions.values():
            if not isinstance(question, Tally):
                assert set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', question.promql)) <= allowed
