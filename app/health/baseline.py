"""What is usual for a series at each hour of the local week, learnt from up to four weeks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.health.held_weeks import HeldWeeks
from app.health.local_time import DAY_S
from app.health.weeks import WEEKS, Kind, weeks_of

Floats = NDArray[np.float64]

LEAST_DAYS = 3
DAYS_FOR_WEEKS = 14
_HOUR_S = 3_600


@dataclass(frozen=True)
class TooLittle:
    """There is not enough history to say what is usual; ``reason`` in words."""

    reason: str


@dataclass(frozen=True, eq=False)
class Profile:
    """What is usual, in the units of the series.

    ``usual`` and ``spread`` (a robust standard deviation of values over ``step`` seconds) have one number a slot of
    ``step`` seconds of the local week of ``zone``, Monday 00:00 first; NaN where nothing is known, as for a weekend
    that was never seen. ``levels`` are factors (``grows`` true) or summands on the usual, one for each of the 24 hours
    before ``ends`` (epoch seconds), oldest first; ``growth`` is what the level gains a day since.
    ``up`` and ``down`` say how many spreads are worth a mark: further than on nine of ten days of the history.
    ``days`` and ``weeks`` count what was known. ``never_negative``: no value was below zero.
    """

    kind: Kind
    zone: str
    step: int
    usual: Floats
    spread: Floats
    levels: Floats
    growth: float
    grows: bool
    ends: int
    up: float
    down: float
    days: int
    weeks: int
    never_negative: bool


def profile(times: Sequence[int], values: Sequence[float | None], *, zone: str = "UTC") -> Profile | TooLittle:
    """The profile of ``values`` at ``times`` (epoch seconds, even steps that divide an hour, up to 28 days count).

    ValueError for other steps. A value at t stands for the time since the step before. None and NaN are unknown.
    Weeks are held against each other: spread and limits are those of a week seen from the other weeks (leave one out),
    and of the kinds the plainest one is taken that foretells as well as the best. With less than two weeks it is days
    that are held against each other. A level that held for more than half of a week is the new usual.
    """
    step = int(times[1] - times[0]) if len(times) > 1 else _HOUR_S
    if step <= 0 or _HOUR_S % step:
        raise ValueError(f"steps of {step} s do not divide an hour")
    per_day = DAY_S // step
    times, values = times[-WEEKS * 7 * per_day :], values[-WEEKS * 7 * per_day :]
    series = np.array(values, dtype=np.float64)
    series[~np.isfinite(series)] = np.nan
    days = int(np.isfinite(series).sum() / per_day + 0.05)
    if days < LEAST_DAYS:
        return TooLittle(f"{_days(days)} of history, {LEAST_DAYS} needed")
    if days < DAYS_FOR_WEEKS and not np.nan_to_num(series).any():
        return TooLittle(f"nothing but zero in {_days(days)} of history, {DAYS_FOR_WEEKS} needed")
    weeks, monday = weeks_of(np.array(times, dtype=np.float64), series, step=step, zone=zone)
    found = HeldWeeks(weeks, monday, by_weeks=days >= DAYS_FOR_WEEKS)
    if not np.isfinite(found.usual).any():
        return TooLittle(f"{_days(days)} of history, {LEAST_DAYS} workdays or 2 days of a weekend needed")
    spread = found.spread()
    up, down = found.limits(spread)
    return Profile(
        kind=found.kind,
        zone=zone,
        step=step,
        usual=found.usual.ravel(),
        spread=spread.ravel(),
        levels=found.levels,
        growth=found.growth,
        grows=found.grows,
        ends=int(times[-1]),
        up=up,
        down=down,
        days=days,
        weeks=round(days / 7),
        never_negative=bool(np.nanmin(series) >= 0),
    )


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
