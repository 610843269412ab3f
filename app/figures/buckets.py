"""Cumulative histograms taken apart: how many observations fell into each bucket, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.figures.units import Unit, scale_for

MOST_BUCKETS = 30


@dataclass(frozen=True)
class Bucket:
    """Observations above ``low`` up to ``high`` seconds (infinity for the last), a count a step or None."""

    low: float
    high: float
    counts: tuple[float | None, ...]

    @property
    def words(self) -> str:
        """The bucket as a person reads it: its upper bound, or for the last that it is above all bounds."""
        bound, sign = (self.low, ">") if math.isinf(self.high) else (self.high, "≤")
        scale = scale_for(Unit.SECONDS, bound)
        return f"{sign} {bound * scale.factor:.4g}{scale.suffix}"


def bucket_counts(cumulative: Mapping[str, Sequence[float | None]], most: int = MOST_BUCKETS) -> tuple[Bucket, ...]:
    """The buckets of a histogram, smallest first, from its increase a step by ``le``, all on one grid.

    Bounds are those of all steps; one that a step does not have has None there, and its observations are in the next
    bucket that the step has. Where a larger bound counts less than a smaller one (instances with other bounds, counters
    that reset between two scrapes) it counts as much, as in Prometheus's ``histogram_quantile``. Spellings of one bound
    are added up; what is no number is left out. Of more than ``most`` bounds every n-th is kept.
    """
    bounds = _thinned(_by_bound(cumulative), most)
    steps = len(next(iter(bounds.values()), ()))
    columns = [_apart([values[at] for values in bounds.values()]) for at in range(steps)]
    lows = (0.0, *bounds)
    return tuple(Bucket(lows[at], bound, tuple(column[at] for column in columns)) for at, bound in enumerate(bounds))


def _by_bound(cumulative: Mapping[str, Sequence[float | None]]) -> dict[float, list[float | None]]:
    found: dict[float, list[float | None]] = {}
    for le, values in cumulative.items():
        try:
            bound = float(le)
        except ValueError:
            continue
        if math.isnan(bound):
            continue
        known = found.get(bound)
        found[bound] = list(values) if known is None else [_sum(a, b) for a, b in zip(known, values, strict=True)]
    return dict(sorted(found.items()))


def _sum(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _thinned(bounds: dict[float, list[float | None]], most: int) -> dict[float, list[float | None]]:
    """Every n-th bound, the last among them: in cumulative counts that joins buckets and loses nothing."""
    every = math.ceil(len(bounds) / most) or 1
    kept = list(bounds)[::-1][::every]
    return {bound: bounds[bound] for bound in reversed(kept)}


def _apart(column: Sequence[float | None]) -> list[float | None]:
    below = 0.0
    counts: list[float | None] = []
    for value in column:
        counts.append(None if value is None else max(0.0, value - below))
        below = max(below, value or 0.0)
    return counts
