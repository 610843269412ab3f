"""Where moments lie in the local day and week of a zone, daylight saving time included."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
_BUCKET_S = 900


def local_seconds(moments: NDArray[np.float64], zone: str) -> NDArray[np.float64]:
    """Epoch seconds as seconds of the wall clock since 1970-01-01 00:00 on that clock (a Thursday).

    ``zone`` is an IANA name; ZoneInfoNotFoundError when there is none of it. A day that starts and ends with the same
    offset is taken to have it throughout; on the others every quarter of an hour is looked up.
    """
    if not len(moments):
        return moments
    clock = ZoneInfo(zone)
    days = np.floor_divide(moments, DAY_S).astype(np.int64)
    first = int(days.min())
    edges = [_offset_s(day * DAY_S, clock) for day in range(first, int(days.max()) + 2)]
    offsets = np.array(edges, dtype=np.float64)[days - first]
    for turn in np.flatnonzero(np.diff(edges)):
        there = days == first + turn
        offsets[there] = _offsets_of_a_turn(moments[there], clock)
    return moments + offsets


def _offsets_of_a_turn(moments: NDArray[np.float64], clock: ZoneInfo) -> NDArray[np.float64]:
    buckets, position = np.unique(np.floor_divide(moments, _BUCKET_S), return_inverse=True)
    return np.array([_offset_s(bucket * _BUCKET_S, clock) for bucket in buckets])[position]


def _offset_s(moment: float, clock: ZoneInfo) -> float:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(clock).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0
