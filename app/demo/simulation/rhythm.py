"""How busy Tamma's people are: a daily and weekly curve in UTC, without chance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

DAY_S = 86400.0
# Share of the busiest hour, one figure an hour from 00:00 UTC: a European morning, a lunch dip, an American afternoon.
_MORNING = (0.30, 0.26, 0.24, 0.22, 0.24, 0.30, 0.42, 0.60, 0.80, 0.93, 0.98, 0.96)
_EVENING = (0.84, 0.90, 1.00, 1.00, 0.96, 0.88, 0.78, 0.68, 0.58, 0.50, 0.42, 0.35)
HOURLY = (*_MORNING, *_EVENING)
WEEKDAY = (0.96, 1.00, 1.00, 0.99, 0.90, 0.46, 0.42)
WEEKDAY_MEAN_LOAD = sum(HOURLY) / 24 * sum(WEEKDAY[:5]) / 5
_HOURS = np.arange(25.0)
_CURVE = np.array((*HOURLY, HOURLY[0]))
_WEEK = np.array(WEEKDAY)


def load(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share (about 0.1 to 1) of the busiest hour's load at each of ``times`` (epoch seconds, UTC)."""
    hours = np.interp((times % DAY_S) / 3600.0, _HOURS, _CURVE)
    # 1970-01-01 was a Thursday; day 0 of WEEKDAY is Monday.
    return np.asarray(hours * _WEEK[((times // DAY_S).astype(np.int64) + 3) % 7])


def load_at(t: float) -> float:
    """``load`` for one instant, without the cost of arrays."""
    hour, part = divmod((t % DAY_S) / 3600.0, 1.0)
    first = HOURLY[int(hour)]
    second = HOURLY[(int(hour) + 1) % 24]
    return (first + (second - first) * part) * WEEKDAY[(int(t // DAY_S) + 3) % 7]


def sway(times: NDArray[np.float64], key: int) -> NDArray[np.float64]:
    """Smooth noise in [-1, 1], continuous in time, different for each ``key``; the same for history and live."""
    total = np.zeros_like(times)
    for order, period in enumerate((5400.0, 1260.0, 410.0, 97.0)):
        phase = math.tau * ((key * 0.6180339887 + order * 0.37) % 1.0)
        total += np.sin(times * (math.tau / (period * (1 + (key % 7) * 0.031))) + phase) / (order + 1.6)
    return total / 1.52
