"""How the level of a series moved from day to day, whatever its days and weeks look like inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.health.trend import theil_sen
from app.health.weeks import median

Floats = NDArray[np.float64]

_WEEK = 7
_DAYS_FOR_LEVELS = 14


def followed(daily: Floats) -> tuple[Floats, float]:
    """The level of each day and what it gains a day since the last, from the medians of days; NaN where unknown.

    Three weeks and more: the running median of a week around each day, which after the last full week goes on with the
    growth of the weeks. Less: a straight line where growth is beyond doubt; without, the running median from two weeks.
    """
    known = np.flatnonzero(np.isfinite(daily))
    if len(known) < 3 * _WEEK and (line := _straight(daily, known)):
        return line
    if len(known) < _DAYS_FOR_LEVELS:
        return np.full(len(daily), np.nan), 0.0
    return _running(daily)


def _running(daily: Floats) -> tuple[Floats, float]:
    half = _WEEK // 2
    padded = np.pad(daily, half, constant_values=np.nan)
    levels = median(np.lib.stride_tricks.sliding_window_view(padded, _WEEK).T)
    growth = _weekly_growth(daily)
    levels[-half:] = levels[-half - 1] + growth * np.arange(1, half + 1)
    return levels, growth


def _weekly_growth(daily: Floats) -> float:
    """What the level gains a day when each of the last two weeks gained on the one before, the smaller gain of both.

    A gain is one of six of seven weekdays at least. A single step up is therefore no growth.
    """
    if len(daily) < 3 * _WEEK:
        return 0.0
    earlier, middle, latest = daily[-3 * _WEEK :].reshape(3, _WEEK)
    gains = np.stack([middle - earlier, latest - middle])
    for sign in (1, -1):
        if ((gains * sign > 0).sum(axis=1) >= _WEEK - 1).all():
            return sign * float(np.nanmedian(gains * sign, axis=1).min()) / _WEEK
    return 0.0


def _straight(daily: Floats, known: NDArray[np.int64]) -> tuple[Floats, float] | None:
    """A straight line through the levels; None where the interval of its slope, wide for what has memory, holds 0."""
    slope = theil_sen(known.astype(np.float64), daily[known], confidence=0.99)
    if slope is None or slope.low * slope.high <= 0:
        return None
    growth = slope.per_x
    return np.median(daily[known] - growth * known) + growth * np.arange(len(daily)), growth
