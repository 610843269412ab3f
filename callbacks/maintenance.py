"""Maintenance windows on their page: the list, and planning, changing, ending and cancelling them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from app.access import PERMISSIONS, Role, permits
from app.auth.identity import Visitor
from app.maintenance.form import Answer, Asked, Opened, Subject, answer
from app.sources.drafts import Written
from app.sources.errors import SourceError
from app.sources.maintenance import Maintenance, Seen
from app.sources.moments import BadRange, read_zone
from app.ui import ids
from app.ui import maintenance as ui

NEEDED = PERMISSIONS["manage:maintenance"]
MOST_SHOWN = 50


def register(app: Dash, maintenance: Maintenance, caller: Callable[[], Visitor]) -> None:
    """Shows the list to everyone with an account, and does what operators and above ask for."""

    @app.callback(
        Output(ui.LIST, "children"),
        Input(ui.BEAT, "n_intervals"),
        Input(ui.CHANGED, "data"),
        Input(ids.ASK, "data"),
    )
    def show(_beats: int | None, _changed: Any, page: Any) -> Any:
        if not permits(caller().role, Role.READONLY):
            raise PreventUpdate
        try:
            entries, total = maintenance.list(limit=MOST_SHOWN), maintenance.count()
        except SourceError as error:
            return f"{error.source}: {error.message}."
        may_change = permits(caller().role, NEEDED)
        zone = ZoneInfo(_zone(page))
        return ui.listing(entries, now=datetime.now(UTC), zone=zone, may_change=may_change, total=total)

    @app.callback(
        *(Output(ui.field(name), "value") for name in ui.FIELDS),
        *(Output(ui.problem(name), "children") for name in ui.FIELDS),
        Output(ui.FORM, "hidden"),
        Output(ui.TITLE, "children"),
        Output(ui.EDITING, "data"),
        Output(ui.SAID, "children"),
        Output(ui.CHANGED, "data"),
        Input(ui.ACT, "data"),
        *(State(ui.field(name), "value") for name in ui.FIELDS),
        State(ui.EDITING, "data"),
        State(ids.ASK, "data"),
        prevent_initial_call=True,
    )
    def act(given: Any, start: Any, end: Any, services: Any, reason: Any, editing: Any, page: Any) -> list[Any]:
        zone = _zone(page)
        opened_in = _zone(editing) if isinstance(editing, dict) and editing.get("zone") else zone
        if not permits(caller().role, NEEDED):
            return _shaped(Answer(f"Changing maintenance needs the role {NEEDED.word} or above."), zone)
        written = Written(_text(start), _text(end), _texts(services), _text(reason), opened_in)
        found = answer(maintenance, _asked(given, written, editing), by=caller().name)
        if found is None:
            raise PreventUpdate
        return _shaped(found, zone)


def _shaped(shown: Answer, zone: str) -> list[Any]:
    """The values of the outputs, in their order."""
    opened = shown.opened
    fields: Mapping[str, Any] = _fields(opened, ZoneInfo(zone)) if opened else {}
    return [
        *(fields.get(name, no_update) for name in ui.FIELDS),
        *(shown.problems.get(name, "") for name in ui.FIELDS),
        False if opened else True if shown.closed else no_update,
        f"{opened.title} (times in {zone})" if opened else no_update,
        ui.editing(opened.subject.id, opened.subject.seen, zone=zone) if opened else no_update,
        shown.said,
        time.time() if shown.changed else no_update,
    ]


def _fields(opened: Opened, zone: ZoneInfo) -> Mapping[str, Any]:
    draft = opened.draft
    return {
        "start": ui.written(draft.starts_at, zone),
        "end": ui.written(draft.ends_at, zone),
        "services": list(draft.services),
        "reason": draft.reason,
    }


def _asked(given: Any, written: Written, editing: Any) -> Asked:
    """What the browser says, read with care: anything else than text is dropped."""
    given = given if isinstance(given, dict) else {}
    return Asked(_text(given.get("act")), _id(given.get("entry")), written, _subject(editing))


def _subject(editing: Any) -> Subject | None:
    editing = editing if isinstance(editing, dict) else {}
    subject = _id(editing.get("id"))
    if subject is None:
        return None
    return Subject(subject, None if editing.get("new") is True else Seen(_time(editing.get("changed"))))


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _id(value: Any) -> UUID | None:
    try:
        return UUID(_text(value))
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _zone(page: Any) -> str:
    """The page's time zone; UTC where it names none that we know."""
    name = _text(page.get("zone")) if isinstance(page, dict) else ""
    try:
        return read_zone(name).key
    except BadRange:
        return "UTC"
