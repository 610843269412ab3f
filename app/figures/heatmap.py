"""Heat maps: activity by hour of the week, latencies over time, states over time. What is unknown is not drawn."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from app.figures import theme
from app.figures.buckets import Bucket
from app.figures.hours import HoursOfWeek
from app.figures.text import one_line
from app.figures.units import Unit, number_text, scale_for

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_COLUMNS, MOST_ROWS = 360, 30
LONGEST_NAME, LONGEST_ROW = 80, 14
CLICK_WORDS = "click: the last such hour on all charts"
# A sign needs about this share of the width to be read.
SIGN_SHARE = 1 / 60
# Worst last. Unknown is worse than healthy, and no data at all says less than anything.
_BY_HARM = ("healthy", "pending", "maintenance", "unknown", "degraded", "unhealthy")

Value = TypeVar("Value")


def hour_map(week: HoursOfWeek, *, revision: str, unit: Unit, suffix: str = "") -> dict[str, Any]:
    """The figure of a week by hour, Monday on top, scaled to a readable unit; hover has the exact value.

    ``suffix`` follows numbers whose unit has none. The layout's ``meta`` says what a click is to show.
    """
    known = [value for row in week.values for value in row if value is not None]
    scale = scale_for(unit, max(known, default=0.0))
    trace = {
        **_HEAT,
        "z": [[None if value is None else _short(value * scale.factor) for value in row] for row in week.values],
        "text": [
            [
                _hour_text(day, hour, _mean_text(value, unit) + suffix, week) if value is not None else ""
                for hour, value in enumerate(row)
            ]
            for day, row in enumerate(week.values)
        ],
        **_colours(known, scale.factor),
        "colorbar": theme.colour_bar(scale.suffix or suffix),
    }
    layout = theme.map_layout(revision=revision, row_words=WEEKDAYS, row_px=26) | {"meta": {"click": "hour"}}
    hours = [0, 6, 12, 18]
    layout["xaxis"] = {
        **{"tickmode": "array", "tickvals": hours, "ticktext": [f"{hour:02}:00" for hour in hours], "tickangle": 0},
        **{"range": [-0.5, 23.5], "fixedrange": True, "showgrid": False, "zeroline": False, "ticklabelstandoff": 4},
        "ticks": "",
    }
    return {"data": [trace], "layout": layout}


def latency_map(
    buckets: Sequence[Bucket], times: Sequence[int], *, revision: str, unit: Unit = Unit.COUNT
) -> dict[str, Any]:
    """The figure of buckets over ``times`` (epoch seconds, even, each the end of its step), slowest on top.

    Counts are in ``unit``. More steps than ``MOST_COLUMNS`` are joined, a cell then being the mean of those known.
    The scale of colours is quadratic: the few slow ones are what one looks for.
    """
    rows = [_joined(bucket.counts, _mean) for bucket in reversed(buckets)]
    words = [bucket.words for bucket in reversed(buckets)]
    known = [value for row in rows for value in row if value is not None]
    scale = scale_for(unit, max(known, default=0.0))
    trace = {
        **_HEAT,
        **_grid(times),
        "z": [[None if value is None else _short(value * scale.factor) for value in row] for row in rows],
        "hovertemplate": f"%{{x}}<br>%{{y}}<br>%{{z:,.4~g}}{html.escape(scale.suffix)}<extra></extra>",
        **_colours(known, scale.factor, power=2),
        "colorbar": theme.colour_bar(scale.suffix),
        "ygap": 1,
        "xgap": 0,
        "meta": {"rows": words},
    }
    layout = theme.map_layout(revision=revision, row_words=[html.escape(word) for word in words], row_px=20)
    layout["meta"] = {"click": "slot", "height": layout["height"]}
    layout["xaxis"] = theme.time_axis(*_reach(times))
    return {"data": [trace], "layout": layout}


def state_map(states: Mapping[str, Sequence[str | None]], times: Sequence[int], *, revision: str) -> dict[str, Any]:
    """The figure of states over ``times`` (epoch seconds, even, each the end of its step), a row for each name.

    States are words of ``theme.STATUS``; another word is unknown, None is no data. Of joined steps the worst wins.
    Beside its colour a state has its word in hover and legend, and where it is bad its sign. At most ``MOST_ROWS`` are
    drawn; names are escaped.
    """
    names = list(states)[:MOST_ROWS]
    rows = [_joined([_known(state) for state in states[name]], _worst) for name in names]
    words = [word for word in _BY_HARM if any(word in row for row in rows)]
    grid = _grid(times)
    trace = {
        **_HEAT,
        **grid,
        "z": [[None if state is None else words.index(state) for state in row] for row in rows],
        "hovertemplate": "%{x}<br><b>%{y}</b><br>%{text}<extra></extra>",
        "text": [[state or "" for state in row] for row in map(_with_name, names, rows)],
        "showscale": False,
        **{"zmin": -0.5, "zmax": len(words) - 0.5, "colorscale": theme.steps([theme.STATUS[word] for word in words])},
        "xgap": 0,
        "ygap": 4,
        "meta": {"rows": [" ".join(name.split())[:LONGEST_NAME] for name in names], "words": words},
    }
    shown = [one_line(name, LONGEST_ROW) for name in names]
    layout = theme.map_layout(revision=revision, row_words=shown, row_px=30, bottom=86)
    layout["xaxis"] = theme.time_axis(*_reach(times))
    layout |= {"showlegend": True, "legend": theme.STATE_LEGEND, "meta": {"click": "slot"}}
    return {"data": [trace, *_signs(rows, grid), *_legend(words)], "layout": layout}


_HEAT: dict[str, Any] = {
    **{"type": "heatmap", "hoverongaps": False, "xgap": 2, "ygap": 2, "showscale": True},
    "hovertemplate": "%{text}<extra></extra>",
}


def _with_name(name: str, row: Sequence[str | None]) -> Sequence[str | None]:
    """The states in words, with the whole name where the axis has room for a part of it only."""
    if len(" ".join(name.split())) <= LONGEST_ROW:
        return row
    return [state and f"{state}<br>{one_line(name, LONGEST_NAME)}" for state in row]


def _hour_text(day: int, hour: int, words: str, week: HoursOfWeek) -> str:
    count = week.samples[day][hour]
    of = f"mean of {count:,} {'value' if count == 1 else 'values'}"
    return f"<b>{WEEKDAYS[day]} {hour:02}:00 to {hour:02}:59</b><br>{words}<br>{of}<br>{CLICK_WORDS}"


def _mean_text(value: float, unit: Unit) -> str:
    """A mean in words; that of counts is seldom whole."""
    return f"{value:,.3g}" if unit is Unit.COUNT and value < 100 else "".join(number_text(value, unit))


def _colours(known: Sequence[float], factor: float, *, power: int = 1) -> dict[str, Any]:
    """From zero to the largest value; a map of nothing but zeros keeps the darkest colour."""
    top = max(known, default=0.0) * factor
    return {"zmin": 0, "zmax": _short(top) or 1, "colorscale": theme.scale(theme.HEAT, power)}


def _grid(times: Sequence[int]) -> dict[str, int]:
    """Where the cells lie, in milliseconds: plotly.js puts a cell around its x, which is the middle of its time."""
    every = _every(len(times))
    step_ms = _step_ms(times)
    first = times[0] * 1_000 - step_ms if times else 0
    return {"x0": first + step_ms * every // 2, "dx": step_ms * every}


def _reach(times: Sequence[int]) -> tuple[int, int]:
    return (times[0] * 1_000 - _step_ms(times), times[-1] * 1_000) if times else (0, 0)


def _step_ms(times: Sequence[int]) -> int:
    return (times[1] - times[0] if len(times) > 1 else 60) * 1_000


def _every(columns: int) -> int:
    return -(-columns // MOST_COLUMNS) or 1


def _joined(values: Sequence[Value | None], join: Callable[[Sequence[Value]], Value]) -> list[Value | None]:
    """Runs of values made one each, so that at most ``MOST_COLUMNS`` remain; None where all of a run are."""
    every = _every(len(values))
    runs = [[value for value in values[at : at + every] if value is not None] for at in range(0, len(values), every)]
    return [join(run) if run else None for run in runs]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _worst(states: Sequence[str]) -> str:
    return max(states, key=_BY_HARM.index)


def _known(state: str | None) -> str | None:
    return None if state is None else str(state) if state in _BY_HARM else "unknown"


def _short(value: float) -> float:
    """Four significant digits: finer than colours can be told apart."""
    return float(f"{value:.4g}")


def _signs(rows: Sequence[Sequence[str | None]], grid: Mapping[str, int]) -> list[dict[str, Any]]:
    """A sign in the middle of each run of a bad state that is broad enough: colour alone says nothing to some."""
    found = [
        (grid["x0"] + grid["dx"] * (start + end - 1) / 2, at, state)
        for at, row in enumerate(rows)
        for start, end, state in _runs(row)
        if state in ("degraded", "unhealthy", "unknown", "maintenance") and end - start >= len(row) * SIGN_SHARE
    ]
    if not found:
        return []
    return [
        {
            **{"type": "scatter", "mode": "text", "hoverinfo": "skip", "showlegend": False},
            "x": [round(x) for x, _, _ in found],
            "y": [at for _, at, _ in found],
            "text": [theme.STATUS_SIGNS[state] for _, _, state in found],
            "textfont": {"color": "#FFFFFF", "size": 13, "weight": 700},
        }
    ]


def _runs(row: Sequence[str | None]) -> list[tuple[int, int, str]]:
    """Start, end (exclusive) and state of each run of one state."""
    found: list[tuple[int, int, str]] = []
    for at, state in enumerate(row):
        if state is None:
            continue
        if found and found[-1][1] == at and found[-1][2] == state:
            found[-1] = (found[-1][0], at + 1, state)
        else:
            found.append((at, at + 1, state))
    return found


def _legend(words: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            **{"type": "scatter", "mode": "markers", "x": [None], "y": [None], "hoverinfo": "skip"},
            "name": f"{theme.STATUS_SIGNS[word]} {word}",
            "marker": {"symbol": "square", "size": 11, "color": theme.STATUS[word]},
        }
        for word in words
    ]
