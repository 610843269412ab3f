"""A question beside the point that gets no answer leaves its part of the card unknown, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from _pytest.mark.structures import ParameterSet

from app.config import Config, ServiceLevel
from app.health.status import Status
from app.sources.questions import At, Question, Tally, Told
from app.sources.results import Matrix, Result, Rows, Sample, Series, Vector
from app.sources.tellers import COLUMNS
from app.ui.render import render
from app.widgets.widget import Given, Widget
from tests.widgets.test_registry import ALL, NOW, WINDOW, empty, labels, one_point, range_of

LEVELS = (
    ServiceLevel(name="up", kind="availability", service="api", target=0.99, window="24h"),
    ServiceLevel(name="quick", kind="latency", service="api", target=0.95, window="7d", threshold_s=0.5),
    ServiceLevel(name="right", kind="errors", service="api", target=0.99, window="24h"),
)
VERDICTS = frozenset({"healthy", "degraded", "unhealthy", "met", "missed", "fast burn", "slow burn", "up", "down"})
Cells = Mapping[tuple[object, str], object]


def calm(question: Question) -> Result:
    """Everything answers, and nothing is amiss: one of whatever counts what is up, nothing of the rest."""
    if isinstance(question, Told):
        return empty(question)
    text = str(question)
    value = 1.0 if "up" in text and "errors" not in text and "bucket" not in text else 0.0
    if isinstance(question, At):
        return Vector((Sample({"job": "api", "instance": "api-0"}, value),), NOW)
    times = range_of(question)
    return Matrix(times, (Series(labels(question), (value,) * len(times)),), NOW, 1)


def announced(question: Question) -> Result:
    """Maintenance of everything, all the time."""
    if isinstance(question, Told) and question.tally is Tally.MAINTENANCE:
        return Rows(COLUMNS[question.tally], ((0.0, NOW + 60, [], "new disks", "planned"),), NOW)
    return one_point(question)


RESTS, FILLS = (calm, one_point), (empty, calm, one_point, announced)
# Questions that some cards take for answered with nothing: they are not held to this.
_CALLED = ("ai", "ai failing", "git", "git failing")
LENIENT = {
    "activity.health": ("least", "errors", "maintenance"),
    "architecture.graph": ("git", "git failing"),
    "architecture.parts": _CALLED,
    "service.dependencies": _CALLED,
}
# What is wrong stays an alarm while nobody can tell whether it was announced.
ALARMS = frozenset({str(Status.DEGRADED), str(Status.UNHEALTHY)})


def beside() -> list[ParameterSet]:
    """Every question that may fail without its card, by card and name."""
    return [
        pytest.param(key, name)
        for key, widget in sorted(ALL.items())
        for name in widget.questions
        if not widget.requires(name) and name not in LENIENT.get(widget.subject, ())
    ]


def given_but(widget: Widget, name: str, rest: Callable[[Question], Result], answer: Result | None) -> Given:
    """All answered, one of them as given; None for no answer, as the drawer fills it in."""
    answers = {one: rest(question) for one, question in widget.questions.items()}
    answers[name] = empty(widget.questions[name]) if answer is None else answer
    unanswered = frozenset({name} if answer is None else ())
    return Given(answers, WINDOW, NOW, Config(service_levels=LEVELS), unanswered)


def cells(widget: Widget, given: Given) -> Cells:
    """The card's data by its row's first cell and its column."""
    table = widget.table(given)
    single = len(table.rows) == 1
    return {
        (None if single else row[0], column.name): value
        for row in table.rows
        for column, value in zip(table.columns, row, strict=True)
    }


@pytest.mark.parametrize(("key", "name"), beside())
def test_what_depends_on_a_question_without_answer_is_not_shown_as_known(key: str, name: str) -> None:
    """What different answers would make different is neither a number nor a verdict while there is none.

    Unless it is bad for other reasons, and no answer would make it better.
    """
    widget = ALL[key]
    for rest in RESTS:
        missing = given_but(widget, name, rest, None)
        json.loads(render(widget.draw(missing)))
        found = cells(widget, missing)
        if not any(concluded(value) for value in found.values()):
            continue
        others = [cells(widget, given_but(widget, name, rest, fill(widget.questions[name]))) for fill in FILLS]
        for place, value in found.items():
            if name == "maintenance" and value in ALARMS:
                continue
            possible = {one[place] for one in others if place in one}
            if concluded(value) and len(possible) > 1:
                assert worst_case(value, possible), (place, possible, value)


def concluded(value: object) -> bool:
    return isinstance(value, int | float) or value in VERDICTS


def worst_case(value: object, possible: set[object]) -> bool:
    """Whether it is a verdict other than the best, and no other that is possible is better.

    What is measured to be fine is so also where it was announced not to be.
    """
    words = [str(one) for one in Status]
    if value == Status.HEALTHY:
        return possible == {Status.HEALTHY, Status.MAINTENANCE}
    if value not in words:
        return False
    return all(words.index(str(one)) >= words.index(str(value)) for one in possible if one in words)
