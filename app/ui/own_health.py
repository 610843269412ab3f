"""The dashboard's own readiness checks as a card; callbacks/system.py fills it."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.ui import ids


def readiness_card(*, href: str = "") -> Any:
    """The checks, read at once and then every half minute; ``href`` leads to the page that shows more."""
    title = "Readiness checks of this dashboard"
    return html.Section(
        [
            html.Header(
                html.H2(dcc.Link(title, href=href) if href else title, className="card-title"), className="card-head"
            ),
            html.Div(id=ids.HEALTH_CHECKS, className="skeleton"),
            dcc.Interval(id=ids.HEALTH_BEAT, interval=30_000),
        ],
        className="card",
    )
