"""Values over time by hour of the week, as people in a time zone live it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

DAYS, HOURS = 7, 24


@dataclass(frozen=True)
class HoursOfWeek:
    """Rows Monday to Sunday, columns the hours 0 to 23 of ``zone``: a value or None, and how many samples made it."""

    values: tuple[tuple[float | None, ...], ...]
    samples: tuple[tuple[int, ...], ...]
    zone: str


def hours_of_week(
    times: Sequence[float], values: Sequence[float | None], *, zone: str, span_s: float = 0
) -> HoursOfWeek:
    """The mean of the values in each hour of the week of ``zone``, an IANA name.

    ``times`` are epoch seconds on an even grid. A value that speaks for ``span_s`` seconds up to its time, as a rate
    does, counts at their middle. On days of a change of clocks an hour that comes twice counts twice, one that is left
    out not at all. Raises ``zoneinfo.ZoneInfoNotFoundError`` or ``ValueError`` for what is no zone.
    """
    place = ZoneInfo(zone)
    sums = [[0.0] * HOURS for _ in range(DAYS)]
    counts = [[0] * HOURS for _ in range(DAYS)]
    for time, value in zip(times, values, strict=True):
        if value is not None:
            local = datetime.fromtimestamp(time - span_s / 2, place)
            sums[local.weekday()][local.hour] += value
            counts[local.weekday()][local.hour] += 1
    cells = tuple(
        tuple(total / count if count else None for total, count in zip(sums[day], counts[day], strict=True))
        for day in range(DAYS)
    )
    return HoursOfWeek(cells, tuple(tuple(row) for row in counts), zone)
