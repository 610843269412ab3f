"""Every widget is whole: named, explained, shown to someone, and drawable from nothing, from one point, from much."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from app.access import Role
from app.health.services import SERVICES
from app.sources.questions import At, Earlier, Over, Past, Question, Tally, Told
from app.sources.results import Matrix, Result, Rows, Sample, Series, Vector
from app.sources.tellers import COLUMNS
from app.sources.windows import Window
from app.ui.render import render
from app.views.homes import HOMES
from app.views.registry import VIEWS
from app.widgets.marks import MARKS
from app.widgets.registry import FAMILIES, LONGEST_KEY, WIDGETS, find
from app.widgets.widget import Given, Widget

WINDOW = Window(1_000_005, 1_003_605, 15, live=True, asked=("now-1h", "now"))
NOW = 1_003_610.0
HOSTILE = '<img src=x onerror="alert(1)">=cmd|\n' * 100
Fill = Callable[[Question], Result]
# Every widget there is, and the examples of every family.
ALL = {**WIDGETS, **{f"{one.key}:{text}": one.of(text) for one in FAMILIES.values() for text in one.examples}}
# What a named question answers in its one row where a word or a number of seconds will do.
SAMPLE: dict[str, object] = {
    "at": NOW - 60,
    "started": NOW - 60,
    "ended": NOW - 30,
    "since": NOW - 60,
    "last": NOW - 60,
}
ROWS: dict[Tally, tuple[object, ...]] = {
    Tally.RUN_COUNTS: (1, 1, 0),
    Tally.RUNS_ENDED: ("success", WINDOW.end, 1),
    Tally.RUNS_COMPARED: (4, 1, 3, 2, NOW - 90_000),
    Tally.LAST_STARTS: ("worker", NOW - 60),
    Tally.CALLS_FAILED: ("openai", "RESEARCH", 2, NOW - 60),
    Tally.STEPS_FAILING: ("MERGE", 3, NOW - 60),
    Tally.MAINTENANCE: (WINDOW.start, WINDOW.end, ["api"], "new disks", "planned"),
}
# What counts answers with a row even where there is nothing to count.
COUNTED_NONE: dict[Tally, tuple[tuple[object, ...], ...]] = {
    Tally.RUN_COUNTS: ((0, 0, 0),),
    Tally.RUNS_COMPARED: ((0, 0, 0, 0, None),),
}


def range_of(question: Over | Earlier | Past) -> tuple[int, ...]:
    """The grid that a range question is answered on."""
    return question.window(NOW).times if isinstance(question, Past) else WINDOW.times


def labels(question: Over | Earlier | Past, value: str = "api") -> dict[str, str]:
    """What the series of a range query carry: a value for each label it groups by."""
    promql = question.question.promql if isinstance(question, Earlier) else question.promql
    names = {name.strip() for group in re.findall(r"\bby \(([^)]*)\)", promql) for name in group.split(",")}
    if not promql.startswith("sum by (le"):
        names.discard("le")  # a quantile has taken it
    return {name: "0.5" if name == "le" else value for name in names if name}


def row_of(tally: Tally, text: str = "word") -> tuple[object, ...]:
    return ROWS.get(tally) or tuple(SAMPLE.get(column, text) for column in COLUMNS[tally])


def empty(question: Question) -> Result:
    if isinstance(question, At):
        return Vector((), NOW)
    if isinstance(question, Told):
        return Rows(COLUMNS[question.tally], COUNTED_NONE.get(question.tally, ()), NOW)
    return Matrix(range_of(question), (), NOW)


def holes(question: Question) -> Result:
    """Series there are, and not a number in them."""
    if isinstance(question, At):
        return Vector((Sample({"job": "api", "instance": "api-0"}, None),), NOW)
    if isinstance(question, Told):
        return empty(question)
    times = range_of(question)
    return Matrix(times, (Series(labels(question), (None,) * len(times)),), NOW, 1)


def one_point(question: Question) -> Result:
    if isinstance(question, At):
        return Vector((Sample({"job": "api", "instance": "api-0"}, 0.5),), NOW)
    if isinstance(question, Told):
        return Rows(COLUMNS[question.tally], (row_of(question.tally),), NOW)
    times = range_of(question)
    values = (*(None,) * 100, 0.5, *(None,) * (len(times) - 101))
    return Matrix(times, (Series(labels(question), values),), NOW, 1)


def much(question: Question) -> Result:
    if isinstance(question, At):
        samples = [({"job": job, "instance": f"{HOSTILE}{at}"}, float(at % 2)) for job in SERVICES for at in range(50)]
        return Vector(tuple(Sample(*one) for one in samples), NOW)
    if isinstance(question, Told):
        return _many_rows(question.tally)
    times = range_of(question)
    names = [labels(question, f"{HOSTILE}{number}") for number in range(200 if labels(question) else 1)]
    many = tuple(Series(one, tuple(float(number * at) for at in times)) for number, one in enumerate(names, 1))
    return Matrix(times, many, NOW, 1_000)


def _many_rows(tally: Tally) -> Rows:
    rows: dict[Tally, tuple[tuple[object, ...], ...]] = {
        Tally.RUN_COUNTS: ((10**9, 10**9, 10**9),),
        Tally.RUNS_COMPARED: ((10**9, 10**9, 10**9, 10**9, 0.0),),
        Tally.RUNS_ENDED: tuple((status, at, 10**6) for at in WINDOW.times for status in ("success", "failed")),
        Tally.LAST_STARTS: tuple((f"{HOSTILE}{number}", NOW - number) for number in range(500)),
    }
    return Rows(COLUMNS[tally], rows.get(tally) or (row_of(tally, HOSTILE),) * 500, NOW)


def given_by(widget: Widget, fill: Fill) -> Given:
    return Given({name: fill(question) for name, question in widget.questions.items()}, WINDOW, NOW)


@pytest.mark.parametrize("fill", [empty, holes, one_point, much])
@pytest.mark.parametrize("key", sorted(ALL))
def test_every_widget_can_be_drawn_and_exported(key: str, fill: Fill) -> None:
    widget = ALL[key]
    given = given_by(widget, fill)
    picture = render(widget.draw(given))
    json.loads(picture)
    for forbidden in (b"NaN", b"Infinity", b"<img"):
        if widget.chart:
            assert forbidden not in picture
    table = widget.table(given)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len({column.name for column in table.columns}) == len(table.columns)


@pytest.mark.parametrize("key", sorted(ALL))
def test_nothing_is_told_from_something(key: str) -> None:
    widget = ALL[key]
    if widget.needed != frozenset():  # else no rows are an answer, too
        assert widget.nothing(given_by(widget, empty))
        assert widget.nothing(given_by(widget, holes))
    assert not widget.nothing(given_by(widget, one_point))
    assert not widget.nothing(given_by(widget, much))


@pytest.mark.parametrize("key", sorted(ALL))
def test_unknown_numbers_are_never_zeros(key: str) -> None:
    """Counting the event store gives true zeros; a metric that is not there has none."""
    widget = ALL[key]
    table = widget.table(given_by(widget, holes))
    for row in table.rows:
        numbers = {one.name for one, value in zip(table.columns, row, strict=True) if isinstance(value, int | float)}
        assert numbers <= TRUE_NUMBERS.get(key, set())


@pytest.mark.parametrize("key", sorted(ALL))
def test_every_widget_is_declared_whole(key: str) -> None:
    widget = ALL[key]
    assert widget.key == key
    found = find(key)
    assert found is not None
    assert (found.key, found.title, dict(found.questions)) == (key, widget.title, dict(widget.questions))
    assert re.fullmatch(r"[a-z]+\.[a-z]+", widget.subject)
    assert len(widget.title) < 60
    assert len(widget.help) > 20
    assert widget.help.endswith(".")
    assert isinstance(widget.role, Role)
    assert 1 <= widget.columns <= 12
    assert widget.questions
    assert widget.needed is None or widget.needed <= set(widget.questions)
    asks = {_source(one) for one in widget.questions.values()}
    assert asks == {one[:1].upper() + one[1:] for one in widget.source.split(", ")}
    if any(isinstance(one, Over | At) for one in widget.questions.values()):
        assert widget.metrics


def _source(question: Question) -> str:
    events = isinstance(question, Told) and question.tally is not Tally.ALERTS_FIRING
    return "Event store" if events else "Prometheus"


def test_every_widget_has_a_place() -> None:
    """What stands on no page is dead, and what a view names has to be there."""
    views = {*HOMES.values(), *VIEWS.values()}
    placed = {key.partition(":")[0] for view in views for key in view.keys} | ON_PAGES_OF_THEIR_OWN
    assert placed <= set(WIDGETS) | set(FAMILIES)
    assert set(WIDGETS) | set(FAMILIES) == placed | {MARKS.key}


def test_a_family_is_above_none_of_its_members() -> None:
    for family in FAMILIES.values():
        assert family.examples
        assert all(family.of(text).role >= family.role for text in family.examples)


@pytest.mark.parametrize("key", ["", ":", "no.such", "no.such:api", "status.overall:api", "x" * (LONGEST_KEY + 1)])
def test_a_key_of_nothing_finds_nothing(key: str) -> None:
    assert find(key) is None


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("argument", ["", "\x00", HOSTILE, "\ud800", '"', "a" * 5_000])
def test_a_hostile_argument_finds_nothing_or_is_quoted(family: str, argument: str) -> None:
    widget = find(f"{family}:{argument}")
    if widget is None:
        return
    for question in widget.questions.values():
        if isinstance(question, Over | At | Past) and argument:
            assert argument not in question.promql or "\n" not in argument


def test_no_question_needs_a_label_that_the_dictionary_does_not_promise() -> None:
    """Label variants differ between versions of the platform: queries match only the labels given here."""
    for widget in ALL.values():
        for question in widget.questions.values():
            if isinstance(question, Over | At | Past):
                assert set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', question.promql)) <= MATCHED


MATCHED = {
    "alertstate",
    "job",
    "le",
    "mode",
    "status_code",
    "resource_type",
    "unit",
    "mountpoint",
    "device",
    "instance",
    "endpoint",
    "error_type",
    "outcome",
    "provider",
    "platform",
    "status",
    "state",
}
# What is counted in the event store, or stands in the configuration, where no metric has a number.
TRUE_NUMBERS = {
    "slo.levels": {"target"},
    "trends.runs": {"completed", "failed"},
    "workflows.counts": {"running", "completed", "failed"},
    "workflows.ended": {"completed", "failed"},
}
# Placed by a page of its own and not by a view.
ON_PAGES_OF_THEIR_OWN = {"explore.chart"}
