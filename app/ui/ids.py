"""Every component id of the product; a widget's parts are addressed by its key."""

from __future__ import annotations

from typing import Any

TICK = "tick"
ASK = "ask"
PULSE = "pulse"
NUDGE = "nudge"
MOVED = "moved"
READING = "reading"
PAGE_WIDGETS = "page-widgets"
ADDRESS = "address"
TIME_CONTROLS = "time-controls"
RANGE_PRESETS = "range-presets"
RANGE_BUTTON = "range-button"
RANGE_PANEL = "range-panel"
REFRESH_CHOICE = "refresh-choice"
RANGE_PROBLEM = "range-problem"
MARKS = "marks-items"
MARKS_TOGGLES = "marks-toggles"
RAIL_REST = "rail-rest"
HEALTH_CHECKS = "health-checks"
HEALTH_BEAT = "health-beat"
EXPLORER = "explorer"
EXPLORER_FORM = "explorer-form"
EXPLORER_ASKED = "explorer-asked"
EXPLORED = "explored"


def figure(key: Any) -> dict[str, Any]:
    """The graph of a widget that is a chart; with Dash's ``ALL`` for a key, every one on the page."""
    return {"part": "figure", "key": key}


def body(key: str) -> dict[str, str]:
    """The body of a widget that is no chart."""
    return {"part": "body", "key": key}
