"""The dashboard's own health, for those who run it."""

from __future__ import annotations

from typing import Any

from app.access import Role
from app.ui.own_health import readiness_card
from app.ui.page import Page, frame


def layout() -> Any:
    """The readiness checks; filled by callbacks/system.py at once and then every half minute."""
    return frame(readiness_card())


PAGE = Page(path="/admin/system", title="Dashboard health", icon="system", role=Role.ADMIN, layout=layout)
