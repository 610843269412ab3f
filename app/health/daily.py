"""The high of each day of a series, and the days on which somebody cleaned up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.health.local_time import DAY_S

Floats = NDArray[np.float64]

_QUANTILE = 0.95
# A fall from one day to the next by that many times the ordinary change, and by that share of the whole range.
_ORDINARY_CHANGES = 8.0
_SHARE_OF_RANGE = 0.1
_DAYS_AFTER = 4
_WEEK = 7


def daily_highs(times: Sequence[int], values: Sequence[float | None]) -> tuple[Floats, Floats]:
    """Middle (days before the end, negative) and high of each 24 hours of which half is known, oldest first."""
    if len(times) < 2:
        return np.empty(0), np.empty(0)
    per_day = max(1, round(DAY_S / (times[1] - times[0])))
    series = np.array(values, dtype=np.float64)
    series[~np.isfinite(series)] = np.nan
    padded = np.concatenate([np.full(-len(series) % per_day, np.nan), series]).reshape(-1, per_day)
    ordered = np.sort(padded, axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    kept = np.flatnonzero(count * 2 >= per_day)
    spot = _QUANTILE * (count[kept] - 1)
    below = np.floor(spot).astype(np.int64)
    above = np.minimum(below + 1, count[kept] - 1)
    low, high = ordered[kept, below], ordered[kept, above]
    highs: Floats = low + (high - low) * (spot - below)
    return kept.astype(np.float64) - len(padded) + 0.5, highs


def cleanings(highs: Floats) -> NDArray[np.int64]:
    """Positions of the first days after somebody cleaned up: a fall that is no spike's end and no weekend.

    The days after it stay below those before, and it is lower than the same weekday a week ago. What is cleaned up each
    week is a rhythm, and none of these.
    """
    changes = np.diff(highs)
    usual = float(np.median(changes))
    ordinary = float(np.median(np.abs(changes - usual)))
    fall = max(_ORDINARY_CHANGES * ordinary, _SHARE_OF_RANGE * float(np.ptp(highs)), 1e-9 * float(np.abs(highs).max()))
    fallen = np.flatnonzero(usual - changes > fall) + 1
    return np.array([day for day in fallen if _stays_low(highs, int(day), fall / 2)], dtype=np.int64)


def _stays_low(highs: Floats, day: int, by: float) -> bool:
    after = highs[day : day + _DAYS_AFTER]
    if day < _WEEK and len(after) < _DAYS_AFTER:
        return False
    before = float(np.median(highs[max(0, day - 3) : day]))
    week_ago = highs[day - _WEEK] if day >= _WEEK else np.inf
    return bool(after.max() < before - by and highs[day] < week_ago - by)
