"""Availability, service levels and maintenance of the platform."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from flask_login import current_user

from app.access import PERMISSIONS, Role, permits
from app.ui import maintenance
from app.ui.page import Page, laid_out
from app.views.availability import AVAILABILITY
from app.widgets.availability import CELLS

FILTER = "strip"
DEFAULT = "24h"
_WORDS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}


def layout(strip: str = "") -> Any:
    """The cards of the view over the chosen length, and maintenance below; anything unknown shows a day."""
    chosen = strip if strip in CELLS else DEFAULT
    may_change = permits(current_user.role, PERMISSIONS["manage:maintenance"])
    below = maintenance.section(may_change=may_change)
    return laid_out(AVAILABILITY, chosen, before=[_choice(chosen)], after=[below], role=current_user.role)


def _choice(chosen: str) -> Any:
    links = [
        dcc.Link(
            _WORDS[length],
            href=f"{PAGE.path}?{FILTER}={length}",
            className=f"strip-length{' strip-chosen' if length == chosen else ''}",
        )
        for length in CELLS
    ]
    return html.Nav(links, className="strip-lengths", **{"aria-label": f"Length of the strips, now {_WORDS[chosen]}"})


PAGE = Page(
    path="/availability",
    title="Availability",
    icon="availability",
    role=Role.READONLY,
    layout=layout,
    filters=(FILTER,),
)
