"""Availability of the services: one reading of the scrapes for tables, strips and service levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from statistics import median
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.figures.moments import iso
from app.figures.units import Unit
from app.health.availability import Availability, Pause, Slots, Split, State, split
from app.health.availability import StripCell as Stretch
from app.health.availability import strip as stretches
from app.health.phrases import percent_text, span_text
from app.health.services import SERVICES, service_name
from app.health.status import Status
from app.sources.questions import At, Question, Tally, Told
from app.sources.reaches import Reach
from app.sources.windows import SCRAPE_S, UNITS_S
from app.widgets import platform
from app.widgets.content import Column, Strip, StripRow, Table
from app.widgets.widget import BadArgument, Family, Given, Widget

DAY_S, MONTH_S = 86_400, 30 * 86_400
DAY_STEP_S, MONTH_STEP_S = 60, 300
# The share of the usual scrapes that makes a slot whole.
WHOLE_SLOT = 0.75
_RECORDED = "max(count_over_time(up[$step]))"


def _up(seconds: int, step_s: int) -> Reach:
    """The share of each slot in which some instance answered, looked at once a scrape.

    A subquery has the moments at both of its ends: a second less than the slot leaves the first to the slot before.
    Where a slot has no scrape of the service, what was scraped before it says nothing.
    """
    answered = f"avg_over_time((max by (job) ({platform.UP}))[{step_s - 1}s:{SCRAPE_S}s])"
    return Reach(f"{answered} and max by (job) (count_over_time({platform.UP}[$step]))", seconds=seconds, step_s=step_s)


# The last day by the minute, the last month by five minutes: every window is a part of one of them.
QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "up day": _up(DAY_S, DAY_STEP_S),
        "recorded day": Reach(_RECORDED, seconds=DAY_S, step_s=DAY_STEP_S),
        "up month": _up(MONTH_S, MONTH_STEP_S),
        "recorded month": Reach(_RECORDED, seconds=MONTH_S, step_s=MONTH_STEP_S),
        "maintenance": Told(Tally.MAINTENANCE, about=str(MONTH_S)),
    }
)
# The cells of a strip, by its length: half an hour, three hours, a day.
CELLS = MappingProxyType({"24h": 48, "7d": 56, "30d": 30})
_STATUS = {
    State.UP: Status.HEALTHY,
    State.MAINTENANCE: Status.MAINTENANCE,
    State.UNKNOWN: Status.UNKNOWN,
    State.DOWN: Status.UNHEALTHY,
}


def part(given: Given, service: str, seconds: int) -> Split | None:
    """The last ``seconds`` (30 days at most) of a service by the rules of app/health/availability.py.

    From the answers to QUESTIONS. None when they are not there. While maintenance is unanswered, what was not up is
    unknown: it may have been announced. Time without a scrape is in doubt while nobody says what Prometheus recorded.
    """
    grid, length_s, step_s = ("day", DAY_S, DAY_STEP_S) if seconds <= DAY_S else ("month", MONTH_S, MONTH_STEP_S)
    slots = _slots(given, service, grid=grid, length_s=length_s, step_s=step_s)
    if slots is None:
        return None
    whole = split(slots, None if "maintenance" in given.unanswered else pauses(given))
    if given.unanswered & {f"recorded {grid}", "up month"}:
        whole = replace(whole, doubted=whole.unknown)
    return whole.since(max(0, len(whole.up) - -(-seconds // step_s)))


def available(given: Given, service: str, window: str) -> Availability | None:
    """What a window like ``7d`` was; None when nothing was answered."""
    found = part(given, service, seconds_of(window))
    return None if found is None else found.availability()


def seconds_of(window: str) -> int:
    """The seconds of ``7d``."""
    return int(window[:-1]) * UNITS_S[window[-1]]


def pauses(given: Given) -> tuple[Pause, ...]:
    """Maintenance of the last month, from the answer ``maintenance``."""
    return tuple(
        Pause(row["start"], row["end"], tuple(service_name(name) for name in row["services"]))
        for row in given.rows("maintenance").records()
        if row["state"] != "cancelled"
    )


def summary(time: Availability) -> str:
    """What was not up, as in ``12 min down, 1 h maintenance``; empty when it was up all the time."""
    kinds = ((time.down_s, "down"), (time.maintenance_s, "maintenance"), (time.unknown_s, "unknown"))
    return ", ".join(f"{span_text(seconds)} {word}" for seconds, word in kinds if seconds >= 1)


def _slots(given: Given, service: str, *, grid: str, length_s: int, step_s: int) -> Slots | None:
    """A service's scrapes on a grid; None when they could not be had, or are not on it."""
    up = given.matrix(f"up {grid}")
    times, count = up.times, length_s // step_s
    if f"up {grid}" in given.unanswered or len(times) != count or times[1] - times[0] != step_s:
        return None
    start = float(times[0] - step_s)
    return Slots(
        service,
        start,
        step_s,
        up=_values(given, f"up {grid}", service) or (None,) * count,
        recorded=_recorded(_values(given, f"recorded {grid}") or (None,) * count),
        seen_before=_seen(given, service, start),
    )


