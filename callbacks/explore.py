"""The explorer: its form in the browser, and the chart of what is asked."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output
from dash.exceptions import PreventUpdate

from app.ui import ids
from app.ui.explorer import explored


def register(app: Dash) -> None:
    """Opens the form in assets/explore.js when the page does, and answers a text with what stands below the form.

    Whoever asks gets a card: whether its numbers are for them is the tick's to say.
    """
    app.clientside_callback(
        ClientsideFunction("explore", "open"), Output(ids.EXPLORER_ASKED, "data"), Input(ids.EXPLORER, "data")
    )

    @app.callback(Output(ids.EXPLORED, "children"), Input(ids.EXPLORER_ASKED, "data"), prevent_initial_call=True)
    def show(asked: Any) -> Any:
        if not isinstance(asked, str):
            raise PreventUpdate
        return explored(asked)
