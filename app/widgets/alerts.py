"""The alerts that Prometheus's own rules fire now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.figures.moments import iso
from app.health.services import service_name
from app.health.status import Status
from app.sources.questions import Tally, Told
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.service_scope import Scope, shown
from app.widgets.widget import Given, Widget

MOST_ROWS = 8
# The gravest first; whatever else an alert calls itself comes last.
SEVERITIES: Mapping[str, Status | None] = {
    "critical": Status.UNHEALTHY,
    "error": Status.UNHEALTHY,
    "warning": Status.DEGRADED,
    "info": None,
}


def firing(given: Given) -> list[dict[str, Any]]:
    """The alerts, the gravest first, then the longest firing."""
    order = list(SEVERITIES)

    def rank(row: Mapping[str, Any]) -> tuple[Any, ...]:
        grave = order.index(row["severity"]) if row["severity"] in order else len(order)
        return grave, row["since"] is None, row["since"] or 0.0, row["name"], row["instance"]

    return sorted(given.rows("alerts").records(), key=rank)


def severity_cell(row: Mapping[str, Any]) -> Cell:
    """The word for how grave an alert is."""
    return Cell(shown(row["severity"] or "no severity"), status=SEVERITIES.get(row["severity"], Status.UNKNOWN))


def _draw(given: Given) -> Grid:
    found = firing(given)
    rows = tuple(_cells(row) for row in found[:MOST_ROWS])
    remark = "No alert fires." if not found else ""
    if len(rows) < len(found):
        remark = f"{len(rows)} of {len(found)} shown, the gravest first."
    return Grid(("Severity", "What", "Since", "Service"), rows, remark)


def _cells(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    service = service_name(row["service"])
    return (
        severity_cell(row),
        Cell(_cut(row["summary"] or row["name"]), note=shown(row["name"]) if row["summary"] else ""),
        Cell("–") if row["since"] is None else Cell("", moment=row["since"]),
        Cell(shown(service), href=Scope(service).href) if service else Cell("–"),
    )


def _cut(text: str, longest: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _table(given: Given) -> Table:
    names = ("name", "severity", "service", "instance", "summary")
    rows = tuple(
        (*(row[name] for name in names), None if row["since"] is None else iso(row["since"])) for row in firing(given)
    )
    return Table(tuple(Column(name) for name in (*names, "since")), rows)


FIRING = Widget(
    key="alerts.firing",
    title="Alerts firing now",
    help="Alerts of Prometheus's own rules that fire now, whatever the range: the gravest first.",
    source="Prometheus",
    questions={"alerts": Told(Tally.ALERTS_FIRING)},
    draw=_draw,
    table=_table,
    needed=frozenset(),
    columns=8,
)

WIDGETS = (FIRING,)
