"""The whole platform on one page."""

from __future__ import annotations

from app.access import Role
from app.ui.page import Page, viewing
from app.views.overview import OVERVIEW

PAGE = Page(path="/overview", title="Overview", icon="overview", role=Role.READONLY, layout=viewing(OVERVIEW))
