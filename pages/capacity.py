"""What will run full and when, whatever the page's range."""

from __future__ import annotations

from typing import Any

from dash import html
from flask_login import current_user

from app.access import Role
from app.ui.page import Page, laid_out
from app.views.capacity import CAPACITY
from app.widgets.capacity_subjects import DAYS

NOTE = (
    f"Trends rest on the last {DAYS} days and look ahead, whatever range is chosen above. "
    "They are worked out every six hours; what is used now is asked every minute."
)


def layout() -> Any:
    """The cards of the view below a word on their time."""
    return laid_out(CAPACITY, before=[html.P(NOTE, className="capacity-note")], role=current_user.role)


PAGE = Page(path="/capacity", title="Capacity", icon="capacity", role=Role.READONLY, layout=layout)
