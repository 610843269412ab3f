"""The whole platform on one page: is it fine, what is not, and the curves behind it."""

from __future__ import annotations

from app.views.view import View, section

OVERVIEW = View(
    "Overview",
    (
        section("status.overall", "services.health"),
        section("workflows.counts", "api.now", "resources.host"),
        section("api.latency", "api.rate", "errors.rate", "errors.share", "workflows.ended"),
        section("resources.cpu", "resources.memory", "resources.network", "resources.disk"),
    ),
)
KEYS = OVERVIEW.keys
