"""When the platform is busy, slow or ill, over the page's range and over the hours of the week."""

from __future__ import annotations

from app.views.view import View, section

ACTIVITY = View(
    "Activity",
    (
        section("activity.health", "activity.latency"),
        section(
            *("activity.requests", "activity.errors", "activity.started", "activity.ended"),
            title="Hours of the week, last four weeks",
        ),
    ),
)
