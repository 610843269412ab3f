"""All services side by side."""

from __future__ import annotations

from app.access import Role
from app.ui.page import Page, viewing
from app.views.services import SERVICES_VIEW

PAGE = Page(path="/services", title="Services", icon="services", role=Role.READONLY, layout=viewing(SERVICES_VIEW))
