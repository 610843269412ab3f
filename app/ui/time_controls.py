"""The time part of the top bar: range, steps through time, presets, refresh; assets/range*.js bring it to life."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from app.sources.windows import PRESETS, RETENTION_S
from app.ui import ids

REFRESH_CHOICES = (("5 s", 5), ("15 s", 15), ("30 s", 30), ("1 min", 60), ("off", 0))
DEFAULT_REFRESH_S = 30


def time_controls(*, kept_s: int = RETENTION_S) -> Any:
    """The controls; ranges longer than ``kept_s`` (seconds, how far back metrics go) are shown as not answerable."""
    return html.Div(
        [_around(), _presets(), _refresh()],
        id=ids.TIME_CONTROLS,
        className="time-controls",
        **{"data-kept": str(kept_s)},
    )


def _around() -> Any:
    """The range in words, and the ways to others from there."""
    return html.Div(
        [
            _step("back", "Earlier by the range's length", "‹"),
            html.Button(
                [html.Span("Time range", className="visually-hidden"), html.Span("", **{"data-range-words": ""})],
                type="button",
                id=ids.RANGE_BUTTON,
                className="range-button",
                **{"aria-haspopup": "dialog"},
            ),
            _step("forward", "Later by the range's length", "›"),
            html.Button(
                html.Span(className="zoom-out-sign"),
                type="button",
                className="range-step",
                title="Zoom out",
                **{"data-time": "out", "aria-label": "Zoom out to twice the range"},
            ),
            html.Button("Back to live", type="button", className="range-live", hidden=True, **{"data-time": "live"}),
            html.Dialog(id=ids.RANGE_PANEL, className="range-panel", **{"aria-labelledby": "range-panel-title"}),
        ],
        className="range-around",
        role="group",
        **{"aria-label": "Time range"},
    )


def _step(deed: str, label: str, sign: str) -> Any:
    return html.Button(
        html.Span(sign, **{"aria-hidden": "true"}),
        type="button",
        className="range-step",
        title=label,
        **{"data-time": deed, "aria-label": label},
    )


def _presets() -> Any:
    buttons = [
        html.Button(preset, type="button", className="range-preset", **{"data-range": f"now-{preset}"})
        for preset in PRESETS
    ]
    return html.Div(
        buttons, id=ids.RANGE_PRESETS, className="range-presets", role="group", **{"aria-label": "Usual time ranges"}
    )


def _refresh() -> Any:
    options = [{"label": label, "value": str(seconds)} for label, seconds in REFRESH_CHOICES]
    return html.Label(
        [
            html.Span("Refresh", className="refresh-word"),
            dbc.Select(options=options, value=str(DEFAULT_REFRESH_S), id=ids.REFRESH_CHOICE, size="sm"),
        ],
        className="refresh",
    )
