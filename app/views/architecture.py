"""The dependency graph, with one part's surroundings beside it once a part is chosen."""

from __future__ import annotations

from app.views.view import Place, View, section

ARCHITECTURE = View("Architecture", (section("architecture.graph", "architecture.parts"),))
CHOSEN = View(
    "Architecture",
    (section("architecture.graph", "architecture.about"), section(Place("architecture.parts", 12))),
)
