"""Series as a platform makes them, from a seed: minutes with the rhythm of a working week, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

BERLIN = "Europe/Berlin"
# A Monday; summer time ends in Berlin on 26 October, in New York on 2 November.
START = int(datetime(2025, 9, 29, tzinfo=UTC).timestamp())
DAY = 86_400


def minutes(days: int, start: int = START) -> Times:
    return start + 60 * (np.arange(days * 1_440) + 1)


def clock(times: Times, zone: str = BERLIN) -> tuple[Floats, NDArray[np.int64]]:
    """The hour with its fraction and the weekday (Monday is 0) on the wall."""
    hours = np.unique(times // 3_600)
    clocks = [datetime.fromtimestamp(int(hour) * 3_600, UTC).astimezone(ZoneInfo(zone)) for hour in hours]
    at = np.searchsorted(hours, times // 3_600)
    hour = np.array([clock.hour for clock in clocks])[at] + times % 3_600 / 3_600
    return hour, np.array([clock.weekday() for clock in clocks])[at]


def rhythm(times: Times, zone: str = BERLIN) -> Floats:
    """0.1 to 1: quiet nights, busy afternoons, short Fridays, a third of it at the weekend, by the clock of a zone."""
    hour, weekday = clock(times, zone)
    share = np.where(weekday >= 5, 0.35, np.where(weekday == 4, 0.85, 1.0))
    busy: Floats = (0.25 + 0.75 * np.exp(-(((hour - 14) / 4.5) ** 2))) * share
    return busy


def _held(values: Floats, minutes_each: int) -> Floats:
    return np.repeat(values, minutes_each)


def _with_memory(rng: np.random.Generator, count: int, memory: float) -> Floats:
    out = rng.normal(size=count)
    for place in range(1, count):
        out[place] = memory * out[place - 1] + np.sqrt(1 - memory**2) * out[place]
    return out


def multiplied(rng: np.random.Generator, times: Times) -> Floats:
    count = len(times)
    return 100 * rhythm(times) * np.exp(rng.normal(0, 0.25, count) + _held(rng.normal(0, 0.05, count // 30), 30))


def with_memory(rng: np.random.Generator, times: Times) -> Floats:
    count = len(times)
    slow = _held(0.08 * _with_memory(rng, count // 30, 0.7), 30)
    return 100 * rhythm(times) * np.exp(slow + rng.normal(0, 0.1, count))


def good_and_bad_days(rng: np.random.Generator, times: Times) -> Floats:
    count = len(times)
    return 100 * rhythm(times) * np.exp(_held(rng.normal(0, 0.06, count // 1_440), 1_440) + rng.normal(0, 0.2, count))


def requests(rng: np.random.Generator, times: Times) -> Floats:
    return rng.poisson(20 * rhythm(times)) / 60


def few_errors(rng: np.random.Generator, times: Times) -> Floats:
    return rng.poisson(2 * rhythm(times) / 60) / 60


def rare_errors(rng: np.random.Generator, times: Times) -> Floats:
    return rng.poisson(0.3 / 1_440, len(times)) / 60


def heavy_tailed(rng: np.random.Generator, times: Times) -> Floats:
    wild = rng.standard_t(3, len(times) // 30).clip(-6, 6)
    return 50 * rhythm(times) * np.exp(0.3 * _held(wild, 30))


def latency(rng: np.random.Generator, times: Times) -> Floats:
    count = len(times)
    return 0.4 * np.exp(rng.normal(0, 0.1, count) + 0.05 * _held(rng.exponential(1, count // 10), 10))


def constant(rng: np.random.Generator, times: Times) -> Floats:
    return 7.3 + rng.normal(0, 1e-12, len(times))


def nothing(rng: np.random.Generator, times: Times) -> Floats:
    return np.zeros(len(times))


def with_gaps(rng: np.random.Generator, times: Times) -> Floats:
    values = multiplied(rng, times)
    for _ in range(20):
        start = rng.integers(0, len(times) - 600)
        values[start : start + rng.integers(10, 600)] = np.nan
    return values


def memory_used(rng: np.random.Generator, times: Times) -> Floats:
    return 1e9 * (1 + 0.1 * rhythm(times)) + 1e7 * _held(_with_memory(rng, len(times) // 10, 0.9), 10)


def growing(rng: np.random.Generator, times: Times) -> Floats:
    return multiplied(rng, times) * (1 + 0.01 * (times - times[0]) / DAY)


def disk_used(rng: np.random.Generator, times: Times) -> Floats:
    return 3e10 + 1.5e8 * (times - times[0]) / DAY + rng.normal(0, 1e7, len(times))


def nightly_job(rng: np.random.Generator, times: Times) -> Floats:
    return 10 * (1 + 0.05 * rng.normal(size=len(times))) * np.where(clock(times - 60)[0] // 1 == 3, 4.0, 1.0)


STEADY: tuple[Callable[[np.random.Generator, Times], Floats], ...] = (
    multiplied,
    with_memory,
    good_and_bad_days,
    requests,
    few_errors,
    rare_errors,
    heavy_tailed,
    latency,
    constant,
    nothing,
    with_gaps,
    memory_used,
    growing,
    disk_used,
    nightly_job,
)


def means(times: Times, values: Floats, step: int) -> tuple[list[int], list[float | None]]:
    """Means over steps, at their ends; None where no minute is known."""
    each = step // 60
    whole = len(values) // each * each
    parts = values[:whole].reshape(-1, each)
    known = np.isfinite(parts)
    total = np.where(known, parts, 0).sum(axis=1)
    count = known.sum(axis=1)
    return times[each - 1 : whole : each].tolist(), [
        float(one) / int(many) if many else None for one, many in zip(total, count, strict=True)
    ]


def spike(times: Times, values: Floats, at: int) -> tuple[Floats, int]:
    return np.where((times > at) & (times <= at + 1_200), 3 * values, values), 1_200


def higher(times: Times, values: Floats, at: int) -> tuple[Floats, int]:
    return np.where((times > at) & (times <= at + 7_200), 1.6 * values, values), 7_200


def stopped(times: Times, values: Floats, at: int) -> tuple[Floats, int]:
    return np.where((times > at) & (times <= at + 1_800), 0.0, values), 1_800


def creeping(times: Times, values: Floats, at: int) -> tuple[Floats, int]:
    """Up by 80 % over eight hours, and an hour there."""
    risen = np.clip((times - at) / 28_800, 0, 1)
    return np.where(times <= at + 32_400, values * (1 + 0.8 * risen), values), 32_400


def burst(times: Times, values: Floats, at: int) -> tuple[Floats, int]:
    """Twenty more events, one a minute."""
    return np.where((times > at) & (times <= at + 1_200), values + 1 / 60, values), 1_200


def local_midnight(year: int, month: int, day: int, zone: str) -> int:
    return int(datetime(year, month, day, tzinfo=ZoneInfo(zone)).timestamp())
