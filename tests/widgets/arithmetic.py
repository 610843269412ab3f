"""What Prometheus ought to answer, worked out in Python from the raw samples; nothing here comes from the product.

A sample in a list is (epoch seconds, value). The rules are those of Prometheus's documentation: an instant looks back
five minutes, a rate passes over resets and is extrapolated to its range, a quantile is interpolated in its bucket.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate

from tests.servers.samples import Samples

Point = tuple[float, float]
Labels = Mapping[str, str]
LOOKBACK_S = 300


class History:
    """The samples that a test wrote, by metric."""

    def __init__(self, samples: Samples) -> None:
        self._series: dict[str, list[tuple[Labels, Sequence[Point]]]] = {}
        for one in samples.series:
            self._series.setdefault(one.name, []).append((dict(one.labels), one.points))

    def of(self, name: str, keep: Callable[[Labels], bool] = lambda _: True) -> list[tuple[Labels, Sequence[Point]]]:
        """Labels and points of the series of a metric that are kept."""
        return [(labels, points) for labels, points in self._series.get(name, []) if keep(labels)]


def latest(points: Sequence[Point], at: float) -> float | None:
    """The value an instant sees: the last sample of the five minutes before it."""
    position = bisect_right(points, (at, math.inf)) - 1
    return points[position][1] if position >= 0 and points[position][0] >= at - LOOKBACK_S else None


def within(points: Sequence[Point], after: float, until: float) -> Sequence[Point]:
    """The samples of a span; no sample of these tests lies on its edge."""
    return points[bisect_left(points, (after, -math.inf)) : bisect_right(points, (until, math.inf))]


def increase(points: Sequence[Point]) -> float:
    """How much a counter rose between the first and the last sample, over its resets."""
    rises = itertools.pairwise(points)
    return sum(new - old if new >= old else new for (_, old), (_, new) in rises)


def rate(points: Sequence[Point], at: float, range_s: float) -> float | None:
    """Increase a second over a range, extrapolated to its ends as Prometheus does; None for fewer than two samples."""
    seen = within(points, at - range_s, at)
    if len(seen) < 2:
        return None
    rise, sampled = increase(seen), seen[-1][0] - seen[0][0]
    between = sampled / (len(seen) - 1)
    before, after = seen[0][0] - (at - range_s), at - seen[-1][0]
    if rise > 0:
        before = min(before, sampled * seen[0][1] / rise)  # a counter does not begin below zero
    reach = sampled + sum(end if end < between * 1.1 else between / 2 for end in (before, after))
    return rise * (reach / sampled) / range_s


def total(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is, or when it is no finite number."""
    known = [value for value in values if value is not None]
    found = math.fsum(known) if known and all(map(math.isfinite, known)) else None
    return found if known else None


def quantile(share: float, buckets: Mapping[float, float]) -> float | None:
    """A quantile from cumulative buckets (upper bound -> observations or their rate); None without observations.

    Extrapolated rates may fall from one bucket to the next, which observations cannot: the larger one counts.
    """
    bounds = sorted(buckets)
    if not bounds or buckets[math.inf] == 0:
        return None
    buckets = dict(zip(bounds, accumulate((buckets[bound] for bound in bounds), max), strict=True))
    rank = share * buckets[math.inf]
    at = next(position for position, bound in enumerate(bounds) if buckets[bound] >= rank)
    if bounds[at] == math.inf:
        return bounds[at - 1]  # all that is known: slower than the last finite bound
    lower, below = (bounds[at - 1], buckets[bounds[at - 1]]) if at else (0.0, 0.0)
    return lower + (bounds[at] - lower) * (rank - below) / (buckets[bounds[at]] - below)


def answered(instances: Sequence[Sequence[Point]], after: int, until: int, *, scrape_s: int) -> float:
    """The share of a span in which a service answered, slot by slot of one scrape each.

    A slot counts when some instance answered a scrape in it; one without a scrape does not.
    """
    slots = range(after, until, scrape_s)
    up = sum(any(value == 1 for one in instances for _, value in within(one, slot, slot + scrape_s)) for slot in slots)
    return up * scrape_s / (until - after)
