"""Time series as a figure: pure, a plain dict, with gaps left as gaps."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.figures import theme
from app.figures.text import one_line
from app.figures.units import Scale, Unit, scale_for

LONGEST_NAME = 80
# Of so many curves at most the tooltip says what is usual.
MOST_TOLD = 3
Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Usual:
    """What is usual for a curve: its lower and upper edge on the same grid, and the positions that are unusual."""

    low: Values
    high: Values
    marked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Line:
    """One curve: values on the shared grid, None where nothing is known.

    ``before`` is the curve of the span compared with, on the same grid.
    """

    name: str
    values: Values
    usual: Usual | None = None
    before: Values | None = None


def time_series(
    lines: Sequence[Line],
    times: Sequence[int],
    *,
    revision: str,
    unit: Unit,
    stacked: bool = False,
    limits: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The figure of lines over ``times`` (epoch seconds, evenly spaced), scaled to a readable unit.

    ``limits`` are thresholds in the unit of the values, drawn as thin dashed lines with their word. What is usual is
    drawn as a band when one line alone has it. Names are telemetry: they are escaped, since plotly.js reads a part of
    HTML in texts.
    """
    known = [value for line in lines for value in (*line.values, *(line.before or ())) if value is not None]
    scale = scale_for(unit, max([*known, *(limits or {}).values()], default=0.0))
    grid = _Grid(times[0] * 1_000 if times else 0, _step_ms(times), unit, scale)
    traces = [trace for at, line in enumerate(lines) for trace in _traces(line, at, grid, stacked=stacked)]
    if any(line.before is not None for line in lines):
        traces.append(_COMPARED)
    banded = [line for line in lines if line.usual is not None]
    if len(banded) > MOST_TOLD:  # it would be two thirds of the picture's bytes
        traces = [_untold(trace) for trace in traces]
    if len(banded) == 1 and banded[0].usual is not None:
        traces[:0] = _band(banded[0].usual, grid)
    layout = theme.layout(
        revision=revision,
        suffix=scale.suffix,
        start_ms=grid.x0,
        end_ms=times[-1] * 1_000 if times else 0,
        top=None if any(known) else 1.0,
    )
    if stacked:
        layout |= {"barmode": "stack", "bargap": 0.15}
    if limits:
        highest = max(known, default=0.0) * scale.factor
        layout |= theme.thresholds({word: value * scale.factor for word, value in limits.items()}, highest=highest)
    return {"data": traces, "layout": layout}


# The legend's word for all curves of the span compared with; it draws nothing itself.
_COMPARED: dict[str, Any] = {
    **{"type": "scatter", "mode": "lines", "name": "before", "x": [None], "y": [None], "hoverinfo": "skip"},
    **{"line": {"color": theme.NEUTRAL, "width": theme.LINE_PX, "dash": "dot"}, "meta": {"band": True}},
}


@dataclass(frozen=True)
class _Grid:
    """What all traces of a figure share: the first moment and the step in milliseconds, unit and scale."""

    x0: int
    dx: int
    unit: Unit
    scale: Scale

    def shown(self, values: Sequence[float | None]) -> list[float | None]:
        """The values in the figure's scale."""
        return [None if value is None else _short(value * self.scale.factor, self.unit) for value in values]


def _step_ms(times: Sequence[int]) -> int:
    return (times[1] - times[0] if len(times) > 1 else 1) * 1_000


def _traces(line: Line, position: int, grid: _Grid, *, stacked: bool) -> list[dict[str, Any]]:
    """The curve, the one it is compared with, and rings around what is unusual."""
    main: dict[str, Any] = {
        "type": "bar" if stacked else "scatter",
        "name": _legend(line.name),
        "x0": grid.x0,
        "dx": grid.dx,
        "y": grid.shown(line.values),
        "hovertemplate": f"%{{y:,.4~g}}{html.escape(grid.scale.suffix)}",
        **_style(line, position, stacked=stacked),
    }
    if line.usual is not None:
        main["meta"] = {"usual": [grid.shown(line.usual.low), grid.shown(line.usual.high)]}
    return [main, *_before(line, main, grid), *_rings(line, main, grid)]


def _untold(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The trace without what is usual for it."""
    return {name: value for name, value in trace.items() if name != "meta" or "usual" not in value}


def _before(line: Line, main: Mapping[str, Any], grid: _Grid) -> list[dict[str, Any]]:
    if line.before is None:
        return []
    colour = theme.colour_of(main)
    compared = {"name": f"{main['name']} before", "type": "scatter", "mode": "lines", "y": grid.shown(line.before)}
    look = {"line": {"color": colour, "width": theme.LINE_PX, "dash": "dot"}, "opacity": 0.6, "showlegend": False}
    return [{**main, "marker": {}, **compared, **look, "meta": {"before": True}}]


def _rings(line: Line, main: Mapping[str, Any], grid: _Grid) -> list[dict[str, Any]]:
    if line.usual is None or not line.usual.marked:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{main['name']} unusual",
            "x": [grid.x0 + at * grid.dx for at in line.usual.marked],
            "y": [main["y"][at] for at in line.usual.marked],
            "marker": {"symbol": "circle-open", "size": 7, "color": theme.UNUSUAL, "line": {"width": 1.5}},
            "hoverinfo": "skip",
            "showlegend": False,
            "meta": {"unusual": True},
        }
    ]


def _band(usual: Usual, grid: _Grid) -> list[dict[str, Any]]:
    edge = {"type": "scatter", "mode": "lines", "x0": grid.x0, "dx": grid.dx, "line": {"width": 0}}
    hidden = {"hoverinfo": "skip", "showlegend": False, "meta": {"band": True}}
    return [
        {**edge, **hidden, "name": "usual from", "y": grid.shown(usual.low)},
        {
            **edge,
            **hidden,
            "name": "usual",
            "y": grid.shown(usual.high),
            "fill": "tonexty",
            "fillcolor": theme.BAND,
            "showlegend": True,
        },
    ]


def _legend(name: str) -> str:
    """A name as plotly.js is to read it: on one line, of bearable length, its markup shown and not obeyed."""
    return one_line(name, LONGEST_NAME)


def _style(line: Line, position: int, *, stacked: bool) -> dict[str, Any]:
    colour = theme.colour(line.name, position)
    if stacked:
        return {"marker": {"color": colour}}
    lonely = _has_lonely_point(line.values)
    return {
        "mode": "lines+markers" if lonely else "lines",
        "connectgaps": False,
        "line": {"color": colour, "width": theme.LINE_PX, "dash": theme.DASH.get(line.name, "solid")},
        **({"marker": {"size": 4}} if lonely else {}),
    }


def _has_lonely_point(values: tuple[float | None, ...]) -> bool:
    """Whether some value has no neighbour: a line alone would not show it."""
    padded = (None, *values, None)
    return any(
        padded[at] is not None and padded[at - 1] is None and padded[at + 1] is None for at in range(1, len(padded) - 1)
    )


def _short(value: float, unit: Unit) -> float:
    """Five significant digits: finer than a pixel, and a third of the bytes. Counts stay exact."""
    return value if unit is Unit.COUNT else float(f"{value:.5g}")
