"""A resource's past, its trend into the future with the band around it, its limit, and the day on which it is full."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.figures import theme
from app.figures.series import Values
from app.figures.text import one_line
from app.figures.units import Scale, Unit, scale_for

TREND = theme.SERIES[3]
_NEITHER = {"hoverinfo": "skip", "showlegend": False}


@dataclass(frozen=True)
class Course:
    """Evenly spaced values from ``start`` on, every ``step`` seconds (epoch seconds); None where unknown."""

    start: int
    step: int
    values: Values

    @property
    def end(self) -> int:
        """The moment of the last value."""
        return self.start + self.step * (len(self.values) - 1)


@dataclass(frozen=True)
class Foretold:
    """A trend and the edges of its band on one grid; ``full`` (epoch seconds) is when it meets the limit, if it does.

    ``full_words`` stand at that moment.
    """

    trend: Course
    low: Course
    high: Course
    full: float | None = None
    full_words: str = ""


def trend_chart(
    past: Course,
    foretold: Foretold | None,
    *,
    revision: str,
    unit: Unit,
    limits: Mapping[str, float],
    end: int,
) -> dict[str, Any]:
    """The figure of what was used and what is to come, up to ``end`` (epoch seconds), which may lie ahead.

    ``limits`` are thresholds by their word, in the unit of the values. The layout's ``meta`` says that the time axis is
    the figure's own and not the page's range.
    """
    known = [value for value in past.values if value is not None]
    scale = scale_for(unit, max([*known, *limits.values()], default=0.0))
    layout = theme.layout(
        revision=revision,
        suffix=scale.suffix,
        start_ms=past.start * 1_000,
        end_ms=end * 1_000,
        top=None if any(known) or limits else 1.0,
    )
    drawn = theme.thresholds({word: value * scale.factor for word, value in limits.items()})
    today = _upright(past.end, {"color": theme.THRESHOLD, "width": 1, "dash": "dot"})
    drawn["shapes"].append(today)
    if foretold is not None and foretold.full is not None and foretold.full <= end:
        drawn["shapes"].append(_upright(foretold.full, {"color": TREND, "width": 1.5, "dash": "solid"}))
        drawn["annotations"].append(_flag(foretold.full, foretold.full_words, past.start, end))
    used = _curve("used", past, scale, line={"color": theme.SERIES[0], "width": theme.LINE_PX})
    traces = [*(_foretold(foretold, scale) if foretold else ()), used]
    # Its time is not the page's: a drag on it must not choose a range that ends in the future.
    layout["xaxis"] |= {"fixedrange": True}
    return {"data": traces, "layout": layout | drawn}


def _foretold(foretold: Foretold, scale: Scale) -> list[dict[str, Any]]:
    edge = {"width": 0}
    band = {"fill": "tonexty", "fillcolor": theme.BAND, "showlegend": True}
    trend = {"color": TREND, "width": theme.LINE_PX, "dash": "dash"}
    return [
        {**_curve("likely from", foretold.low, scale, line=edge), **_NEITHER, "meta": {"band": True}},
        {**_curve("likely", foretold.high, scale, line=edge), **_NEITHER, **band, "meta": {"band": True}},
        _curve("trend", foretold.trend, scale, line=trend),
    ]


def _curve(name: str, course: Course, scale: Scale, *, line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "connectgaps": False,
        "x0": course.start * 1_000,
        "dx": course.step * 1_000,
        "y": [None if value is None else _short(value * scale.factor) for value in course.values],
        "line": dict(line),
        "hovertemplate": f"%{{y:,.4~g}}{html.escape(scale.suffix)}",
    }


def _upright(moment: float, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line from the bottom to the top at an epoch second."""
    at = moment * 1_000
    return {"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": dict(line)}


def _flag(moment: float, words: str, start: int, end: int) -> dict[str, Any]:
    """Words at the bottom of an upright line, on the side where there is room for them."""
    left = moment - start > (end - start) / 2
    return {
        "xref": "x",
        "yref": "paper",
        "x": moment * 1_000,
        "y": 0,
        "xanchor": "right" if left else "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11},
        "text": one_line(words, 40),
    }


def _short(value: float) -> float:
    return float(f"{value:.5g}")
