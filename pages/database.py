"""The platform's database."""

from __future__ import annotations

from app.access import Role
from app.ui.page import Page, viewing
from app.views.database import DATABASE

PAGE = Page(path="/database", title="Database", icon="database", role=Role.READONLY, layout=viewing(DATABASE))
