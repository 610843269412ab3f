"""How far a series is from its usual: the band, the score of each moment, and which moments are marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.health.baseline import Profile
from app.health.local_time import DAY_S, local_seconds
from app.health.weeks import MAD_TO_SIGMA

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

# The band ends here on the way to the limit: a mark begins beyond the limit and lasts while it is out of the band.
BAND_SHARE = 0.6
LEAST_OUT_S = 600
# rate() over four scrapes makes points alike that lie closer than that.
_ALIKE_S = 60
# What lies between two slots is not known: a job on the hour jumps, a day's rhythm glides.
_EDGE = 0.35
# Half hours that slide find higher peaks than the profile's, which follow the clock.
_SLIDING = 1.15
_FURTHEST_GROWTH_DAYS = 7.0


def usual(profile: Profile, times: Sequence[int], *, step: int) -> tuple[Floats, Floats]:
    """What is usual at ``times`` (epoch seconds) and its spread; NaN where the profile knows nothing.

    ``step`` in seconds is that of the chart: the usual is that of the middle of a step, of its mean when it is long.
    """
    moments = np.array(times, dtype=np.float64)
    parts = max(1, round(step / profile.step))
    inner = (np.arange(parts) + 0.5) / parts * step
    spots = (moments[:, None] - step + inner[None, :]).ravel()
    place = local_seconds(spots, profile.zone) / profile.step - 0.5 + 3 * DAY_S / profile.step
    level = _level(profile, spots)
    centre, spread = _between(profile.usual, place), _between(profile.spread, place)
    if step < profile.step:
        spread = np.hypot(spread, _EDGE * _jump(profile.usual, place))
    centre, spread = (centre * level, spread * level) if profile.grows else (centre + level, spread)
    return centre.reshape(-1, parts).mean(axis=1), spread.reshape(-1, parts).mean(axis=1)


def band(profile: Profile, times: Sequence[int], *, step: int, noise: float = 0.0) -> tuple[Floats, Floats]:
    """The lower and upper end of what is usual, for single points of a chart with this step.

    The profile knows how values over its own step scatter, half an hour as a rule. Points of a shorter step scatter
    more: ``noise`` is their spread within half an hour, as ``noise_of`` measures it. Never below zero for a series that
    never was. NaN where nothing is known.
    """
    centre, spread = usual(profile, times, step=step)
    width = BAND_SHARE * np.hypot(spread, noise)
    low = centre - profile.down * width
    return np.maximum(low, 0.0) if profile.never_negative else low, centre + profile.up * width


def noise_of(profile: Profile, values: Sequence[float | None], *, step: int) -> float:
    """The robust spread of points around the mean of the half hour they lie in the middle of; 0 for long steps."""
    points = _points(profile, step)
    if points < 2:
        return 0.0
    series = _known(values)
    ahead = points // 2
    means = _means(np.append(series, np.full(ahead, np.nan)), points)[0][ahead:]
    left = np.abs(series - means)
    left = left[np.isfinite(left)]
    return MAD_TO_SIGMA * float(np.median(left)) if len(left) else 0.0


def deviations(profile: Profile, times: Sequence[int], values: Sequence[float | None], *, step: int) -> Floats:
    """How many spreads the last half hour before each moment lies above (positive) or below its usual.

    NaN where unknown, and for less than ten minutes of values. The spread of the profile is widened by what a mean of
    these points must scatter itself, ``noise_of`` over the root of their number; a half hour that is known in part
    counts less, by the root of the part.
    """
    points = _points(profile, step)
    series = _known(values)
    means, counts = _means(series, points)
    centre, spread = usual(profile, times, step=step)
    spread = _SLIDING * spread if points > 1 else spread
    spread = np.hypot(spread, noise_of(profile, values, step=step) * (max(1.0, _ALIKE_S / step) / points) ** 0.5)
    centre = np.where(np.isfinite(series), centre, np.nan)
    scores: Floats = (means - _means(centre, points)[0]) / spread * np.sqrt(counts / points)
    scores[counts < _least_points(points, step)] = np.nan
    return scores


def marked(profile: Profile, times: Sequence[int], values: Sequence[float | None], *, step: int) -> Marks:
    """Which points are unusual: a stretch whose half-hour means go beyond the profile's limit.

    It lasts while its half-hour means are out of the band, as long as points are out thickly, and has at least
    ten minutes of them, two at least below a quarter of an hour: one wild scrape is no stretch.
    """
    scores = deviations(profile, times, values, step=step)
    low, high = band(profile, times, step=step, noise=noise_of(profile, values, step=step))
    series = _known(values)
    points = _points(profile, step)
    least = _least_points(points, step)
    above = _stretches(scores, series > high, limit=profile.up, reach=points, least=least)
    below = _stretches(-scores, series < low, limit=profile.down, reach=points, least=least)
    return (above | below) & np.isfinite(series)


def _stretches(scores: Floats, out: Marks, *, limit: float, reach: int, least: int) -> Marks:
    marks = np.zeros(len(scores), dtype=np.bool_)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], scores > BAND_SHARE * limit, [False]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        # Its half-hour mean follows late: the points that raised it lie before.
        first = max(0, int(start) - reach + 1)
        if scores[start:end].max() > limit and out[first:end].sum() >= least:
            marks[_thickest(out, first, int(end))] = True
    return marks


def _thickest(out: Marks, first: int, end: int) -> slice:
    """The piece in which more than a fifth is out, the longest run of gains; chance puts few points out elsewhere."""
    gain = np.concatenate([[0.0], np.cumsum(out[first:end] - 0.2)])
    last = int(np.argmax(gain - np.minimum.accumulate(gain)))
    return slice(first + int(np.argmin(gain[: last + 1])), first + last)


def _level(profile: Profile, moments: Floats) -> Floats:
    days = (moments - profile.ends) / DAY_S
    known = np.arange(len(profile.levels)) - len(profile.levels) + 0.5
    level: Floats = np.interp(days, known, profile.levels)
    growth: Floats = profile.growth * np.clip(days - known[-1], 0, _FURTHEST_GROWTH_DAYS)
    return level + growth


def _between(slots: Floats, place: Floats) -> Floats:
    below = np.floor(place).astype(np.int64)
    share = place - below
    return slots[below % len(slots)] * (1 - share) + slots[(below + 1) % len(slots)] * share


def _jump(slots: Floats, place: Floats) -> Floats:
    below = np.floor(place).astype(np.int64)
    jump: Floats = np.abs(slots[(below + 1) % len(slots)] - slots[below % len(slots)])
    return jump


def _means(series: Floats, points: int) -> tuple[Floats, NDArray[np.int64]]:
    """Mean of the known among the last ``points`` values, and how many there are."""
    known = np.isfinite(series)
    total = np.concatenate([np.zeros(points), np.cumsum(np.where(known, series, 0.0))])
    count = np.concatenate([np.zeros(points, dtype=np.int64), np.cumsum(known)])
    counts = count[points:] - count[:-points]
    return (total[points:] - total[:-points]) / np.where(counts > 0, counts, np.nan), counts


def _points(profile: Profile, step: int) -> int:
    return max(1, round(profile.step / step))


def _least_points(points: int, step: int) -> int:
    return 1 if step >= 900 else min(points, max(2, -(-LEAST_OUT_S // step)))


def _known(values: Sequence[float | None]) -> Floats:
    series = np.array(values, dtype=np.float64)
    series[~np.isfinite(series)] = np.nan
    return series
