"""The readiness checks on the page of the dashboard's own health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output
from dash.exceptions import PreventUpdate

from app.access import Role, permits
from app.checks import Checks
from app.health.status import Status
from app.ui import ids
from app.ui.render import table
from app.widgets.content import Cell, Grid


def register(app: Dash, checks: Checks, role: Callable[[], Role | None]) -> None:
    """Runs the checks for admins when the page opens and at its beat."""

    @app.callback(Output(ids.HEALTH_CHECKS, "children"), Input(ids.HEALTH_BEAT, "n_intervals"))
    def show(_beats: int | None) -> Any:
        if not permits(role(), Role.ADMIN):
            raise PreventUpdate
        results = checks.run()
        rows = tuple(
            (Cell(one.name), Cell("", status=Status(one.status)), Cell(one.details or one.message)) for one in results
        )
        return table(Grid(("Check", "Status", "Message"), rows))
