"""The overview: is it fine, what is not, and the curves behind it."""

from __future__ import annotations

from typing import Any

from app.access import Role
from app.ui.page import Page, cards
from app.widgets.registry import WIDGETS

KEYS = (
    "status.overall",
    "services.health",
    "workflows.counts",
    "api.now",
    "resources.host",
    "api.latency",
    "api.rate",
    "errors.rate",
    "errors.share",
    "workflows.ended",
    "resources.cpu",
    "resources.memory",
    "resources.network",
    "resources.disk",
)


def layout() -> Any:
    """The cards; their content comes with the first tick."""
    return cards([WIDGETS[key] for key in KEYS])


PAGE = Page(path="/", title="Overview", icon="overview", role=Role.READONLY, layout=layout)
