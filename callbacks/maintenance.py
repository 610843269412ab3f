"""Maintenance windows on their page: the list, and planning, changing, ending and cancelling them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from app.access import PERMISSIONS, Role, permits
from app.auth.identity import Visitor
from app.health.services import SERVICES
from app.sources.drafts import Written, read_draft
from app.sources.errors import SourceError
from app.sources.maintenance import Draft, Entry, Maintenance
from app.sources.moments import BadRange, read_zone
from app.ui import ids
from app.ui import maintenance as ui

NEEDED = PERMISSIONS["manage:maintenance"]
MOST_SHOWN = 50
GONE = "There is no such maintenance window any more."
CANCELLED = "This maintenance window is cancelled; plan a new one."


@dataclass(frozen=True)
class Asked:
    """What a browser asks for: ``act`` about the window of id ``entry``, with the form's fields as they stand."""

    act: str
    entry: UUID | None
    written: Written
    editing: UUID | None
    new: bool


@dataclass(frozen=True)
class Answer:
    """What the page shows next; a field that is None stays as it is."""

    said: str
    is_open: bool | None = None
    title: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    editing: Mapping[str, Any] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False


def register(app: Dash, maintenance: Maintenance, caller: Callable[[], Visitor]) -> None:
    """Shows the list to everyone with an account, and does what operators and above ask for."""

    @app.callback(
        Output(ui.LIST, "children"),
        Input(ui.BEAT, "n_intervals"),
        Input(ui.CHANGED, "data"),
        Input(ids.ASK, "data"),
    )
    def show(_beats: int | None, _changed: Any, asked: Any) -> Any:
        if not permits(caller().role, Role.READONLY):
            raise PreventUpdate
        try:
            entries, total = maintenance.list(limit=MOST_SHOWN), maintenance.count()
        except SourceError as error:
            return f"{error.source}: {error.message}."
        may_change = permits(caller().role, NEEDED)
        zone = ZoneInfo(_zone(asked))
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
        if not permits(caller().role, NEEDED):
            return _shaped(Answer(f"Changing maintenance needs the role {NEEDED.word} or above."))
        written = Written(_text(start), _text(end), _texts(services), _text(reason), _zone(page))
        return _shaped(answer(maintenance, _asked(given, written, editing), by=caller().name))


def answer(maintenance: Maintenance, asked: Asked, *, by: str, now: float | None = None) -> Answer:
    """Does what is asked for the account of that name; ``now`` in epoch seconds, None asks the clock."""
    now = time.time() if now is None else now
    try:
        match asked.act:
            case "new":
                return _opened(_proposal(now), asked.written.zone, title="Plan maintenance", editing=ui.fresh())
            case "close":
                return Answer("", is_open=False)
            case "save":
                return _saved(maintenance, asked, by=by, now=now)
            case "edit" | "end" | "cancel" if asked.entry is not None:
                return _about(maintenance, asked, asked.entry, by=by, now=now)
    except SourceError as error:
        return Answer(f"Nothing was changed. {error.source}: {error.message}.")
    raise PreventUpdate


def _proposal(now: float) -> Draft:
    start = datetime.fromtimestamp(now // 60 * 60, UTC)
    return Draft(start, start + timedelta(hours=1), (), "")


def _opened(draft: Draft, zone: str, *, title: str, editing: Mapping[str, Any]) -> Answer:
    there = ZoneInfo(zone)
    fields = {
        "start": ui.written(draft.starts_at, there),
        "end": ui.written(draft.ends_at, there),
        "services": list(draft.services),
        "reason": draft.reason,
    }
    return Answer("", is_open=True, title=f"{title} (times in {zone})", fields=fields, editing=editing)


def _saved(maintenance: Maintenance, asked: Asked, *, by: str, now: float) -> Answer:
    """Stored, once however often it is sent; or what is wrong, beside the fields."""
    draft = read_draft(asked.written, SERVICES, now=now)
    if not isinstance(draft, Draft):
        return Answer("Not saved: see beside the fields.", problems=draft)
    if asked.editing is None:
        return Answer(GONE)
    if asked.new:
        entry: Entry | None = maintenance.create(draft, by=by, entry_id=asked.editing)
    else:
        entry = maintenance.replace(asked.editing, draft, by=by)
    return _ended(entry, "Saved.")


def _about(maintenance: Maintenance, asked: Asked, entry_id: UUID, *, by: str, now: float) -> Answer:
    if asked.act == "cancel":
        return Answer("Cancelled.", changed=True) if maintenance.cancel(entry_id, by=by) else Answer(GONE, changed=True)
    entry = maintenance.find(entry_id)
    if entry is None or entry.cancelled_at:
        return _ended(entry, "")
    draft = Draft(entry.starts_at, entry.ends_at, tuple(entry.services), entry.reason)
    if asked.act == "edit":
        return _opened(draft, asked.written.zone, title="Change maintenance", editing={"id": str(entry_id)})
    end = datetime.fromtimestamp(int(now), UTC)
    if not entry.starts_at < end < entry.ends_at:
        return Answer("It does not run now.", changed=True)
    return _ended(maintenance.replace(entry_id, replace(draft, ends_at=end), by=by), "Ended.")


def _ended(entry: Entry | None, said: str) -> Answer:
    if entry is None:
        return Answer(GONE, changed=True)
    if entry.cancelled_at:
        return Answer(CANCELLED, changed=True)
    return Answer(said, is_open=False, changed=True)


def _shaped(shown: Answer) -> list[Any]:
    """The values of the outputs, in their order."""

    def or_nothing(value: Any) -> Any:
        return no_update if value is None else value

    return [
        *(shown.fields.get(name, no_update) for name in ui.FIELDS),
        *(shown.problems.get(name, "") for name in ui.FIELDS),
        no_update if shown.is_open is None else not shown.is_open,
        or_nothing(shown.title),
        or_nothing(shown.editing),
        shown.said,
        time.time() if shown.changed else no_update,
    ]


def _asked(given: Any, written: Written, editing: Any) -> Asked:
    """What the browser says, read with care: anything else than text is dropped."""
    given, editing = (one if isinstance(one, dict) else {} for one in (given, editing))
    act, new = _text(given.get("act")), editing.get("new") is True
    return Asked(act, _id(given.get("entry")), written, editing=_id(editing.get("id")), new=new)


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
