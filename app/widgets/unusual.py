"""What is unlike other days at this hour, the furthest from its usual first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.figures.units import Unit, number_text
from app.health.baseline import Profile, TooLittle
from app.health.deviation import band, deviations
from app.sources.questions import PAST_STEP_S
from app.sources.results import Sample
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.service_scope import Scope, shown
from app.widgets.usual import answered, learnt, usual_name
from app.widgets.watched import METRICS, WATCHED, Watched, questions
from app.widgets.widget import Given, Widget

MOST_ROWS = 8


@dataclass(frozen=True)
class Held:
    """A series held against its usual: ``low`` to ``high`` is the usual band, in the unit of the value.

    ``reach`` is how far the value is from usual, as a share of how far is worth a mark: above 1 it is unusual. Negative
    below the usual. None where the weeks tell nothing of this hour.
    """

    words: str
    value: float
    unit: Unit
    href: str
    low: float | None
    high: float | None
    reach: float | None


@dataclass(frozen=True)
class Found:
    """All that is watched: what could be ``held`` against its usual, and how many have too short a history."""

    held: tuple[Held, ...]
    too_short: int
    to_come: bool

    @property
    def unusual(self) -> tuple[Held, ...]:
        """What is unusual, the furthest first."""
        far = [one for one in self.held if one.reach is not None and abs(one.reach) > 1]
        return tuple(sorted(far, key=lambda one: (-abs(one.reach or 0.0), one.words)))


def found(given: Given) -> Found:
    """Every watched series at the range's end against its usual."""
    held: list[Held] = []
    too_short = 0
    for watched, sample, value in _known(given):
        profile = learnt(given, watched.key, sample.labels)
        if isinstance(profile, Profile):
            held.append(_held(watched, sample, value, profile, int(given.vector(watched.key).as_of)))
        too_short += isinstance(profile, TooLittle)
    to_come = not all(answered(given.matrix(usual_name(one.key))) for one in WATCHED)
    return Found(tuple(held), too_short, to_come)


def _known(given: Given) -> Iterator[tuple[Watched, Sample, float]]:
    for watched in WATCHED:
        for sample in given.vector(watched.key).samples:
            if sample.value is not None:
                yield watched, sample, sample.value


def _held(watched: Watched, sample: Sample, value: float, profile: Profile, at: int) -> Held:
    score = float(deviations(profile, [at], [value], step=PAST_STEP_S)[0])
    low, high = (float(edge[0]) for edge in band(profile, [at], step=PAST_STEP_S))
    limit = profile.up if score > 0 else profile.down
    name = sample.labels.get(watched.by, "") if watched.by else ""
    return Held(
        words=watched.words.format(shown(name) if name else "unnamed").strip(),
        value=value,
        unit=watched.unit,
        href=Scope(name).href if watched.by == "job" else watched.page,
        low=_finite(low),
        high=_finite(high),
        reach=_finite(score / limit) if limit else None,
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _draw(given: Given) -> Grid:
    now = found(given)
    rows = tuple(_cells(one) for one in now.unusual[:MOST_ROWS])
    return Grid(("What", "Now", "Usual", "How far"), rows, " ".join(_remarks(now, len(rows))))


def _cells(one: Held) -> tuple[Cell, ...]:
    reach = one.reach or 0.0
    return (
        Cell(one.words, href=one.href),
        Cell("".join(number_text(one.value, one.unit)), numeric=True),
        Cell(usual_words(one), numeric=True),
        Cell(f"{abs(reach):.1f} × the limit", numeric=True, note="above usual" if reach > 0 else "below usual"),
    )


def usual_words(one: Held) -> str:
    """The usual band in words, with one unit where both ends have the same."""
    (low, low_unit), (high, high_unit) = number_text(one.low, one.unit), number_text(one.high, one.unit)
    return f"{low} to {high}{high_unit}" if low_unit == high_unit else f"{low}{low_unit} to {high}{high_unit}"


def _remarks(now: Found, rows: int) -> Iterator[str]:
    """How many there are besides, that there are none, and of how many that cannot be said."""
    every = len(now.held) + now.too_short
    if now.to_come:
        yield "The last weeks are still being looked through."
    elif not now.unusual and now.held:
        yield f"Nothing unusual: all {len(now.held)} that can be told are as on other days at this hour."
    if rows < len(now.unusual):
        yield f"{rows} of {len(now.unusual)} shown, the furthest from usual."
    if now.too_short:
        yield f"Not enough history for {now.too_short} of {every}."


def _table(given: Given) -> Table:
    names = ("what", "unit", "now", "usual from", "usual to", "times the limit")
    rows = tuple(
        (one.words, one.unit.value, one.value, one.low, one.high, one.reach)
        for one in sorted(found(given).held, key=lambda one: (-abs(one.reach or 0.0), one.words))
    )
    return Table(tuple(Column(name) for name in names), rows)


NOW = Widget(
    key="unusual.now",
    title="Unusual now",
    help="Means of the last half hour that are further from what is usual at this hour of the week than on nine of ten "
    "days of the last weeks. The limit is where that begins.",
    source="Prometheus",
    questions=questions(),
    draw=_draw,
    table=_table,
    metrics=METRICS,
    needed=frozenset(one.key for one in WATCHED),
    columns=6,
)

WIDGETS = (NOW,)
