"""The one callback that refreshes a page, whatever is on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson
from dash import Dash, Input, Output, State, set_props
from dash.exceptions import PreventUpdate
from flask import Response

from app.access import Role
from app.drawing import Drawn
from app.refresh import MAX_WIDGETS, Refresher
from app.sources.windows import BadRange, Window, read_window
from app.telemetry import TICKS
from app.ui import ids
from app.ui.card import mounting
from app.widgets.marks import MARKS
from app.widgets.registry import find

OUTPUT = f"{ids.PULSE}.data"


@dataclass(frozen=True)
class Beat:
    """What a tick answers: the pulse (state, version, age and message of each card), and the pictures to replace.

    ``first`` are the keys of charts that have no graph in the browser yet.
    """

    pulse: dict[str, Any]
    changed: Mapping[str, bytes]
    first: frozenset[str] = frozenset()


def register(app: Dash, refresher: Refresher, role: Callable[[], Role | None]) -> Callable[[dict[str, Any]], Response]:
    """Answers a tick of the shell, a new page and a new range with whatever changed on screen.

    Returns the same callback as a shortcut: from the request's body to the answer that Dash would give, joined from
    pictures that are JSON already, without the machinery that is the largest cost of a tick.
    """

    @app.callback(
        Output(ids.PULSE, "data"),
        Input(ids.TICK, "n_intervals"),
        Input(ids.ASK, "data"),
        State(ids.PULSE, "data"),
        running=[(Output(ids.TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def tick(_beats: int | None, asked: Any, pulse: Any) -> dict[str, Any]:
        beat = beat_of(refresher, role(), asked, pulse)
        for key, picture in beat.changed.items():
            place = place_of(key, first=key in beat.first)
            set_props(place.part, {place.prop: orjson.Fragment(place.before + picture + place.after)})
        return beat.pulse

    def shortcut(body: dict[str, Any]) -> Response:
        asked, pulse = body["inputs"][1].get("value"), body["state"][0].get("value")
        try:
            return Response(joined(beat_of(refresher, role(), asked, pulse)), mimetype="application/json")
        except PreventUpdate:
            return Response(status=204)

    return shortcut


def beat_of(refresher: Refresher, role: Role | None, asked: Any, pulse: Any) -> Beat:
    """The beat for what the browser asks and has; both are its words, so they are read with care.

    Raises PreventUpdate when it asks for no page.
    """
    keys, visit = _on_screen(asked)
    try:
        window = read_window(
            _text(asked, "from"),
            _text(asked, "to"),
            time.time(),
            zone=_text(asked, "zone") or "UTC",
            compare=_text(asked, "compare") or "",
        )
    except BadRange as error:
        return Beat({"visit": visit, "problem": str(error), "cards": {}, "now": time.time()}, {})
    with TICKS.time():
        drawn = refresher.tick(keys, window, role)
    seen = _seen(pulse, visit)
    changed = {key: one.payload for key, one in drawn.items() if one.payload and seen.get(key) != one.version}
    first = frozenset(key for key in changed if not seen.get(key))
    return Beat(_pulse(drawn, visit=visit, window=window), changed, first)


def joined(beat: Beat) -> bytes:
    """Dash's answer for a beat."""
    places = ((place_of(key, first=key in beat.first), picture) for key, picture in beat.changed.items())
    parts = b",".join(b"%b%b%b%b}" % (one.address, one.before, picture, one.after) for one, picture in places)
    side = b'"sideUpdate":{%b},' % parts if parts else b""
    return b'{"multi":true,%b"response":{"%b":{"data":%b}}}' % (side, ids.PULSE.encode(), orjson.dumps(beat.pulse))


@dataclass(frozen=True)
class Place:
    """Where a picture goes: the id of a component, its property, and what stands around the picture there."""

    part: dict[str, Any] | str
    prop: str
    before: bytes = b""
    after: bytes = b""

    @cached_property
    def address(self) -> bytes:
        """How the place is addressed in Dash's answer, up to its new value."""
        part = self.part
        name = part if isinstance(part, str) else orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode()
        return orjson.dumps(name) + b':{"' + self.prop.encode() + b'":'


@lru_cache(maxsize=2_048)
def place_of(key: str, *, first: bool) -> Place:
    """The place of a widget's picture. A chart's first one comes with the graph that shows it."""
    widget = find(key)
    if key == MARKS.key:
        return Place(ids.MARKS, "data")
    if widget is None or not widget.chart:
        return Place(ids.body(key), "children")
    return Place(ids.body(key), "children", *mounting(widget)) if first else Place(ids.figure(key), "figure")


def _pulse(drawn: dict[str, Drawn], *, visit: str, window: Window) -> dict[str, Any]:
    cards = {
        key: [one.state.value, one.version, one.as_of, one.every_s, one.message, one.start, one.end]
        for key, one in drawn.items()
    }
    return {
        "visit": visit,
        "problem": "",
        "cards": cards,
        "now": time.time(),
        "from": window.start,
        "to": window.end,
        "live": window.live,
        "again": not all(one.finished for one in drawn.values()),
    }


def _on_screen(asked: Any) -> tuple[list[str], str]:
    """Keys and visit as the browser names them: anything else than text is dropped."""
    if not isinstance(asked, dict) or not isinstance(asked.get("keys"), list):
        raise PreventUpdate
    keys = [key for key in asked["keys"] if isinstance(key, str)][:MAX_WIDGETS]
    return keys, (_text(asked, "visit") or "")[:40]


def _seen(pulse: Any, visit: str) -> dict[str, str]:
    """Versions the browser has, when they are of this visit to the page."""
    if not isinstance(pulse, dict) or pulse.get("visit") != visit or not isinstance(pulse.get("cards"), dict):
        return {}
    return {key: card[1] for key, card in pulse["cards"].items() if isinstance(card, list) and len(card) > 1}


def _text(asked: Any, name: str) -> str | None:
    value = asked.get(name) if isinstance(asked, dict) else None
    return value if isinstance(value, str) else None
