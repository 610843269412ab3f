"""Maintenance windows on their page: the list with what may be done about each, and the form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID, uuid4

from dash import dcc, html

from app.health.phrases import span_text
from app.health.services import SERVICES
from app.health.status import Status
from app.sources.maintenance import LONGEST_REASON, Entry, Seen
from app.ui.render import status_mark

ACT = "maintenance-act"
BEAT = "maintenance-beat"
CHANGED = "maintenance-changed"
LIST = "maintenance-list"
FORM = "maintenance-form"
TITLE = "maintenance-title"
EDITING = "maintenance-editing"
SAID = "maintenance-said"
FIELDS = ("start", "end", "services", "reason")
EVERY_MS = 30_000
_COLUMNS = ("State", "Start", "End", "Services", "Reason", "By")


def field(name: str) -> str:
    """The id of a field."""
    return f"maintenance-{name}"


def problem(name: str) -> str:
    """The id of the words beside a field."""
    return f"maintenance-{name}-problem"


def editing(entry_id: UUID, seen: Seen | None, *, zone: str) -> dict[str, Any]:
    """What the form is about, as the browser keeps it: a window in the version that is shown, or a new one (None).

    ``zone`` is the time zone that its title names: the page's may change while it is open.
    """
    about = {"id": str(entry_id), "zone": zone}
    if seen is None:
        return {**about, "new": True}
    return {**about, "changed": seen.changed_at.isoformat() if seen.changed_at else None}


def section(*, may_change: bool) -> Any:
    """The card: a list for everyone, and a form for those who may change it. Filled by callbacks/maintenance.py."""
    head = [html.H2("Maintenance", className="card-title")]
    if may_change:
        head.append(_button("Plan maintenance", "new", className="button"))
    return html.Section(
        [
            html.Header(head, className="card-head"),
            html.P("", id=SAID, role="status", className="maintenance-said"),
            _form() if may_change else html.Div(),
            html.Div(id=LIST, className="skeleton"),
            dcc.Interval(id=BEAT, interval=EVERY_MS),
            dcc.Store(id=ACT),
            dcc.Store(id=CHANGED),
        ],
        id="maintenance",
        className="card maintenance",
    )


def _form() -> Any:
    services = [{"label": name, "value": name} for name in SERVICES]
    moment = {"type": "text", "autoComplete": "off", "maxLength": 40, "className": "form-control"}
    return html.Div(
        [
            html.H3("", id=TITLE),
            _labelled("Start", "start", dcc.Input(id=field("start"), **moment)),
            _labelled("End", "end", dcc.Input(id=field("end"), **moment)),
            html.Fieldset(
                [
                    html.Legend("Services; none chosen means all"),
                    dcc.Checklist(id=field("services"), options=services, value=[], className="maintenance-services"),
                    html.P("", id=problem("services"), className="field-problem", role="alert"),
                ]
            ),
            _labelled(
                "Reason",
                "reason",
                dcc.Textarea(id=field("reason"), maxLength=LONGEST_REASON, className="form-control", rows=2),
            ),
            html.Div(
                [_button("Save", "save", className="button primary"), _button("Close", "close", className="button")],
                className="maintenance-buttons",
            ),
            dcc.Store(id=EDITING, data=editing(uuid4(), None, zone="")),
        ],
        id=FORM,
        className="maintenance-form",
        hidden=True,
        role="group",
        **{"aria-labelledby": TITLE},
    )


def _labelled(word: str, name: str, control: Any) -> Any:
    return html.Div(
        [
            html.Label(word, htmlFor=field(name)),
            control,
            html.P("", id=problem(name), className="field-problem", role="alert"),
        ],
        className="maintenance-field",
    )


def _button(word: str, act: str, *, entry: str = "", className: str = "button") -> Any:  # noqa: N803 - as Dash has it
    return html.Button(word, type="button", className=className, **{"data-maintenance": act, "data-entry": entry})


def listing(entries: Sequence[Entry], *, now: datetime, zone: tzinfo, may_change: bool, total: int) -> Any:
    """The table of windows, in the page's time zone; a word where there is none."""
    if not entries:
        return html.P("No maintenance has been announced yet.", className="grid-remark")
    columns = (*_COLUMNS, *(["Actions"] if may_change else []))
    head = html.Tr([html.Th(column, scope="col") for column in columns])
    rows = [_row(one, now=now, zone=zone, may_change=may_change) for one in entries]
    remark = f"Times in {zone}." + (f" {len(entries)} of {total} shown." if total > len(entries) else "")
    return html.Div(
        [
            html.Table([html.Thead(head), html.Tbody(rows)], className="grid-table"),
            html.P(remark, className="grid-remark"),
        ],
        className="grid-scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": "Maintenance windows, scrolls sideways"},
    )


def _row(one: Entry, *, now: datetime, zone: tzinfo, may_change: bool) -> Any:
    state = one.state(now)
    by = f"{one.created_by}; cancelled by {one.cancelled_by}" if one.cancelled_by else one.created_by
    if one.changed_by and not one.cancelled_by:
        by = f"{one.created_by}; changed by {one.changed_by}"
    cells = (
        status_mark(Status.MAINTENANCE, state) if state == "running" else state,
        written(one.starts_at, zone),
        [written(one.ends_at, zone), html.Span(_length(one), className="cell-note")],
        ", ".join(one.services) or "all",
        html.Span(one.reason, className="maintenance-reason"),
        by,
    )
    shown = [html.Td(cell, **{"data-column": column}) for cell, column in zip(cells, _COLUMNS, strict=True)]
    if may_change:
        shown.append(html.Td(_actions(one, state), **{"data-column": "Actions"}))
    return html.Tr(shown, key=str(one.id), className=f"maintenance-{state}")


def _length(one: Entry) -> str:
    return span_text((one.ends_at - one.starts_at).total_seconds())


def _actions(one: Entry, state: str) -> Any:
    if state == "cancelled":
        return ""
    entry = str(one.id)
    end = [_button("End now", "end", entry=entry)] if state == "running" else []
    sure = html.Details(
        [
            html.Summary("Cancel", className="button"),
            html.Div(
                [
                    html.P("It then counts for nothing, not even the time that is over."),
                    _button("Yes, cancel it", "cancel", entry=entry, className="button danger"),
                ],
                className="maintenance-sure",
            ),
        ],
        key=f"sure-{entry}",
    )
    return html.Div([*end, _button("Edit", "edit", entry=entry), sure], className="maintenance-actions")


def written(moment: datetime, zone: tzinfo) -> str:
    """A time as the form takes it: ``2026-01-31 14:00``, with seconds where there are any.

    With its offset where the clock shows it twice: what is saved as it was opened stays as it was.
    """
    local = moment.astimezone(zone)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    offset = local.isoformat()[-6:] if twice else ""
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M") + offset
