"""Errors that a service counted, by type."""

from __future__ import annotations

from app.figures.series import Line
from app.figures.units import Unit, number_text
from app.sources.questions import At
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.curves import Curves, curves
from app.widgets.platform import recorded_rate
from app.widgets.service_http import MOST_ROWS, by_label
from app.widgets.service_scope import Scope, family, shown
from app.widgets.widget import Given, Widget

ERRORS = "tamma_errors_total"


class _Occurring(Curves):
    """Curves of the types that occurred; when none did, one line at zero for all of them."""

    def lines(self, given: Given) -> tuple[Line, ...]:
        every = super().lines(given)
        occurring = tuple(line for line in every if any(line.values) or any(line.before or ()))
        if occurring or len(every) < 2:
            return occurring or every
        known = zip(*(line.values for line in every), strict=True)
        return (Line("all types", tuple(0.0 if any(one is not None for one in at) else None for at in known)),)


def _errors(key: str, scope: Scope) -> Widget:
    where = scope.where("instance", "error")
    raw = f"60 * sum by (error_type) (rate({ERRORS}{{{where}}}[$rate]))"
    recorded = {}
    if not scope.narrowed("instance"):
        level = f"job_error_type:tamma_errors:rate5m{{{where}}}"
        recorded = {"errors": f"60 * {recorded_rate(level, 'error_type')}"}
    return curves(
        key,
        "Errors by type",
        help="Errors that the service counted, per minute, by their type: those that occurred.",
        what=_Occurring({"errors": raw}, Unit.PER_MINUTE, recorded, by="error_type", usual=scope.narrowed("error")),
        metrics=(f"{ERRORS}{{{scope.where()}}}",),
    )


def _types(key: str, scope: Scope) -> Widget:
    def draw(given: Given) -> Grid:
        rows = error_rows(given)
        happened = [row for row in rows if row[1] or row[2]]
        cells = tuple(_cells(scope, row) for row in happened[:MOST_ROWS])
        return Grid(("Error", "Per minute", "In this range"), cells, _remark(len(cells), len(happened), len(rows)))

    where = scope.where("instance")
    return Widget(
        key=key,
        title="Error types",
        help="Errors by type: per minute over five minutes at the end of the range, and how many in the whole range.",
        source="Prometheus",
        questions={
            "rate": At(f"60 * sum by (error_type) (rate({ERRORS}{{{where}}}[$rate]))"),
            "range": At(f"sum by (error_type) (increase({ERRORS}{{{where}}}[$range]))", every_s=60),
        },
        draw=draw,
        table=_table,
        metrics=(f"{ERRORS}{{{scope.where()}}}",),
        columns=6,
    )


def _remark(shown_rows: int, happened: int, counted: int) -> str:
    """What the table leaves out: rare errors beyond its length, and types that did not occur."""
    if not happened:
        return f"None of the {counted} types that are counted occurred in this range."
    cut = f"{shown_rows} of {happened} shown, the most frequent." if shown_rows < happened else ""
    quiet = f"{counted - happened} more types are counted, none occurred." if happened < counted else ""
    return " ".join(part for part in (cut, quiet) if part)


ErrorRow = tuple[str, float | None, float | None]


def error_rows(given: Given) -> list[ErrorRow]:
    """Error type, errors per minute and errors in the range, the most frequent first."""
    rates, counts = (by_label(given.vector(name), "error_type") for name in ("rate", "range"))
    rows = [(name, rates.get(name), counts.get(name)) for name in {**counts, **rates}]
    return sorted(rows, key=lambda row: (-(row[2] or 0.0), -(row[1] or 0.0), row[0]))


def _cells(scope: Scope, row: ErrorRow) -> tuple[Cell, ...]:
    name, rate, count = row
    return (
        Cell(shown(name), href=scope.with_filter("error", name).href if name else ""),
        Cell("".join(number_text(rate, Unit.PER_MINUTE)), numeric=True),
        Cell("".join(number_text(count, Unit.COUNT)), numeric=True),
    )


def _table(given: Given) -> Table:
    columns = (Column("error type"), Column("errors", Unit.PER_MINUTE), Column("errors in range", Unit.COUNT))
    return Table(columns, tuple(error_rows(given)))


FAMILIES = (family("service.errors", _errors), family("service.errortypes", _types))