def _recorded(scrapes: tuple[float | None, ...]) -> list[bool]:
    """In which slots Prometheus was there: one that it spent half away proves of nobody that he was gone."""
    usual = median([value for value in scrapes if value is not None] or [0.0])
    return [value is not None and value >= WHOLE_SLOT * usual for value in scrapes]


def _values(given: Given, name: str, service: str | None = None) -> tuple[float | None, ...]:
    """The series of a service, or the only one; empty when there is none, or not on the same grid."""
    matrix = given.matrix(name)
    found = (one.values for one in matrix.series if service is None or one.labels.get("job") == service)
    return next(found, ())


def _seen(given: Given, service: str, before: float) -> bool:
    """Whether the service was scraped within the month, before a moment."""
    months = zip(given.matrix("up month").times, _values(given, "up month", service), strict=False)
    return any(value is not None for at, value in months if at <= before)


def _rows(given: Given, window: str) -> Iterator[tuple[str, Split, tuple[Stretch, ...]]]:
    for service in SERVICES:
        if found := part(given, service, seconds_of(window)):
            yield service, found, stretches(found, CELLS[window])


def _draw(given: Given, window: str) -> Strip:
    zone = ZoneInfo(given.window.zone)
    rows = tuple(
        StripRow(
            service,
            tuple((_STATUS[one.state], f"{_span_words(one, zone)}: {one.words(zone)}") for one in cells),
            note=_note(found.availability()),
            href=f"/services/{service}",
        )
        for service, found, cells in _rows(given, window)
    )
    end = given.matrix("up day" if seconds_of(window) <= DAY_S else "up month").times[-1]
    return Strip(rows, end - seconds_of(window), end)


def _note(time: Availability) -> str:
    said = summary(time)
    share = f"{percent_text(time.share)} up" if time.share is not None else "availability unknown"
    return f"{share}; {said}" if said else share


def _span_words(cell: Stretch, zone: tzinfo) -> str:
    """The cell's time, with the day at both ends where it is another."""
    start, end = (datetime.fromtimestamp(moment, zone) for moment in (cell.start, cell.end))
    last = end.strftime("%H:%M" if start.date() == end.date() else "%a %-d %b %H:%M")
    return f"{start.strftime('%a %-d %b %H:%M')} to {last}"


def _table(given: Given, window: str) -> Table:
    kinds = ("up", "down", "unknown", "maintenance")
    columns = (Column("service"), Column("start"), Column("end"), Column("state"))
    rows = tuple(
        (service, iso(one.start), iso(one.end), one.state.value, *(getattr(one.time, f"{kind}_s") for kind in kinds))
        for service, _, cells in _rows(given, window)
        for one in cells
    )
    return Table((*columns, *(Column(kind, Unit.SECONDS) for kind in kinds)), rows)


def strip(window: str) -> Widget:
    """The strip of a window. Raises BadArgument."""
    if window not in CELLS:
        raise BadArgument(f"one of {', '.join(CELLS)} is needed")
    words = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}[window]
    return Widget(
        key=f"availability.strip:{window}",
        title=f"Availability over {words}",
        help="Each cell shows the worst that happened in it. Down: no instance answered its scrape while Prometheus "
        "recorded others. Time in maintenance counts for nothing; unknown time is neither up nor down. The percentage "
        "is up / (up + down), cut and not rounded.",
        source="Prometheus, event store",
        questions={"now": At(platform.UP), **QUESTIONS},
        draw=lambda given: _draw(given, window),
        table=lambda given: _table(given, window),
        metrics=(platform.UP,),
        needed=frozenset({"now", "up day" if seconds_of(window) <= DAY_S else "up month"}),
        columns=12,
        zoned=True,
    )


WIDGETS = ()
FAMILIES = (Family("availability.strip", strip, examples=tuple(CELLS)),)
