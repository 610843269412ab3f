"""Every page, in the order of the navigation; the only list of them."""

from __future__ import annotations

from pages import overview, profile, system

PAGES = (overview.PAGE, system.PAGE, profile.PAGE)
