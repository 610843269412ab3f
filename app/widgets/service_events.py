"""What a service told the event store lately, and the alerts that fire for it."""

from __future__ import annotations

import re
from typing import Any

from app.access import Role
from app.figures.moments import iso
from app.health.services import service_name
from app.health.status import Status
from app.sources.event_statements import MOST_EVENTS
from app.sources.questions import Tally, Told
from app.widgets.alerts import firing, severity_cell
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.newest import shown_of
from app.widgets.service_http import MOST_ROWS
from app.widgets.service_scope import Scope, family, shown
from app.widgets.widget import Given, Widget

# Data dictionary, section 3: names that flag an error event.
ERROR = re.compile("FAIL|ERROR|REJECT|TIMEOUT|DENIED|EXHAUST")
EXAMPLES = ("api", "workers")


def _events(key: str, scope: Scope) -> Widget:
    return Widget(
        key=key,
        title="Errors and events",
        help=f"What the service or one of its instances told the event store in the range, the newest {MOST_ROWS}; "
        f"the file of the data has {MOST_EVENTS}.",
        source="Event store",
        questions={"events": Told(Tally.EVENTS, scope.service)},
        draw=_draw_events,
        table=_events_table,
        needed=frozenset(),
        role=Role.OPERATOR,
        columns=12,
    )


def _draw_events(given: Given) -> Grid:
    records = given.rows("events").records()
    rows = tuple(
        (
            Cell("", moment=row["at"]),
            Cell("error" if ERROR.search(row["type"]) else "event", status=_weight(row["type"])),
            Cell(shown(row["type"])),
            Cell(row["message"]),
            Cell(shown(row["service"]) if row["service"] else "–"),
            Cell(shown(row["workflow"]) if row["workflow"] else "–"),
        )
        for row in records[:MOST_ROWS]
    )
    remark = shown_of(len(rows), len(records), Tally.EVENTS) if records else "No event of this service in this range."
    return Grid(("When", "Kind", "Type", "Message", "From", "Workflow"), rows, remark)


def _weight(kind: str) -> Status | None:
    return Status.UNHEALTHY if ERROR.search(kind) else None


def _events_table(given: Given) -> Table:
    names = ("time", "type", "message", "service", "workflow")
    rows = tuple((iso(row[0]), *row[1:]) for row in given.rows("events").rows)
    return Table(tuple(Column(name) for name in names), rows)


def _alerts(key: str, scope: Scope) -> Widget:
    return Widget(
        key=key,
        title="Alerts firing now",
        help="Alerts of Prometheus's own rules that fire for this service now, whatever the range.",
        source="Prometheus",
        questions={"alerts": Told(Tally.ALERTS_FIRING)},
        draw=lambda given: _draw_alerts(given, scope.service),
        table=lambda given: _alerts_table(given, scope.service),
        needed=frozenset(),
        columns=6,
    )


def alerts_of(given: Given, service: str) -> list[dict[str, Any]]:
    """The alerts that fire for a service, the gravest first, then the longest firing."""
    return [row for row in firing(given) if service_name(row["service"]) == service]


def _draw_alerts(given: Given, service: str) -> Grid:
    found = alerts_of(given, service)
    rows = tuple(
        (
            Cell(shown(row["name"])),
            severity_cell(row),
            Cell(shown(row["instance"]) if row["instance"] else "–"),
            Cell(row["summary"]),
            Cell("–") if row["since"] is None else Cell("", moment=row["since"]),
        )
        for row in found[:MOST_ROWS]
    )
    remark = "No alert fires for this service." if not found else ""
    remark = f"{len(rows)} of {len(found)} shown." if len(rows) < len(found) else remark
    return Grid(("Alert", "Severity", "Instance", "What", "Since"), rows, remark)


def _alerts_table(given: Given, service: str) -> Table:
    names = ("name", "severity", "instance", "summary", "since")
    rows = tuple(
        (*(row[name] for name in names[:-1]), None if row["since"] is None else iso(row["since"]))
        for row in alerts_of(given, service)
    )
    return Table(tuple(Column(name) for name in names), rows)


FAMILIES = (
    family("service.events", _events, examples=EXAMPLES, role=Role.OPERATOR),
    family("service.alerts", _alerts, examples=EXAMPLES),
)
