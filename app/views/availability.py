"""Who was up and who was not, and what is left of what was promised."""

from __future__ import annotations

from app.views.view import Place, View, section

AVAILABILITY = View(
    "Availability",
    (
        section("availability.strip"),
        section("slo.levels", "slo.burn", title="Service levels"),
        section(Place("services.health", 12), title="In numbers"),
    ),
)
