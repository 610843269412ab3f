"""Widgets that are one or more range queries drawn as curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import fsum

from app.access import Role
from app.figures.moments import iso
from app.figures.series import Line, Values, time_series
from app.figures.units import Unit
from app.sources.questions import Over, Past, Question
from app.sources.results import Series
from app.widgets.content import Chart, Column, Table
from app.widgets.usual import too_little, usual_name, usual_of
from app.widgets.widget import Given, Widget

# So many curves can be told apart; the file of the data has them all.
MOST_CURVES = 20


@dataclass(frozen=True)
class Curves:
    """What is drawn: range queries by name, and the label by which their series are named, else the query's name.

    ``recorded`` holds the same queries on recording rules. ``usual`` adds what is usual: for each series, or for those
    of the queries that it names. ``past`` asks for their last weeks where the query itself would not do: means over
    ``$step`` of a gauge, of which it takes moments. ``limits`` are thresholds by their word, in the unit of the values.
    """

    queries: Mapping[str, str]
    unit: Unit
    recorded: Mapping[str, str] = field(default_factory=dict)
    by: str = "job"
    usual: bool | frozenset[str] = False
    past: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    stacked: bool = False

    def questions(self) -> dict[str, Question]:
        """The questions to ask, those for what is usual among them."""
        ranges: dict[str, Question] = {
            name: Over(promql, self.recorded.get(name, "")) for name, promql in self.queries.items()
        }
        past = {
            usual_name(name): Past(self.past.get(name, self.queries[name]), self.recorded.get(name, ""))
            for name in self.compared
        }
        return ranges | past

    @property
    def compared(self) -> tuple[str, ...]:
        """The queries whose series are held against what is usual for them."""
        if isinstance(self.usual, bool):
            return tuple(self.queries) if self.usual else ()
        return tuple(name for name in self.queries if name in self.usual)

    def lines(self, given: Given) -> tuple[Line, ...]:
        """Every series as a line, by name."""
        found = [line for name in self.queries for line in self._of(given, name)]
        return tuple(sorted(found, key=lambda line: line.name))

    def _of(self, given: Given, name: str) -> list[Line]:
        before = given.before(name)
        twins = {} if before is None else {_identity(one): one.values for one in before.series}
        matrix = given.matrix(name)
        return [
            Line(
                self._name(series, name),
                series.values,
                usual=usual_of(given, name, series) if name in self.compared else None,
                before=None if before is None else twins.get(_identity(series), (None,) * len(series.values)),
            )
            for series in matrix.series
        ]

    def unlearnt(self, given: Given) -> Iterator[str]:
        """A sentence when there is too little history to say what is usual."""
        wanted = [(name, one) for name in self.compared for one in given.matrix(name).series]
        if said := too_little(given, wanted):
            yield said

    def _name(self, series: Series, fallback: str) -> str:
        return series.labels.get(self.by) or series.labels.get("instance") or fallback


def curves(
    key: str,
    title: str,
    *,
    help: str,
    what: Curves,
    metrics: tuple[str, ...],
    columns: int = 6,
    role: Role = Role.READONLY,
    href: str = "",
) -> Widget:
    """A chart of curves; of more than MOST_CURVES those with the largest mean."""

    def draw(given: Given) -> Chart:
        lines = what.lines(given)
        shown = largest(lines)
        figure = time_series(
            shown, given.window.times, revision=key, unit=what.unit, stacked=what.stacked, limits=what.limits
        )
        cut = f"{len(shown)} of {_total(given, what, lines)} series shown, those with the largest mean."
        return Chart(figure, remarks=(*([cut] if len(shown) < len(lines) else []), *what.unlearnt(given)))

    def table(given: Given) -> Table:
        return grid_table(what.lines(given), given.window.times, what.unit)

    return Widget(
        key=key,
        title=title,
        help=help,
        source="Prometheus",
        questions=what.questions(),
        draw=draw,
        table=table,
        chart=True,
        metrics=metrics,
        needed=frozenset(what.queries),
        columns=columns,
        role=role,
        href=href,
    )


def largest(lines: tuple[Line, ...], most: int = MOST_CURVES) -> tuple[Line, ...]:
    """The lines with the largest mean, in the order they had."""
    kept = set(sorted(range(len(lines)), key=lambda at: -mean_of(lines[at].values))[:most])
    return tuple(line for at, line in enumerate(lines) if at in kept)


def grid_table(lines: tuple[Line, ...], times: tuple[int, ...], unit: Unit) -> Table:
    """The table behind curves: a time column, then one column a curve, and one for what each is compared with."""
    columns = [(line.name, line.values) for line in lines]
    columns += [(f"{line.name} before", line.before) for line in lines if line.before is not None]
    head = (Column("time"), *(Column(name, unit) for name, _ in columns))
    stamps = (iso(moment) for moment in times)
    return Table(head, tuple(zip(stamps, *(values for _, values in columns), strict=True)))


def _total(given: Given, what: Curves, lines: tuple[Line, ...]) -> int:
    return max(len(lines), sum(given.matrix(name).total for name in what.queries))


def _identity(series: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(series.labels.items()))


def mean_of(values: Values) -> float:
    """The mean of what is known; below everything where nothing is."""
    known = [value for value in values if value is not None]
    return fsum(known) / len(known) if known else float("-inf")
