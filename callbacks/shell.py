"""What the shell does in the browser: page and range, refresh interval, and the state of each card."""

from __future__ import annotations

from dash import ALL, ClientsideFunction, Dash, Input, Output, State

from app.ui import ids


def register(app: Dash) -> None:
    """Ties the shell's components to the functions in assets/range.js and assets/cards.js."""
    app.clientside_callback(
        ClientsideFunction("range", "openPage"), Input(ids.ADDRESS, "pathname"), Input(ids.ADDRESS, "search")
    )
    app.clientside_callback(
        ClientsideFunction("range", "interval"), Output(ids.TICK, "interval"), Input(ids.ASK, "data")
    )
    app.clientside_callback(
        ClientsideFunction("range", "chooseRefresh"), Input(ids.REFRESH_CHOICE, "value"), prevent_initial_call=True
    )
    app.clientside_callback(
        ClientsideFunction("range", "zoom"), Input(ids.figure(ALL), "relayoutData"), prevent_initial_call=True
    )
    # It hands the pulse on to assets/cards.js: one callback without output to a set of inputs is what Dash allows.
    app.clientside_callback(ClientsideFunction("range", "hear"), Input(ids.PULSE, "data"))
    app.clientside_callback(ClientsideFunction("marks", "show"), Input(ids.MARKS, "data"))
    # The page's own store is not there before the page is; the tick must not depend on it.
    app.clientside_callback(
        ClientsideFunction("range", "showPage"), Output(ids.ASK, "data"), Input(ids.PAGE_WIDGETS, "data")
    )
    app.clientside_callback(ClientsideFunction("live", "turn"), Input(ids.TICK, "disabled"))
    app.clientside_callback(
        ClientsideFunction("moved", "apply"),
        Input(ids.MOVED, "data"),
        State(ids.figure(ALL), "figure"),
        State(ids.figure(ALL), "id"),
        prevent_initial_call=True,
    )
