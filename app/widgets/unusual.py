"""What is unlike other days at this hour, the furthest from its usual first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.figures.units import Unit, number_text
from app.health.baseline import Profile, TooLittle
from app.health.deviation import band, deviations
from app.sources.questions import PAST_STEP_S
from app.sources.results import Sample
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.service_scope import Scope, shown
from app.widgets.usual import answered, learnt, usual_name
from app.widgets.watched import KNOWN_MINUTES, LEAST_MINUTES, METRICS, WATCHED, Watched, questions
from app.widgets.widget import Given, Widget

MOST_ROWS = 8
TO_COME = "The last weeks are still being looked through."


@dataclass(frozen=True)
class Held:
    """A series held against its usual: ``low`` to ``high`` is the usual band, in the unit of the value.

    ``reach`` is how far the value is from usual, as a share of how far is worth a mark: above 1 it is unusual. Negative
    below the usual. None where the weeks tell nothing of this hour. ``too_short`` says that they are too few to tell.
    """

    words: str
    value: float
    unit: Unit
    href: str
    low: float | None = None
    high: float | None = None
    reach: float | None = None
    too_short: bool = False

    @property
    def unusual(self) -> bool:
        """Whether it is further from usual than is worth a mark."""
        return self.reach is not None and abs(self.reach) > 1


def found(given: Given) -> tuple[Held, ...]:
    """Every watched series whose value is known at the range's end, the furthest from usual first."""
    every = [one for watched in WATCHED for one in held(given, watched)]
    return tuple(sorted(every, key=lambda one: (-abs(one.reach or 0.0), one.words)))


def held(given: Given, watched: Watched) -> Iterator[Held]:
    """The series of one watched query, as far as their values are known."""
    for sample in given.vector(watched.key).samples:
        if sample.value is not None:
            yield _held(given, watched, sample, sample.value)


def to_come(given: Given, watched: Iterable[Watched]) -> bool:
    """Whether the last weeks of some are still on their way."""
    return not all(answered(given.matrix(usual_name(one.key))) for one in watched)


def too_few_minutes(given: Given) -> str:
    """A sentence when too little of the last half hour is known to say what is unusual in it; else nothing."""
    known = int(given.vector(KNOWN_MINUTES).scalar() or 0)
    return "" if known >= LEAST_MINUTES else f"Only {known} of the last 30 minutes are known: too few to tell."


def _held(given: Given, watched: Watched, sample: Sample, value: float) -> Held:
    name = shown(sample.labels.get(watched.by) or "unnamed") if watched.by else ""
    href = Scope(sample.labels.get("job", "")).href if watched.by == "job" else watched.page
    one = Held(watched.words.format(name), value, watched.unit, href)
    if too_few_minutes(given):
        return one
    profile, at = learnt(given, watched.key, sample.labels), int(given.vector(watched.key).as_of)
    if not isinstance(profile, Profile):
        return replace(one, too_short=isinstance(profile, TooLittle))
    score = float(deviations(profile, [at], [value], step=PAST_STEP_S)[0])
    low, high = (float(edge[0]) for edge in band(profile, [at], step=PAST_STEP_S))
    limit = profile.up if score > 0 else profile.down
    return replace(one, low=_finite(low), high=_finite(high), reach=_finite(score / limit) if limit else None)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _draw(given: Given) -> Grid:
    every = found(given)
    rows = tuple(_cells(one) for one in every if one.unusual)
    few = too_few_minutes(given)
    said = [few] if few else [TO_COME] if to_come(given, WATCHED) else _said(every)
    if len(rows) > MOST_ROWS:
        said = [f"{MOST_ROWS} of {len(rows)} shown, the furthest from usual.", *said]
    return Grid(("What", "Last half hour", "Usual", "Beyond usual"), rows[:MOST_ROWS], " ".join(said))


def _cells(one: Held) -> tuple[Cell, ...]:
    reach = one.reach or 0.0
    return (
        Cell(one.words, href=one.href),
        Cell("".join(number_text(one.value, one.unit)), numeric=True),
        Cell(usual_words(one), numeric=True),
        Cell(f"{abs(reach):.1f} ×", numeric=True, note="above usual" if reach > 0 else "below usual"),
    )


def usual_words(one: Held) -> str:
    """The usual band in words, with one unit where both ends have the same; a dash where it is not known."""
    if one.low is None or one.high is None:
        return "–"
    (low, low_unit), (high, high_unit) = number_text(one.low, one.unit), number_text(one.high, one.unit)
    return f"{low} to {high}{high_unit}" if low_unit == high_unit else f"{low}{low_unit} to {high}{high_unit}"


def _said(every: tuple[Held, ...]) -> list[str]:
    """That there is nothing unusual, and of how many that cannot be said."""
    told, short = sum(one.reach is not None for one in every), sum(one.too_short for one in every)
    said = []
    if told and not any(one.unusual for one in every):
        said.append(f"Nothing unusual: {told} of {len(every)} are as on other days at this hour.")
    if short:
        said.append(f"Not enough history for {short} of {len(every)}.")
    return said


def _table(given: Given) -> Table:
    names = ("what", "unit", "last half hour", "usual from", "usual to", "times the limit")
    rows = tuple((one.words, one.unit.value, one.value, one.low, one.high, one.reach) for one in found(given))
    return Table(tuple(Column(name) for name in names), rows)


NOW = Widget(
    key="unusual.now",
    title="Unusual now",
    help="Means of the last half hour that are further from what is usual at this hour of the week than on nine of ten "
    "days of the last weeks; beyond usual says how many times as far.",
    source="Prometheus",
    questions=questions(),
    draw=_draw,
    table=_table,
    metrics=METRICS,
    needed=frozenset({KNOWN_MINUTES, *(one.key for one in WATCHED)}),
    columns=6,
)

WIDGETS = (NOW,)
