"""The dashboard's own health, for those who run it."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.access import Role
from app.ui import ids
from app.ui.page import Page, frame


def layout() -> Any:
    """The readiness checks; filled by callbacks/system.py at once and then every half minute."""
    return frame(
        html.Section(
            [
                html.Header(html.H2("Readiness checks", className="card-title"), className="card-head"),
                html.Div(id=ids.HEALTH_CHECKS, className="skeleton"),
                dcc.Interval(id=ids.HEALTH_BEAT, interval=30_000),
            ],
            className="card",
        )
    )


PAGE = Page(path="/admin/system", title="Dashboard health", icon="system", role=Role.ADMIN, layout=layout)
