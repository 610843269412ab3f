"""The one callback that refreshes a page, whatever is on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
from dash import Dash, Input, Output, State, set_props
from dash.exceptions import PreventUpdate

from app.access import Role
from app.drawing import Drawn
from app.refresh import MAX_WIDGETS, Refresher
from app.sources.windows import BadRange, Window, read_window
from app.telemetry import TICKS
from app.ui import ids
from app.widgets.registry import WIDGETS


def register(app: Dash, refresher: Refresher, role: Callable[[], Role | None]) -> None:
    """Answers a tick of the shell, a new page and a new range with whatever changed on screen."""

    @app.callback(
        Output(ids.PULSE, "data"),
        Input(ids.TICK, "n_intervals"),
        Input(ids.ASK, "data"),
        State(ids.PULSE, "data"),
        running=[(Output(ids.TICK, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def tick(_beats: int | None, asked: Any, pulse: Any) -> dict[str, Any]:
        keys, visit = _on_screen(asked)
        try:
            window = read_window(_text(asked, "from"), _text(asked, "to"), time.time())
        except BadRange as error:
            return {"visit": visit, "problem": str(error), "cards": {}, "now": time.time()}
        with TICKS.time():
            drawn = refresher.tick(keys, window, role())
        _send_changes(drawn, _seen(pulse, visit))
        return _pulse(drawn, visit=visit, window=window)


def _send_changes(drawn: dict[str, Drawn], seen: dict[str, str]) -> None:
    """Sets the pictures the browser does not have yet, as JSON that was made once for everyone."""
    for key, one in drawn.items():
        if not one.payload or seen.get(key) == one.version:
            continue
        picture = orjson.Fragment(one.payload)
        if WIDGETS[key].chart:
            set_props(ids.figure(key), {"figure": picture})
        else:
            set_props(ids.body(key), {"children": picture})


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
    }


def _on_screen(asked: Any) -> tuple[list[str], str]:
    """Keys and visit as the browser names them: anything else than text is dropped."""
    if not isinstance(asked, dict) or not isinstance(asked.get("keys"), list):
        raise PreventUpdate
    keys = [key for key in asked["keys"] if isinstance(key, str)][:MAX_WIDGETS]
    return keys, str(asked.get("visit", ""))[:40]


def _seen(pulse: Any, visit: str) -> dict[str, str]:
    """Versions the browser has, when they are of this visit to the page."""
    if not isinstance(pulse, dict) or pulse.get("visit") != visit or not isinstance(pulse.get("cards"), dict):
        return {}
    return {key: card[1] for key, card in pulse["cards"].items() if isinstance(card, list) and len(card) > 1}


def _text(asked: Any, name: str) -> str | None:
    value = asked.get(name) if isinstance(asked, dict) else None
    return value if isinstance(value, str) else None
