"""A straight line into the future, with the band in which days around it lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from app.health.local_time import DAY_S
from app.health.trend import Slope, memory_of, theil_sen
from app.health.weeks import MAD_TO_SIGMA

Floats = NDArray[np.float64]

_CONFIDENCE = 0.95
_DECILES_TO_SIGMA = 2 * NormalDist().inv_cdf(0.9)


@dataclass(frozen=True)
class Line:
    """The trend of the daily highs: ``level`` at ``middle`` (epoch seconds), ``slope`` in units a day.

    ``scatter`` is the robust standard deviation of a day around the line, ``slope_error`` that of the slope; ``days``
    is how many independent days they rest on, ``since`` the epoch second from which on the line is true.
    """

    since: float
    middle: float
    level: float
    slope: Slope
    slope_error: float
    scatter: float
    days: float

    def at(self, moments: Sequence[float]) -> Floats:
        """The line at epoch seconds."""
        return self.level + self.slope.per_x * self._days(moments)

    def band(self, moments: Sequence[float], confidence: float = 0.8) -> tuple[Floats, Floats]:
        """Where the high of a day around each moment lies with this probability.

        The prediction interval of a straight line: t * sqrt(scatter^2 (1 + 1/n) + (slope_error * days)^2), with n the
        independent days and t Student's quantile for n - 2.
        """
        days = self._days(moments)
        width = student_quantile(0.5 + confidence / 2, self.days - 2) * np.sqrt(
            self.scatter**2 * (1 + 1 / self.days) + (self.slope_error * days) ** 2
        )
        middle = self.level + self.slope.per_x * days
        return middle - width, middle + width

    def _days(self, moments: Sequence[float]) -> Floats:
        return (np.array(moments, dtype=np.float64) - self.middle) / DAY_S


def line_through(days: Floats, highs: Floats, cleanings: NDArray[np.int64], *, end: float) -> Line:
    """The line through daily ``highs`` at ``days`` before ``end`` (epoch seconds); since the clean-up if there was one.

    ``cleanings`` are the positions of the first days after one. ValueError for fewer than two days.
    """
    runs = np.zeros(len(highs), dtype=np.int64)
    if len(cleanings) == 1:
        runs[cleanings[0] :] = 1
    slope = theil_sen(days, highs, confidence=_CONFIDENCE, runs=runs)
    if slope is None:
        raise ValueError("a line needs two days")
    rest = highs - slope.per_x * days
    levels = np.array([np.median(rest[runs == run]) for run in runs])
    left, last = rest - levels, runs == runs[-1]
    independent = max(3.0, len(highs) / memory_of(left))
    middle = float(days[last].mean())
    reach = (slope.high - slope.low) / 2 / NormalDist().inv_cdf(0.5 + _CONFIDENCE / 2)
    return Line(
        since=end + float(days[last][0] - 0.5) * DAY_S,
        middle=end + middle * DAY_S,
        level=float(levels[-1]) + slope.per_x * middle,
        slope=slope,
        slope_error=reach,
        scatter=_scatter(left),
        days=independent,
    )


def student_quantile(probability: float, freedom: float) -> float:
    """Student's t quantile by Hill's expansion (Abramowitz and Stegun 26.7.5); 1 % off at 3 degrees of freedom.

    Fewer than three degrees are taken as three.
    """
    z, v = NormalDist().inv_cdf(probability), max(3.0, freedom)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + first / v + second / v**2 + third / v**3 + fourth / v**4


def _scatter(left: Floats) -> float:
    """Robust standard deviation: of the middle half or of the middle four fifths, whichever is more.

    By the root of n / (n - 2) larger for the two numbers that were fitted.
    """
    low, high = np.quantile(left, [0.1, 0.9])
    robust = max(MAD_TO_SIGMA * float(np.median(np.abs(left))), float(high - low) / _DECILES_TO_SIGMA)
    return robust * math.sqrt(len(left) / (len(left) - 2))
