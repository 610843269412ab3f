"""The slope of a series that a few wild values cannot bend, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """``per_x`` in units of y for one unit of x, and the interval ``low`` to ``high`` at the asked confidence."""

    per_x: float
    low: float
    high: float


def theil_sen(x: Floats, y: Floats, *, confidence: float = 0.95, runs: NDArray[np.int64] | None = None) -> Slope | None:
    """The median of the slopes of all pairs of points; None for fewer than two points with distinct x.

    Theil (1950); the interval is Sen's (1968, J. Am. Stat. Assoc. 63, 1379), from the variance of Kendall's S,
    widened for the autocorrelation of the residuals at lag one. ``runs`` numbers pieces of the series: pairs are then
    taken inside of a piece only. x and y are finite, x ascends.
    """
    pieces = np.zeros(len(x), dtype=np.int64) if runs is None else runs
    first, second = np.triu_indices(len(x), 1)
    kept = (pieces[first] == pieces[second]) & (x[second] > x[first])
    first, second = first[kept], second[kept]
    if not len(first):
        return None
    slopes = np.sort((y[second] - y[first]) / (x[second] - x[first]))
    middle = float(np.median(slopes))
    reach = _rank_reach(y - middle * x, pieces, confidence)
    ranks = (len(slopes) - 1) / 2 + np.array([-reach, reach]) / 2
    low, high = np.interp(ranks, np.arange(len(slopes)), slopes)
    return Slope(middle, float(low), float(high))


def memory_of(residuals: Floats) -> float:
    """How many points weigh as much as one independent one, from the autocorrelation at lag one; 1 to 19.

    (1 + r) / (1 - r) as for an AR(1) process (Bayley and Hammersley 1946). The estimate of r is freed of its
    downward bias, (1 + 3 r) / n (Marriott and Pope 1954).
    """
    centred = residuals - residuals.mean() if len(residuals) else residuals
    power = float(centred @ centred)
    if len(residuals) < 4 or power == 0:
        return 1.0
    r = float(centred[1:] @ centred[:-1]) / power
    r = min(0.9, max(0.0, r + (1 + 3 * r) / len(residuals)))
    return (1 + r) / (1 - r)


def _rank_reach(residuals: Floats, pieces: NDArray[np.int64], confidence: float) -> float:
    counts = np.unique(pieces, return_counts=True)[1].astype(np.float64)
    variance = float((counts * (counts - 1) * (2 * counts + 5)).sum()) / 18
    levelled = residuals.copy()
    for piece in np.unique(pieces):
        levelled[pieces == piece] -= np.median(residuals[pieces == piece])
    return NormalDist().inv_cdf(0.5 + confidence / 2) * math.sqrt(variance * memory_of(levelled))
