"""Moments as people write them, read in a time zone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
UNITS: Final = (*UNITS_S, "M", "y")
LIVE = re.compile(r"now(/[smhdwMy])?|today")
_WORDS = {"today": "now/d", "yesterday": "now-1d/d"}
# Dates with time and zone where they are given; what fromisoformat reads besides is not ISO 8601.
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_DATE_LENGTH = len("2026-01-31")
# Nothing may be added before something is taken away: what lies ahead has no answer.
_TERM = r"[+-][0-9]{1,6}[a-zM]|/[a-zM]"
_RELATIVE = re.compile(rf"now(?:(?!\+)(?:{_TERM})(?:{_TERM})*)?")
_EARLIEST, _LATEST = 31_536_000, 221_845_392_000  # the years 1971 and 9000: beyond them datetime gives up
_NO_ZONES_OF_OURS = {"Factory", "localtime"}


class BadRange(ValueError):
    """A time range that cannot be answered; the message says why, for people."""


def read_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises BadRange when there is none."""
    if name not in _zone_names():
        raise BadRange(f"Unknown time zone {name[:40]!r}; allowed: IANA names like UTC or Europe/Berlin.")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES_OF_OURS)


def read_moment(text: str, now: float, *, zone: ZoneInfo, last: bool = False) -> float:
    """The epoch second for ``now``, ``now-1h``, ``13h``, ``now-1d/d``, ``yesterday`` or ISO 8601; see read_window.

    What names a span (``/d``, a date alone) is its beginning, or with ``last`` its end, and now while it is under way.
    A wall-clock time that comes twice is its first or, with ``last``, its second coming. Raises BadRange.
    """
    relative = _WORDS.get(text, f"now-{text}" if re.fullmatch(r"[0-9]{1,6}[a-z]|[0-9]{1,6}M", text) else text)
    if _RELATIVE.fullmatch(relative):
        return _relative(relative, now, zone=zone, last=last, written=text)
    try:
        if not _ISO.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        if len(text) == _DATE_LENGTH:
            return _rounded(_midnight(moment.date(), zone), "d", now, zone=zone, last=last)
        return _absolute(moment, zone, last=last)
    except (ValueError, OverflowError):
        raise BadRange(
            f"Time not understood: {text[:40]!r}; allowed: now, now-1h, or ISO 8601 like 2026-01-31T14:00:00Z."
        ) from None


def _absolute(moment: datetime, zone: ZoneInfo, *, last: bool) -> float:
    if moment.tzinfo:
        return moment.timestamp()
    both = [moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]
    return max(both) if last else min(both)


def _relative(text: str, now: float, *, zone: ZoneInfo, last: bool, written: str) -> float:
    moment = now
    for sign, count, unit in re.findall(r"([+/-])([0-9]*)([a-zM])", text.removeprefix("now")):
        if unit not in UNITS:
            raise BadRange(f"Unknown time unit {unit!r} in {written}; allowed: {', '.join(UNITS)}.")
        if sign == "/":
            moment = _rounded(moment, unit, now, zone=zone, last=last)
        elif unit in UNITS_S and not (unit in "dw" and "/" in text):
            moment += int(f"{sign}{count}") * UNITS_S[unit]
        else:
            moment = _calendar(moment, int(f"{sign}{count}"), unit, zone=zone)
        moment = min(max(moment, _EARLIEST), _LATEST)
    return moment


def _calendar(moment: float, count: int, unit: str, *, zone: ZoneInfo) -> float:
    """So many units on by the wall clock: the same time of another day."""
    local = datetime.fromtimestamp(moment, zone)
    try:
        if unit in "dw":
            return (local + timedelta(days=count * UNITS_S[unit] // UNITS_S["d"])).timestamp()
        return datetime.combine(
            _months_on(local.date(), count * (12 if unit == "y" else 1)), local.timetz()
        ).timestamp()
    except (ValueError, OverflowError):
        return _LATEST if count > 0 else _EARLIEST


def _months_on(day: date, months: int) -> date:
    """The same day so many months on; the month's last day where it has not that many."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def _rounded(moment: float, unit: str, now: float, *, zone: ZoneInfo, last: bool) -> float:
    """The beginning of the unit that the moment is in; with ``last`` its end, or now while that is ahead."""
    begin, end = _unit(moment, unit, zone)
    if not last:
        return begin
    return now if begin <= now < end else end


def _unit(moment: float, unit: str, zone: ZoneInfo) -> tuple[float, float]:
    local = datetime.fromtimestamp(moment, zone)
    if unit in "smh":
        offset_s = (local.utcoffset() or timedelta()).total_seconds()
        begin = (moment + offset_s) // UNITS_S[unit] * UNITS_S[unit] - offset_s
        return begin, begin + UNITS_S[unit]
    day = local.date()
    if unit == "d":
        first, following = day, day + timedelta(days=1)
    elif unit == "w":
        first = day - timedelta(days=day.weekday())
        following = first + timedelta(days=7)
    elif unit == "M":
        first = day.replace(day=1)
        following = _months_on(first, 1)
    else:
        first, following = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return _midnight(first, zone), _midnight(following, zone)


def _midnight(day: date, zone: ZoneInfo) -> float:
    """When the day begins; where the clock skips midnight, that is the first moment after it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
