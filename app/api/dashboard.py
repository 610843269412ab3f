"""/api/dashboard: the system's status, what each card shows, and how a time range is read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import orjson
from flask import Blueprint, Flask, Response, jsonify, request
from flask.blueprints import BlueprintSetupState

from app import exports
from app.access import Role, permits
from app.api.replies import data, failure, json_object, status_of
from app.auth.gate import declare
from app.drawing import Drawer, span_of
from app.figures.moments import iso
from app.refresh import Refresher
from app.sources.errors import SourceError
from app.sources.windows import BadRange, Window, read_window
from app.telemetry import LOAD_TIME
from app.widgets.registry import find
from app.widgets.widget import Widget

Reply = Response | tuple[Response, int]
LONGEST_LOAD_S = 600.0
# A file holds thirty times the points of a card, and somebody asked for it on purpose.
FILE_DEADLINE_S = 15.0
NAME = "dashboard"
# Each route by name: a new one is closed until its role is written here. Widgets check their own role besides.
ROLES = {
    "status": Role.READONLY,
    "widget": Role.READONLY,
    "as_json": Role.READONLY,
    "as_csv": Role.READONLY,
    "load_time": Role.READONLY,
    "time_range": Role.READONLY,
}


def blueprint(
    refresher: Refresher, drawer: Drawer, *, status_now: Callable[[], dict[str, Any]], role: Callable[[], Role | None]
) -> Blueprint:
    """The routes; ``role`` is the caller's, from the session or token alone."""
    routes = Blueprint(NAME, __name__, url_prefix="/api/dashboard")
    routes.record_once(_declare)

    @routes.route("/system-status", methods=["GET", "POST"])
    def status() -> Reply:
        return data(status_now())

    @routes.get("/widgets/<key>")
    def widget(key: str) -> Reply:
        return _answer(key, role(), lambda one, window: _shown(refresher, drawer, one, window, role()))

    @routes.get("/widgets/<key>.json")
    def as_json(key: str) -> Reply:
        return _answer(key, role(), lambda one, window: _json_file(drawer, one, window))

    @routes.get("/widgets/<key>.csv")
    def as_csv(key: str) -> Reply:
        return _answer(key, role(), lambda one, window: _csv_file(drawer, one, window))

    @routes.get("/range")
    def time_range() -> Reply:
        return _range()

    @routes.post("/load-time")
    def load_time() -> Reply:
        seconds = json_object().get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < LONGEST_LOAD_S:
            return failure(400, f"seconds: a number between 0 and {LONGEST_LOAD_S:g} is needed.")
        LOAD_TIME.observe(float(seconds))
        return data({"seconds": seconds})

    return routes


def _declare(state: BlueprintSetupState) -> None:
    for name, role in ROLES.items():
        declare(cast(Flask, state.app), f"{NAME}.{name}", role)


def _answer(key: str, role: Role | None, answer: Callable[[Widget, Window], Reply]) -> Reply:
    """The answer for a widget and the request's range, or a word on why there is none."""
    widget = find(key)
    if widget is None:
        return failure(404, f"There is no widget {key[:60]!r}.")
    if not permits(role, widget.role):
        return failure(403, f"This needs the role {widget.role.word} or above.")
    try:
        window = _window(time.time())
        if not permits(role, needed := widget.role_in(window)):
            return failure(403, f"This needs the role {needed.word} or above for so long a range.")
        return answer(widget, window)
    except BadRange as error:
        return failure(400, str(error))
    except SourceError as error:
        return failure(status_of(error), f"{error.source} {error.message}.")


def _range() -> Reply:
    """How the request's range is read: its ends, its step, and whether its end is now."""
    try:
        window = _window(time.time())
    except BadRange as error:
        return failure(400, str(error))
    return data({**_extent(window), "live": window.live})


def _window(now: float) -> Window:
    """The request's range. Raises BadRange."""
    asked = request.args
    return read_window(
        asked.get("from"), asked.get("to"), now, zone=asked.get("tz") or "UTC", compare=asked.get("compare") or ""
    )


def _shown(refresher: Refresher, drawer: Drawer, widget: Widget, window: Window, role: Role | None) -> Reply:
    """What the card shows: its state and message, its picture, and the table behind it."""
    drawn = refresher.tick([widget.key], window, role)[widget.key]
    table = drawer.table(widget, window) if drawn.state.value == "live" else None
    shown = {
        **_about(widget, window),
        "state": drawn.state.value,
        "message": drawn.message,
        "asOf": iso(drawn.as_of) if drawn.as_of else None,
        "figure": orjson.loads(drawn.payload) if drawn.payload and widget.chart else None,
        "units": exports.units(table) if table else {},
        "columns": [column.name for column in table.columns] if table else [],
        "rows": exports.records(table) if table else [],
    }
    return data(shown)


def _json_file(drawer: Drawer, widget: Widget, window: Window) -> Reply:
    window = window.finest
    table = drawer.table(widget, window, deadline_s=FILE_DEADLINE_S)
    reply = jsonify({**_about(widget, window), "units": exports.units(table), "rows": exports.records(table)})
    return _as_file(reply, widget, window, "json")


def _csv_file(drawer: Drawer, widget: Widget, window: Window) -> Reply:
    window = window.finest
    lines: Iterator[str] = exports.csv_lines(drawer.table(widget, window, deadline_s=FILE_DEADLINE_S))
    return _as_file(Response(lines, content_type="text/csv; charset=utf-8"), widget, window, "csv")


def _as_file(reply: Response, widget: Widget, window: Window, ending: str) -> Response:
    subject, span = re.sub(r"[^A-Za-z0-9.-]+", "-", widget.key[:80]).strip("-"), span_of(widget, window, time.time())
    name = f"{subject}_{iso(span.start)}_{iso(span.end)}".replace(":", "")
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return reply


def _about(widget: Widget, window: Window) -> dict[str, Any]:
    return {"key": widget.key, "title": widget.title, **_extent(span_of(widget, window, time.time()))}


def _extent(window: Window) -> dict[str, Any]:
    return {"from": iso(window.start), "to": iso(window.end), "stepSeconds": window.step}
