"""Every page, in the order of the navigation; the only list of them."""

from __future__ import annotations

from pages import (
    activity,
    architecture,
    availability,
    capacity,
    database,
    explore,
    external,
    home,
    overview,
    profile,
    service,
    services,
    system,
)

PAGES = (
    home.PAGE,
    overview.PAGE,
    services.PAGE,
    service.PAGE,
    availability.PAGE,
    activity.PAGE,
    architecture.PAGE,
    capacity.PAGE,
    database.PAGE,
    external.PAGE,
    explore.PAGE,
    system.PAGE,
    profile.PAGE,
)
