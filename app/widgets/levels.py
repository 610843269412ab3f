"""Service levels: what each configured one attained, what is left of its budget, and how fast that burns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from app.config import ServiceLevel
from app.figures.series import Line, time_series
from app.figures.units import Unit
from app.health.phrases import percent_text
from app.health.slo import Alarm, Amounts, Burn, Measure, Standing, burn_rate, left_text, standing, verdict
from app.health.status import Status
from app.sources.results import Matrix
from app.widgets import platform
from app.widgets.content import Cell, Chart, Column, Grid, Table
from app.widgets.curves import grid_table
from app.widgets.level_courses import QUESTIONS, asked_of, bound_of, course
from app.widgets.widget import Given, Widget

MOST_CURVES = 20
# A budget that is overspent many times over would make flat lines of all others.
LOWEST_DRAWN = -1.0
UNANSWERED = "nothing to judge: what it rests on got no answer"
# The hour, five minutes, six hours and half an hour that a burn rate is of; all of them on the grid of a day.
_BURN_S = (3_600, 300, 21_600, 1_800)
_NEEDED = frozenset({"now", "up day", "up month"})


@dataclass(frozen=True)
class Judged:
    """A level with where it stands and how fast it burns, unless that got no answer."""

    level: ServiceLevel
    standing: Standing
    burn: Burn
    burn_answered: bool = True

    @property
    def measure(self) -> Measure:
        """What it counts in."""
        return Measure.SECONDS if self.level.kind == "availability" else Measure.REQUESTS

    @property
    def status(self) -> tuple[Status, str]:
        """Its status and the word for it."""
        if self.standing.met is False:
            return Status.UNHEALTHY, "missed"
        if self.standing.met is None or not self.burn_answered:
            return Status.UNKNOWN, "unknown"
        if self.burn.alarm is Alarm.NONE:
            return Status.HEALTHY, "met"
        return (Status.UNHEALTHY if self.burn.alarm is Alarm.FAST else Status.DEGRADED), self.burn.alarm.value


def judged(given: Given) -> tuple[Judged, ...]:
    """Every configured level."""
    return tuple(
        Judged(
            level,
            standing(_amounts(given, level, level.window_s), level.target),
            _burn(given, level),
            burn_answered=not given.unanswered & asked_of(level, _BURN_S[0]),
        )
        for level in given.config.service_levels
    )


def _burn(given: Given, level: ServiceLevel) -> Burn:
    rates = (burn_rate(_amounts(given, level, seconds), level.target) for seconds in _BURN_S)
    return Burn(*rates)


def _amounts(given: Given, level: ServiceLevel, seconds: int) -> Amounts | None:
    found = course(given, level, seconds)
    return None if found is None else found.amounts


def _words(given: Given, one: Judged) -> str:
    """The outlook; or why there is none, when a question got no answer or the histogram has no such bound."""
    if given.unanswered & asked_of(one.level, one.level.window_s):
        return UNANSWERED
    if one.standing.met and not one.burn_answered:
        return f"{percent_text(one.standing.left_share, 0)} of the budget left; how fast it burns got no answer"
    threshold = one.level.threshold_s
    if one.standing.met is None and threshold is not None and _has_bounds(given.matrix("within day")):
        bounds = {bound_of(series.labels.get("le")) for series in given.matrix("within day").series}
        if threshold not in bounds:
            return f"no bucket of the histogram ends at {threshold:g} s"
    return verdict(one.standing, one.burn, window_s=one.level.window_s)


def _has_bounds(matrix: Matrix) -> bool:
    return any("le" in series.labels for series in matrix.series)


def _draw(given: Given) -> Grid:
    rows = tuple(_row(given, one) for one in judged(given))
    remark = "" if rows else "No service level is configured."
    columns = ("Service level", "Status", "Attained", "Target", "Budget left", "Burn rate", "Outlook")
    return Grid(columns, rows, remark=remark)


def _row(given: Given, one: Judged) -> tuple[Cell, ...]:
    level, (status, word) = one.level, one.status
    left = one.standing.left_share
    return (
        Cell(level.name, note=f"over {level.window}", href=_href(level)),
        Cell(word, status=status),
        Cell(percent_text(one.standing.attained, 3), numeric=True),
        Cell(_target_text(level.target), numeric=True),
        Cell(percent_text(left, 0), numeric=True, note="" if left is None else left_text(one.standing, one.measure)),
        Cell(_rate_text(one.burn.hour), numeric=True, note=f"1 h; 6 h: {_rate_text(one.burn.six_hours)}"),
        Cell(_words(given, one)),
    )


def _href(level: ServiceLevel) -> str:
    return f"/services/{level.service}" if len(level.services) == 1 else "/services"


def _target_text(target: float) -> str:
    return f"{target * 100:.10g} %"


def _rate_text(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.1f} x"


def _table(given: Given) -> Table:
    columns = (
        *(Column("service level"), Column("kind"), Column("service"), Column("window"), Column("status")),
        *(Column("target", Unit.SHARE), Column("attained", Unit.SHARE), Column("budget left", Unit.SHARE)),
        *(Column("amount left"), Column("amount in")),
        *(Column(f"burn rate {span}") for span in ("1h", "5m", "6h", "30m")),
        Column("outlook"),
    )
    rows = tuple(
        (
            *(one.level.name, one.level.kind, one.level.service, one.level.window, one.status[1]),
            *(one.level.target, one.standing.attained, one.standing.left_share),
            *(one.standing.left, one.measure.value),
            *(one.burn.hour, one.burn.five_minutes, one.burn.six_hours, one.burn.half_hour),
            _words(given, one),
        )
        for one in judged(given)
    )
    return Table(columns, rows)


def budget_line(given: Given, level: ServiceLevel) -> Line:
    """The share of the budget that was left at each moment of the page's range, of the level's window that ends it."""
    found = course(given, level, level.window_s)
    budget = 0.0 if found is None else (1 - level.target) * found.amounts.total
    if found is None or budget <= 0:
        return Line(level.name, (None,) * len(given.window.times))
    edges = found.start + np.arange(len(found.bad) + 1) * found.step
    spent = np.concatenate(([0.0], np.cumsum(found.bad)))
    left = 1 - np.interp(given.window.times, edges, spent) / budget
    inside = [edges[0] <= at <= edges[-1] for at in given.window.times]
    return Line(level.name, tuple(float(one) if kept else None for one, kept in zip(left, inside, strict=True)))


def _lines(given: Given) -> tuple[Line, ...]:
    lines = (budget_line(given, level) for level in given.config.service_levels)
    return tuple(line for line in lines if any(value is not None for value in line.values))


def _lowest(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines that end lowest, in the order they had."""
    last = partial(min, default=0.0)
    kept = sorted(lines, key=lambda line: last(value for value in line.values if value is not None))[:MOST_CURVES]
    return tuple(line for line in lines if line in kept)


