"""Values of some weeks laid over each other, and the median of what is alike in them."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from app.health.local_time import DAY_S, local_seconds

Floats = NDArray[np.float64]

WEEKS = 4
WORKDAYS = 5
# From the median of absolute deviations to the standard deviation of a normal distribution.
MAD_TO_SIGMA = 1.4826
_KERNEL = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
_THURSDAY = 3


class Kind(StrEnum):
    """What the usual depends on, plainest first."""

    LEVEL = "the same at all hours"
    DAY = "hour of the day"
    WORKDAY = "hour of the day, workdays and weekend apart"
    WEEK = "hour of the week"


def weeks_of(times: Floats, series: Floats, *, step: int, zone: str) -> tuple[Floats, int]:
    """Values as (weeks, slots of a week) in order of time up to the last, and the slot of the week of the first column.

    An hour that the clock shows twice is one slot with the mean of both; one that it skips stays unknown.
    """
    slots = np.floor_divide(local_seconds(times - step / 2, zone), step).astype(np.int64)
    per_week, per_day = 7 * DAY_S // step, DAY_S // step
    back = int(slots[-1]) - slots
    weeks = min(WEEKS, int(back[0]) // per_week + 1)
    kept = (back < weeks * per_week) & np.isfinite(series)
    place = weeks * per_week - 1 - back[kept]
    count = np.bincount(place, minlength=weeks * per_week)
    total = np.bincount(place, weights=series[kept], minlength=weeks * per_week)
    cells = np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(weeks, per_week)
    return cells, (int(slots[-1]) + 1 + _THURSDAY * per_day) % per_week


def usual_of(kind: Kind, cells: Floats, *, smooth: bool = False) -> Floats:
    """The median of what ``kind`` holds to be alike, (7, slots a day); NaN where nothing is known.

    Where fewer than three weeks know a slot, the hour of the day votes as one more week: so one incident is outvoted.
    """
    per_day = cells.shape[2]
    if kind is Kind.WEEK:
        plainer = usual_of(Kind.WORKDAY, cells)
        few = np.isfinite(cells).sum(axis=0) < 3
        usual = median(np.concatenate([cells, np.where(few, plainer, np.nan)[None]]))
    elif kind is Kind.WORKDAY:
        usual = np.empty((7, per_day))
        usual[:WORKDAYS] = median(cells[:, :WORKDAYS].reshape(-1, per_day))
        usual[WORKDAYS:] = median(cells[:, WORKDAYS:].reshape(-1, per_day))
    elif kind is Kind.DAY:
        usual = np.tile(median(cells.reshape(-1, per_day)), (7, 1))
    else:
        usual = np.full((7, per_day), median(cells.reshape(-1, 1))[0])
    return smoothed(usual) if smooth else usual


def smoothed(usual: Floats) -> Floats:
    """A weighted mean over two slots to each side, around the week; unchanged where a neighbour is unknown."""
    flat = usual.ravel()
    reach = len(_KERNEL) // 2
    smooth = np.convolve(np.concatenate([flat[-reach:], flat, flat[:reach]]), _KERNEL, mode="valid")
    return np.where(np.isfinite(smooth), smooth, flat).reshape(usual.shape)


def median(values: Floats) -> Floats:
    """The median of the finite values down the first axis, NaN where there is none; ten times as fast as nanmedian."""
    ordered = np.sort(values.reshape(len(values), -1), axis=0)
    count = np.isfinite(ordered).sum(axis=0)
    column = np.arange(ordered.shape[1])
    low = ordered[np.maximum(count - 1, 0) // 2, column]
    high = ordered[np.minimum(count // 2, len(values) - 1), column]
    return np.where(count > 0, (low + high) / 2, np.nan).reshape(values.shape[1:])
