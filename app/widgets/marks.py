"""What happened in the page's range, marked on every chart: deploys, failed workflows, alerts, maintenance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.figures.moments import iso
from app.health.services import SERVICES, service_name
from app.sources.questions import Over, Tally, Told
from app.sources.results import Matrix
from app.widgets.content import Column, Mark, Marks, Table
from app.widgets.widget import Given, Widget

# Over the whole of each step, since most alerts are shorter than the steps of a month; and at its end, since rules are
# evaluated less often than a step of a short range passes.
_FIRES = 'ALERTS{alertstate="firing"}'
_FIRING = f"count by (alertname, job) (last_over_time({_FIRES}[$step]) or {_FIRES})"
_ALERT_WORDS = {
    "ALERT.FIRED": "fired",
    "SYSTEM.ALERT.RAISED": "fired",
    "ALERT.ACKNOWLEDGED": "acknowledged",
    "ALERT.RESOLVED": "resolved",
    "SYSTEM.ALERT.RESOLVED": "resolved",
}


def _draw(given: Given) -> Marks:
    happened = [_event(row) for row in given.rows("events").records()]
    planned = [_maintenance(row) for row in given.rows("maintenance").records() if row["state"] != "cancelled"]
    marks = sorted([*happened, *planned, *_fired(given.matrix("alerts"))], key=lambda mark: mark.start)
    return Marks(tuple(marks), " ".join(given.rows("events").warnings))


def _fired(alerts: Matrix) -> list[Mark]:
    """Where each alert of Prometheus begins to fire, to the step; one that fires from the beginning began before."""
    return [
        Mark(
            alerts.times[at],
            None,
            "alert",
            _joined("alert", name, "of", job, "fires") if job else f"alert {name} fires",
        )
        for one in alerts.series
        for name, job in [(one.labels.get("alertname", ""), one.labels.get("job", ""))]
        for at in range(1, len(one.values))
        if one.values[at] is not None and one.values[at - 1] is None
    ]


def _event(row: Mapping[str, Any]) -> Mark:
    if row["type"].startswith("DEPLOY."):
        outcome = row["type"].rpartition(".")[2].lower()
        words = {"success": "deployed", "failed": "failed to deploy", "started": "deploy started"}.get(outcome, outcome)
        return Mark(row["at"], None, "deploy", _joined(row["service"], row["version"], words), _service_page(row))
    if row["type"] == "WORKFLOW.FAILED":
        where = f"at {row['step']}" if row["step"] else ""
        return Mark(row["at"], None, "workflow", _joined("workflow", row["workflow"], "failed", where))
    return Mark(row["at"], None, "alert", _joined("alert", row["rule"], _ALERT_WORDS.get(row["type"], "")))


def _maintenance(row: Mapping[str, Any]) -> Mark:
    about = ", ".join(row["services"]) or "everything"
    return Mark(row["start"], row["end"], "maintenance", f"Maintenance of {about}: {row['reason']}", "/availability")


def _service_page(row: Mapping[str, Any]) -> str:
    """The page of the service, or of the one that the instance belongs to; nothing for what is neither."""
    service = service_name(re.sub(r"-\d+$", "", row["service"]))
    return f"/services/{service}" if service in SERVICES else ""


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _table(given: Given) -> Table:
    columns = (Column("start"), Column("end"), Column("kind"), Column("what"))
    rows = tuple(
        (iso(one.start), iso(one.end) if one.end is not None else None, one.kind, one.text)
        for one in _draw(given).items
    )
    return Table(columns, rows)


MARKS = Widget(
    key="page.marks",
    title="Marks",
    help="Deploys, failed workflows, alerts and maintenance in the page's range, shown on every chart.",
    source="Event store, Prometheus",
    questions={"events": Told(Tally.MARKS), "maintenance": Told(Tally.MAINTENANCE), "alerts": Over(_FIRING)},
    draw=_draw,
    table=_table,
    metrics=("ALERTS",),
    needed=frozenset(),
    beside=frozenset({"maintenance", "alerts"}),
)

WIDGETS = (MARKS,)