def _draw_burn(given: Given) -> Chart:
    lines = _lines(given)
    shown = _lowest(lines)
    figure = time_series(
        shown, given.window.times, revision="slo.burn", unit=Unit.SHARE, limits={"budget gone": 0.0} if shown else None
    )
    if any(value is not None and value < LOWEST_DRAWN for line in shown for value in line.values):
        figure["layout"]["yaxis"]["range"] = [LOWEST_DRAWN * 100, 100]
    cut = f"{len(shown)} of {len(lines)} levels shown, those with the least budget left."
    return Chart(figure, remarks=(cut,) if len(shown) < len(lines) else ())


LEVELS = Widget(
    key="slo.levels",
    title="Service levels",
    help="Each configured level over its own window: what it attained, and what is left of the error budget, the bad "
    "that its target allows. Burn rate 1 spends the budget exactly within the window; 14 over an hour and still now is "
    "a fast burn, 2 over six hours a slow one. Maintenance and unknown time grant no budget.",
    source="Prometheus, event store",
    questions=QUESTIONS,
    draw=_draw,
    table=_table,
    metrics=(platform.UP,),
    needed=_NEEDED,
    columns=12,
)

BURN = Widget(
    key="slo.burn",
    title="Error budgets left",
    help="Share of each level's error budget that was left, within the level's window that ends with the page's range. "
    "It falls where something was bad. Before that window begins there is no curve. Nothing below -100 % is drawn; "
    "the table has every number.",
    source="Prometheus, event store",
    questions=QUESTIONS,
    draw=_draw_burn,
    table=lambda given: grid_table(_lines(given), given.window.times, Unit.SHARE),
    chart=True,
    metrics=(platform.UP,),
    needed=_NEEDED,
    columns=12,
)

WIDGETS = (LEVELS, BURN)
