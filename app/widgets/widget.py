"""The declaration of a widget: what it asks, how the answers are drawn, who may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.access import Role
from app.config import DEFAULTS, Config
from app.sources.questions import Question
from app.sources.results import Matrix, Result, Rows, Vector
from app.sources.windows import Window
from app.widgets.content import Content, Table

Answered = TypeVar("Answered", Matrix, Vector, Rows)


@dataclass(frozen=True)
class Given:
    """The answers a widget draws from, by the names of its questions; ``now`` in epoch seconds.

    ``unanswered`` names the questions that got no answer, or not yet: an empty one stands in its place, and nothing
    may be concluded from that.
    """

    answers: Mapping[str, Result]
    window: Window
    now: float
    config: Config = DEFAULTS
    unanswered: frozenset[str] = frozenset()

    def matrix(self, name: str) -> Matrix:
        """The answer to a range question."""
        return self._typed(name, Matrix)

    def before(self, name: str) -> Matrix | None:
        """The answer to the same range question for the span compared with, if there is one."""
        return self._typed(before_name(name), Matrix) if before_name(name) in self.answers else None

    def vector(self, name: str) -> Vector:
        """The answer to an instant question."""
        return self._typed(name, Vector)

    def rows(self, name: str) -> Rows:
        """The answer to a question to the event store."""
        return self._typed(name, Rows)

    def _typed(self, name: str, kind: type[Answered]) -> Answered:
        answer = self.answers[name]
        if not isinstance(answer, kind):
            raise TypeError(f"{name} is answered by {type(answer).__name__}, not by {kind.__name__}")
        return answer


def before_name(name: str) -> str:
    """The name of a question's twin for the span compared with."""
    return f"{name} before"


@dataclass(frozen=True)
class Widget:
    """One card.

    ``key`` is ``subject.measure``, with ``:argument`` for one of a family. ``chart`` says whether it holds a figure.
    ``metrics`` are selectors: when nothing was answered and no series matches them, the card says that there is no such
    series, instead of no data. ``columns`` of the twelve-column grid it takes on a wide screen. ``needed`` names the
    questions without whose answer there is nothing to draw, by default all of them; an empty set says that no rows are
    an answer, too. A question outside of it may fail, and its part of the card is then unknown. ``zoned`` widgets are
    drawn anew for each time zone. ``href`` leads to the page that shows more. ``height`` of a chart in pixels.
    ``common`` is False for what each asks for oneself: it is drawn by threads of its own, so that nobody else waits.
    ``beside`` are questions that may fail where ``needed`` names none.
    """

    key: str
    title: str
    help: str
    source: str
    questions: Mapping[str, Question]
    draw: Callable[[Given], Content]
    table: Callable[[Given], Table]
    chart: bool = False
    metrics: tuple[str, ...] = ()
    needed: frozenset[str] | None = None
    role: Role = Role.READONLY
    columns: int = 6
    zoned: bool = False
    href: str = ""
    height: int = 240
    common: bool = True
    beside: frozenset[str] = frozenset()

    @property
    def main(self) -> frozenset[str]:
        """The questions that the card is about: those it needs, else all but what stands beside them."""
        return self.needed or frozenset(self.questions) - self.beside

    @property
    def subject(self) -> str:
        """The key without its argument."""
        return self.key.partition(":")[0]

    def role_in(self, window: Window) -> Role:  # noqa: ARG002 - some members of families are dear over long ranges
        """The lowest role that may see it over this range."""
        return self.role

    def requires(self, name: str) -> bool:
        """Whether the card has to fail when the question of that name does."""
        return name in self.main

    def nothing(self, given: Given) -> bool:
        """Whether the answers hold nothing to draw."""
        names = self.needed if self.needed is not None else frozenset(self.questions)
        return bool(names) and all(given.answers[name].empty for name in names)


def anchor(key: str) -> str:
    """The fragment that leads to a widget's card."""
    return "card-" + re.sub(r"[^A-Za-z0-9]+", "-", key)


class BadArgument(ValueError):
    """An argument that a family of widgets does not take; the message says what is allowed."""


@dataclass(frozen=True)
class Family:
    """Widgets that differ by an argument: one a service, a provider, a metric.

    ``of`` makes the widget of an argument, its key being ``key:argument``, and raises BadArgument. ``examples`` are
    arguments that tests draw. ``role`` is the lowest that may see any of them.
    """

    key: str
    of: Callable[[str], Widget]
    examples: tuple[str, ...]
    role: Role = Role.READONLY
