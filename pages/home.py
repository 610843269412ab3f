"""The home of each role: what its people look at first."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from app.access import Role, permits
from app.ui.own_health import readiness_card
from app.ui.page import Page, laid_out
from app.views.homes import HOMES


def layout() -> Any:
    """The cards of the caller's home; their content comes with the first tick."""
    role = current_user.role
    return laid_out(HOMES[role], role=role, after=_own(role))


def _own(role: Role) -> list[Any]:
    """What only those who run the dashboard see of it."""
    return [readiness_card(href="/admin/system")] if permits(role, Role.ADMIN) else []


PAGE = Page(path="/", title="Home", icon="home", role=Role.READONLY, layout=layout)
