"""The home of each role: what its people look at first."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from app.access import Role
from app.ui.page import Page, laid_out
from app.views.homes import HOMES


def layout() -> Any:
    """The cards of the caller's home; their content comes with the first tick."""
    return laid_out(HOMES[current_user.role], role=current_user.role)


PAGE = Page(path="/", title="Home", icon="home", role=Role.READONLY, layout=layout)
