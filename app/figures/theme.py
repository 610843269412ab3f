"""The one look of all charts. Text, line and ground colours come from the style sheet, so both themes share figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Okabe and Ito's palette, safe for colour-blind readers, in the order it is given out.
SERIES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8B7E00")
# A service keeps its colour on every page.
SERVICE = {"orchestrator": SERIES[0], "workers": SERIES[1], "api": SERIES[2], "dashboard": SERIES[4]}
# Percentiles are one hue in three strengths, each with contrast 3 on the card of both themes.
PERCENTILE = {"p50": "#4F9BD0", "p95": "#2F7FBF", "p99": "#1B6DAA"}
# And, since three strengths of one hue are close together, three kinds of line.
DASH = {"p50": "dot", "p99": "dash"}
OUTCOME = {
    **{"completed": SERIES[2], "success": SERIES[2], "failed": SERIES[3], "failure": SERIES[3]},
    **{"error": SERIES[3], "timeout": SERIES[6]},
}
# What became of a request: colour for what went wrong, calm for the rest.
STATUS_CLASS = {"1xx": SERIES[6], "2xx": SERIES[0], "3xx": SERIES[5], "4xx": SERIES[1], "5xx": SERIES[3]}
LINE_PX = 1.5
# What is usual, and rings around what is not: seen on the card of both themes.
BAND = "rgba(120,135,155,0.18)"
UNUSUAL = "#D55E00"
THRESHOLD = "#8A6D1F"
NEUTRAL = "#7A8696"
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
    fixed = SERVICE.get(name) or PERCENTILE.get(name) or OUTCOME.get(name) or STATUS_CLASS.get(name)
    return fixed or SERIES[position % len(SERIES)]


def colour_of(trace: Mapping[str, Any]) -> Any:
    """The colour that a trace was given."""
    return trace["line"]["color"] if "line" in trace else trace["marker"]["color"]


# What is so many times a limit, or less, is close to it.
CLOSE = 1.15


def thresholds(limits: Mapping[str, float], *, highest: float = 0.0) -> dict[str, Any]:
    """Thin dashed lines across the chart, each with its word at the right end; values on the y axis.

    A word stands above its line, but below it where curves run close above, up to ``highest``.
    """
    line = {"color": THRESHOLD, "width": 1, "dash": "dash"}
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "layer": "below", "line": line}
    word = {"xref": "paper", "x": 1, "xanchor": "right", "showarrow": False, "font": {"size": 11}}
    side = {name: "top" if value <= highest <= CLOSE * value else "bottom" for name, value in limits.items()}
    return {
        "shapes": [{**across, "y0": value, "y1": value} for value in limits.values()],
        "annotations": [{**word, "y": value, "text": name, "yanchor": side[name]} for name, value in limits.items()],
    }


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


# Health in a figure that both themes share: each has contrast 3 on either card, and a white sign on it has 3, too.
STATUS: Mapping[str, str] = {
    "healthy": "#2B9A63",
    "unknown": "#77828F",
    "pending": "#6F83A6",
    "maintenance": "#3A86C8",
    "degraded": "#B57A0E",
    "unhealthy": "#DB4A55",
}
STATUS_ORDER = {
    word: at for at, word in enumerate(("unknown", "pending", "healthy", "maintenance", "degraded", "unhealthy"))
}
STATUS_SIGNS = {"healthy": "✓", "unknown": "?", "pending": "•", "maintenance": "–", "degraded": "!", "unhealthy": "✕"}
KIND_SYMBOLS = {
    "ingress": "cross",
    "service": "circle",
    "monitoring": "star-square",
    "ai-provider": "diamond",
    "git-platform": "pentagon",
    "queue": "hexagon2",
    "database": "square",
}
# plotly.js draws these shapes larger than a circle of the same size.
KIND_SIZES = {"ingress": 0.85, "monitoring": 0.85, "ai-provider": 0.95, "database": 0.9}
KIND_WORDS = {
    "ingress": "ingress",
    "service": "service",
    "monitoring": "monitoring",
    "ai-provider": "AI provider",
    "git-platform": "Git platform",
    "queue": "queue",
    "database": "database",
}
EDGE: Mapping[str, Mapping[str, Any]] = {
    "healthy": {"width": 1.5, "dash": "solid"},
    "unknown": {"width": 1, "dash": "dot"},
    "pending": {"width": 1, "dash": "dot"},
    "maintenance": {"width": 1.5, "dash": "dash"},
    "degraded": {"width": 2, "dash": "dash"},
    "unhealthy": {"width": 2.5, "dash": "solid"},
}
# In pixels, but for what a pair of edges in both directions keeps apart (of the figure's width) and the dimmed opacity.
NODE_PX, ARROW_PX, ROW_PX, LABEL_LINE_PX = 28, 9, 116, 15
ASIDE, DIM = 0.03, 0.22
_GRAPH_LEGEND = {**LEGEND, "borderwidth": 0, "font": {"size": 11}, "entrywidth": 54, "itemclick": False}


STATE_LEGEND = {**LEGEND, "borderwidth": 0, "entrywidth": 84, "itemclick": False, "itemdoubleclick": False}


def graph_layout(*, revision: str, rows: int, breadth: float) -> dict[str, Any]:
    """Layout of a graph whose x runs from 0 to 1 and whose y counts rows downwards: no axes, each row of fixed height.

    ``breadth`` in widths of a node: half of one is kept free at either side for the labels.
    """
    side = 0.5 / breadth if breadth else 0.5
    axis = {"visible": False, "fixedrange": True}
    return {
        "margin": {"l": 0, "r": 0, "t": 20, "b": 126},
        "height": max(rows - 1, 1) * ROW_PX + 146,
        "autosize": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12},
        "hovermode": "closest",
        "dragmode": False,
        "showlegend": True,
        "legend": {**_GRAPH_LEGEND, "itemdoubleclick": False},
        "uirevision": revision,
        "xaxis": {**axis, "range": [-side, 1 + side]},
        "yaxis": {**axis, "range": [max(rows - 1, 1), 0]},
    }


# Cividis (Nuñez, Anderton and Renslow 2018), perceptually even and safe for colour-blind readers, in nine steps.
HEAT = (
    *("#00224E", "#123570", "#3B496C", "#575D6D", "#707173"),
    *("#8A8678", "#A59C74", "#C3B369", "#FEE838"),
)
# Less than usual, as usual, more than usual: blue and vermilion of the series, around a grey that both cards bear.
DIVERGING = ("#0072B2", "#5C94B8", "#8E979F", "#C58A5C", "#D55E00")


def scale(colours: Sequence[str], power: int = 1) -> list[list[float | str]]:
    """A colour scale of plotly.js: the colours at even distances, or with ``power`` 2 more of them for small values."""
    return [[round((at / (len(colours) - 1)) ** power, 4), colour] for at, colour in enumerate(colours)]


def steps(colours: Sequence[str]) -> list[list[float | str]]:
    """A colour scale of plain steps: the cell of value n, of 0 to one less than there are colours, has colour n."""
    n = len(colours)
    return [[round((at + end) / n, 6), colour] for at, colour in enumerate(colours) for end in (0, 1)]


def colour_bar(suffix: str) -> dict[str, Any]:
    """The key of a heat map, lying below it."""
    return {
        **{"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0, "yref": "container", "yanchor": "bottom"},
        **{"len": 0.6, "thickness": 8, "ypad": 6, "outlinewidth": 0, "nticks": 4, "ticksuffix": suffix},
        **{"tickfont": {"size": 11, "color": STATUS["unknown"]}, "ticks": ""},
    }


def map_layout(*, revision: str, row_words: Sequence[str], row_px: int, bottom: int = 78) -> dict[str, Any]:
    """Layout of a heat map with a row for each word, the first on top, ``row_px`` high; x is left to the figure."""
    return {
        "margin": {"l": 8, "r": 8, "t": 8, "b": bottom},
        "height": max(len(row_words), 1) * row_px + 8 + bottom,
        "autosize": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12},
        "hovermode": "closest",
        "showlegend": False,
        "uirevision": revision,
        "yaxis": {
            **{"tickmode": "array", "tickvals": list(range(len(row_words))), "ticktext": list(row_words)},
            **{"range": [len(row_words) - 0.5, -0.5], "automargin": True, "fixedrange": True},
            **{"showgrid": False, "zeroline": False, "ticklabelstandoff": 4, "ticks": ""},
        },
    }


def time_axis(start_ms: float, end_ms: float) -> dict[str, Any]:
    """The axis of time of a map whose cells reach from ``start_ms`` to ``end_ms``."""
    return {
        **{"type": "date", "range": [start_ms, end_ms], "nticks": 5, "tickangle": 0, "tickformatstops": TIME_TICKS},
        **{"showgrid": False, "zeroline": False, "ticklabelstandoff": 4, "hoverformat": "%Y-%m-%d %H:%M:%S UTC"},
        "ticks": "",
    }
