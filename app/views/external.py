"""What the platform calls outside: AI providers and Git platforms, all of them or the one that is chosen."""

from __future__ import annotations

from app.views.view import Place, View, section

EXTERNAL = View(
    "External services",
    (
        section("external.worst"),
        section("external.now"),
        section(
            *("external.aisuccess", "external.ailatency"),
            *(Place("external.aioutcomes", 4), Place("external.airefusals", 4), Place("external.tokens", 4)),
            title="AI providers",
        ),
        section(
            *("external.gitsuccess", "external.gitlatency", "external.gitoutcomes", "external.gitrefusals"),
            title="Git platforms",
        ),
        section("external.steps", title="Workflow steps"),
    ),
)
