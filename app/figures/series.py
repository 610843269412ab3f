"""Time series as a figure: pure, a plain dict, with gaps left as gaps."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.figures import theme
from app.figures.units import Unit, scale_for

LONGEST_NAME = 80


@dataclass(frozen=True)
class Line:
    """One curve: values on the shared grid, None where nothing is known."""

    name: str
    values: tuple[float | None, ...]


def time_series(
    lines: Sequence[Line], times: Sequence[int], *, revision: str, unit: Unit, stacked: bool = False
) -> dict[str, Any]:
    """The figure of lines over ``times`` (epoch seconds, evenly spaced, shown in UTC), scaled to a readable unit.

    Names are telemetry: they are escaped, since plotly.js reads a part of HTML in texts.
    """
    known = [value for line in lines for value in line.values if value is not None]
    scale = scale_for(unit, max(known, default=0.0))
    step_s = times[1] - times[0] if len(times) > 1 else 1
    traces = [
        {
            "type": "bar" if stacked else "scatter",
            "name": _legend(line.name),
            "x0": times[0] * 1_000 if times else 0,
            "dx": step_s * 1_000,
            "y": [None if value is None else _short(value * scale.factor, unit) for value in line.values],
            "hovertemplate": f"%{{y:,.4~g}}{html.escape(scale.suffix)}",
            **_style(line, position, stacked=stacked),
        }
        for position, line in enumerate(lines)
    ]
    layout = theme.layout(
        revision=revision,
        suffix=scale.suffix,
        start_ms=times[0] * 1_000 if times else 0,
        end_ms=times[-1] * 1_000 if times else 0,
        top=None if any(known) else 1.0,
    )
    if stacked:
        layout |= {"barmode": "stack", "bargap": 0.15}
    return {"data": traces, "layout": layout}


def _legend(name: str) -> str:
    """A name as plotly.js is to read it: on one line, of bearable length, its markup shown and not obeyed.

    Quotes stay: plotly.js knows no entity for them and would show ``&quot;``.
    """
    line = " ".join(name.split())
    return html.escape(line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…", quote=False)


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
