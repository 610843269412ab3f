"""Every page, in the order of the navigation; the only list of them."""

from __future__ import annotations

from pages import activity, architecture, explore, home, overview, profile, service, services, system

PAGES = (
    home.PAGE,
    overview.PAGE,
    services.PAGE,
    service.PAGE,
    activity.PAGE,
    architecture.PAGE,
    explore.PAGE,
    system.PAGE,
    profile.PAGE,
)
