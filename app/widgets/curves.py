"""Widgets that are one or more range queries drawn as curves."""

from __future__ import annotations

from collections.abc import Mapping

from app.figures.moments import iso
from app.figures.series import Line, time_series
from app.figures.units import Unit
from app.sources.questions import Over
from app.sources.results import Series
from app.widgets.content import Chart, Column, Table
from app.widgets.widget import Given, Widget


def curves(
    key: str, title: str, *, help: str, unit: Unit, queries: Mapping[str, str], metrics: tuple[str, ...]
) -> Widget:
    """A chart of PromQL range queries: each series named by its ``job`` label, else by the name of its query."""
    names = tuple(queries)

    def draw(given: Given) -> Chart:
        return Chart(time_series(_lines(given, names), given.window.times, revision=key, unit=unit))

    def table(given: Given) -> Table:
        return grid_table(_lines(given, names), given.window.times, unit)

    return Widget(
        key=key,
        title=title,
        help=help,
        source="Prometheus",
        questions={name: Over(promql) for name, promql in queries.items()},
        draw=draw,
        table=table,
        chart=True,
        metrics=metrics,
    )


def grid_table(lines: tuple[Line, ...], times: tuple[int, ...], unit: Unit) -> Table:
    """The table behind curves: a time column, then one column a curve."""
    columns = (Column("time"), *(Column(line.name, unit) for line in lines))
    stamps = (iso(moment) for moment in times)
    return Table(columns, tuple(zip(stamps, *(line.values for line in lines), strict=True)))


def _lines(given: Given, names: tuple[str, ...]) -> tuple[Line, ...]:
    found = [Line(_name(series, name), series.values) for name in names for series in given.matrix(name).series]
    return tuple(sorted(found, key=lambda line: line.name))


def _name(series: Series, fallback: str) -> str:
    return series.labels.get("job") or series.labels.get("instance") or fallback
