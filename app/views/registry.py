"""Every view that is not somebody's home, by the page that shows it."""

from __future__ import annotations

from types import MappingProxyType

from app.views.activity import ACTIVITY
from app.views.architecture import CHOSEN
from app.views.availability import AVAILABILITY
from app.views.capacity import CAPACITY
from app.views.database import DATABASE
from app.views.external import EXTERNAL
from app.views.overview import OVERVIEW
from app.views.services import HTTP, ORCHESTRATING, OTHER, SERVICES_VIEW, WORKING
from app.views.view import View

VIEWS: MappingProxyType[str, View] = MappingProxyType(
    {
        "/overview": OVERVIEW,
        "/services": SERVICES_VIEW,
        "/services/<service>": HTTP,
        "/services/orchestrator": ORCHESTRATING,
        "/services/workers": WORKING,
        "/services/<job>": OTHER,
        "/availability": AVAILABILITY,
        "/activity": ACTIVITY,
        "/architecture": CHOSEN,
        "/capacity": CAPACITY,
        "/database": DATABASE,
        "/external": EXTERNAL,
    }
)
