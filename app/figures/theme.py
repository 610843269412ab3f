"""The one look of all charts. Text, line and ground colours come from the style sheet, so both themes share figures."""

from __future__ import annotations

from typing import Any

# Okabe and Ito's palette, safe for colour-blind readers, in the order it is given out.
SERIES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8B7E00")
# A service keeps its colour on every page.
SERVICE = {"orchestrator": SERIES[0], "workers": SERIES[1], "api": SERIES[2], "dashboard": SERIES[4]}
# Percentiles are one hue in three strengths, each with contrast 3 on the card of both themes.
PERCENTILE = {"p50": "#4F9BD0", "p95": "#2F7FBF", "p99": "#1B6DAA"}
# And, since three strengths of one hue are close together, three kinds of line.
DASH = {"p50": "dot", "p99": "dash"}
OUTCOME = {"completed": SERIES[2], "failed": SERIES[3]}
LINE_PX = 1.5
# At the bottom whatever its rows. Its border is the room for the ticks above it: plotly.js keeps none free.
LEGEND = {
    **{"orientation": "h", "x": 0, "y": 0, "xref": "container", "yref": "container", "yanchor": "bottom"},
    **{"bgcolor": "rgba(0,0,0,0)", "bordercolor": "rgba(0,0,0,0)", "borderwidth": 14},
}
# One line a tick, by the milliseconds between two: the card's footer has the day.
TIME_TICKS = [
    {"dtickrange": [None, 59_999], "value": "%H:%M:%S"},
    {"dtickrange": [60_000, 43_200_000], "value": "%H:%M"},
    {"dtickrange": [43_200_001, None], "value": "%b %-d"},
]


def colour(name: str, position: int) -> str:
    """The colour of a series by its name, else by its position."""
    fixed = SERVICE.get(name) or PERCENTILE.get(name) or OUTCOME.get(name)
    return fixed or SERIES[position % len(SERIES)]


def layout(*, revision: str, suffix: str, start_ms: int, end_ms: int, top: float | None) -> dict[str, Any]:
    """Layout of a time series: y from zero, at most five ticks, unit on the axis; ``revision`` keeps the zoom."""
    return {
        "margin": {"l": 56, "r": 8, "t": 8, "b": 57},
        "height": 240,
        "autosize": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12},
        "hovermode": "x unified",
        "showlegend": True,
        "legend": LEGEND,
        "uirevision": revision,
        "xaxis": {
            "type": "date",
            "range": [start_ms, end_ms],
            "showgrid": False,
            "nticks": 5,
            "tickangle": 0,
            "ticklabelstandoff": 4,
            "tickformatstops": TIME_TICKS,
            "hoverformat": "%Y-%m-%d %H:%M:%S UTC",
            "fixedrange": False,
        },
        "yaxis": {
            "ticksuffix": suffix,
            "rangemode": "tozero",
            "nticks": 5,
            "zeroline": False,
            "gridwidth": 1,
            "fixedrange": True,
            **({"range": [0, top]} if top else {}),
        },
    }
