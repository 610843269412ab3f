"""The platform's parts and who depends on whom; ``about`` in the address names the part that is looked at."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from app.access import Role
from app.ui.page import Page, laid_out
from app.views.architecture import ARCHITECTURE, CHOSEN
from app.widgets.registry import find


def layout(about: str = "") -> Any:
    """The graph, and what is known of the part that the address names; what can be no name counts as none."""
    chosen = bool(about) and find(f"architecture.about:{about}") is not None
    return laid_out(CHOSEN if chosen else ARCHITECTURE, about if chosen else "", role=current_user.role)


PAGE = Page(
    path="/architecture",
    title="Architecture",
    icon="architecture",
    role=Role.READONLY,
    layout=layout,
    filters=("about",),
)
