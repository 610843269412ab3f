"""When a resource will be full: its robust trend, how sure that is, and what there is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from app.health.daily import cleanings, daily_highs
from app.health.line import Line, line_through
from app.health.local_time import DAY_S

Floats = NDArray[np.float64]

LEAST_DAYS = 7
HORIZON_DAYS = 365
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Verdict(StrEnum):
    """What there is to say about a resource."""

    NOT_ENOUGH_HISTORY = "not enough history"
    AT_LIMIT = "already at its limit"
    NOT_GROWING = "not growing"
    NO_LIMIT = "no limit known"
    NOT_SOON = "not within the horizon"
    FULL = "full"


@dataclass(frozen=True)
class Exhaustion:
    """When the line meets the limit, in epoch seconds; None where that is not within the horizon."""

    earliest: float
    expected: float | None
    latest: float | None


@dataclass(frozen=True)
class Outlook:
    """What is to come: the verdict, the same in ``words`` for people, and the numbers it rests on.

    ``head_room`` is the limit less the latest daily high, in units; ``head_room_share`` that as a part of the limit.
    ``cleaned`` counts how often the resource was cleaned up. None is unknown.
    """

    verdict: Verdict
    words: str
    line: Line | None = None
    exhaustion: Exhaustion | None = None
    head_room: float | None = None
    head_room_share: float | None = None
    cleaned: int = 0


def outlook(
    times: Sequence[int],
    values: Sequence[float | None],
    *,
    limit: float | None = None,
    zone: str = "UTC",
    confidence: float = 0.8,
    horizon_days: int = HORIZON_DAYS,
) -> Outlook:
    """The outlook for ``values`` (used, not free; None is unknown) at ``times`` (epoch seconds, even steps).

    The trend is that of the highs (95 % quantile) of each 24 hours back from the end, so a rhythm of the day is none
    and it is the peak that meets the limit. Its slope is Theil and Sen's; it counts as growth when the whole 95 %
    interval is above zero. A resource that was cleaned up once is foretold from what it has grown since and before; one
    that is cleaned up again and again by what remains of its growth over all that. ``confidence`` is that of the band
    and of the earliest and latest date. Dates in words are days in ``zone``. At its limit is what reached it within the
    last 24 hours.
    """
    days, highs = daily_highs(times, values)
    if len(highs) < LEAST_DAYS:
        known = "1 day" if len(highs) == 1 else f"{len(highs)} days"
        return Outlook(Verdict.NOT_ENOUGH_HISTORY, f"not enough history: {known}, {LEAST_DAYS} needed")
    cleaned = cleanings(highs)
    line = line_through(days, highs, cleaned, end=float(times[-1]))
    room = None if limit is None else limit - float(highs[-1])
    share = room / limit if limit and room is not None else None
    verdict, exhaustion = _verdict(line, limit, room, now=times[-1], horizon_s=horizon_days * DAY_S, sure=confidence)
    words = _words(verdict, exhaustion, now=times[-1], zone=zone, horizon_days=horizon_days)
    if verdict is Verdict.NO_LIMIT:
        words = "growing, no limit known"
    return Outlook(verdict, words, line, exhaustion, room, share, len(cleaned))


def _verdict(
    line: Line, limit: float | None, room: float | None, *, now: float, horizon_s: float, sure: float
) -> tuple[Verdict, Exhaustion | None]:
    if room is not None and room <= 0:
        return Verdict.AT_LIMIT, None
    if line.slope.low <= 0:
        return Verdict.NOT_GROWING, None
    if limit is None:
        return Verdict.NO_LIMIT, None
    grid = np.arange(0, horizon_s + 1, DAY_S / 4) + now
    low, high = line.band(list(grid), sure)
    earliest = _crossing(grid, high, limit)
    if earliest is None:
        return Verdict.NOT_SOON, None
    found = Exhaustion(earliest, _crossing(grid, line.at(list(grid)), limit), _crossing(grid, low, limit))
    return (Verdict.NOT_SOON if found.expected is None else Verdict.FULL), found


def _crossing(grid: Floats, curve: Floats, limit: float) -> float | None:
    """The first moment at which the curve reaches the limit, to the second; None when it does not."""
    reached = np.flatnonzero(curve >= limit)
    if not len(reached):
        return None
    first = int(reached[0])
    if first == 0:
        return float(grid[0])
    share = (limit - curve[first - 1]) / (curve[first] - curve[first - 1])
    return float(grid[first - 1] + share * (grid[first] - grid[first - 1]))


def _words(verdict: Verdict, found: Exhaustion | None, *, now: float, zone: str, horizon_days: int) -> str:
    within = "a year" if horizon_days == HORIZON_DAYS else f"{horizon_days} days"
    if verdict is Verdict.NOT_SOON:
        early = "" if found is None else f", at the earliest {_day(found.earliest, now, zone)}"
        return f"not expected within {within}{early}" if early else f"not within {within}"
    if verdict is not Verdict.FULL or found is None or found.expected is None:
        return verdict.value
    first, expected = _day(found.earliest, now, zone), _day(found.expected, now, zone)
    if found.latest is None:
        return f"full around {expected} ({first} at the earliest, perhaps not within {within})"
    last = _day(found.latest, now, zone)
    return f"full around {expected}" if first == last else f"full around {expected} ({first} to {last})"


def _day(moment: float, now: float, zone: str) -> str:
    """As in "12 December"; with its year when that is another than today's."""
    clock = ZoneInfo(zone)
    day, today = datetime.fromtimestamp(moment, clock), datetime.fromtimestamp(now, clock)
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"
