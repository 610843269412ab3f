"""Any metric over the page's range, chosen by hand: pick, filter, aggregate, save and share."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from app.access import Role
from app.ui.explorer import explorer
from app.ui.page import Page
from app.ui.registration import LONGEST_TEXT


def layout(q: str = "") -> Any:
    """The explorer with the exploration ``q``. A text that may have been cut off is left to the browser to ask for."""
    return explorer(q if len(q) < LONGEST_TEXT else "", current_user.role)


PAGE = Page(path="/explore", title="Explore", icon="explore", role=Role.READONLY, layout=layout, filters=("q",))
