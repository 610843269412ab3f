"""Heat maps of what the platform does and when."""

from __future__ import annotations

from app.access import Role
from app.ui.page import Page, viewing
from app.views.activity import ACTIVITY

PAGE = Page(path="/activity", title="Activity", icon="activity", role=Role.READONLY, layout=viewing(ACTIVITY))
