"""The page's time range: read from text, checked, and rounded so that everyone asks the same question."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.sources.moments import LIVE, UNITS_S, BadRange, read_moment, read_zone

__all__ = [
    "COMPARISONS",
    "DEFAULT_FROM",
    "EXPORT_POINTS",
    "LONGEST_TEXT",
    "PAST_RATE_S",
    "POINTS",
    "PRESETS",
    "RETENTION_S",
    "SCRAPE_S",
    "SHORTEST_S",
    "STEPS_S",
    "UNITS_S",
    "BadRange",
    "Window",
    "read_window",
    "step_for",
]

SCRAPE_S = 15
RETENTION_S = 30 * 86_400
SHORTEST_S = 60
POINTS = 360
EXPORT_POINTS = 10_000
PAST_RATE_S = 300
LONGEST_TEXT = 40
STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400)
PRESETS = ("15m", "1h", "6h", "24h", "7d", "30d")
COMPARISONS = ("previous", "week")
DEFAULT_FROM = "now-1h"
_CLOCK_SLACK_S = 60


@dataclass(frozen=True)
class Window:
    """A time range in epoch seconds; ``start`` and ``end`` are multiples of ``step`` (seconds).

    ``live`` says that its end is now, and ``end`` then the last whole step before it. A fixed range is widened to whole
    steps, so that nothing of it is lost. ``asked`` is the range as the user wrote it, ``zone`` the IANA name of the
    time zone in which it was read, ``compare`` what it is compared with: nothing, the ``previous`` span, last ``week``.
    """

    start: int
    end: int
    step: int
    live: bool
    asked: tuple[str, str]
    zone: str = "UTC"
    compare: str = ""

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def rate_s(self) -> int:
        """The range for ``rate()``: four scrapes at least, so that one missed scrape leaves no hole.

        Past ranges take five minutes at least: what is kept for long is often kept with fewer samples. So does a range
        that is compared with one: a smoother curve beside a rougher one would look calmer than it was.
        """
        return max(self.step, 4 * SCRAPE_S if self.live and not self.compare else PAST_RATE_S)

    @property
    def preset(self) -> bool:
        """Whether it is one of the ranges that everybody is offered, at the step that everybody sees."""
        offered = self.live and self.asked[0].removeprefix("now-") in PRESETS and self.asked[1] == "now"
        return offered and self.step >= step_for(self.seconds)

    @property
    def times(self) -> tuple[int, ...]:
        """The grid: both ends included."""
        return tuple(range(self.start, self.end + 1, self.step))

    @property
    def id(self) -> str:
        """The same for everyone who looks at the same range at the same time, whatever their time zone.

        What is drawn by the hour of the day has to add ``zone`` to it.
        """
        return f"{self.grid}-{self.compare}{self.shifted_s}" if self.compare else self.grid

    @property
    def grid(self) -> str:
        """The same for all ranges with the same moments, whatever they are compared with."""
        return f"{self.start}-{self.end}-{self.step}"

    @property
    def shifted_s(self) -> int:
        """How far back the comparison lies, a multiple of the step; 0 without one. Its beginning may not be kept.

        Last week is seven days by the wall clock at the range's middle, so that 09:00 is compared with 09:00 when the
        clock was changed between them; to the nearest step where that is longer than the change.
        """
        if self.compare == "previous":
            return self.seconds
        if self.compare != "week":
            return 0
        middle = (self.start + self.end) / 2
        before = datetime.fromtimestamp(middle, ZoneInfo(self.zone)) - timedelta(days=7)
        return round((middle - before.timestamp()) / self.step) * self.step

    @property
    def finest(self) -> Window:
        """The same span as finely as it is exported: ``EXPORT_POINTS`` points at most, never finer than a scrape."""
        return replace(self, step=step_for(self.seconds, EXPORT_POINTS - 1))


def read_window(
    from_text: str | None,
    to_text: str | None,
    now: float,
    *,
    zone: str = "UTC",
    compare: str = "",
    kept_s: int = RETENTION_S,
) -> Window:
    """The window for a range as text, read in a time zone (IANA name).

    Understood are ``now``, ``now-90m`` or ``90m`` (units s m h d w M y), ``now/d`` and ``now-1w/w`` (the unit's
    beginning in ``from``, its end in ``to``, now while that is ahead; weeks begin on Monday), sums like
    ``now-1d/d+6h``, ``today``, ``yesterday``, a date (all of that day), and ISO 8601 (in ``zone`` where it names none).
    A day or week is 24 or 168 hours, but a calendar day or week in a text that rounds. Metrics go back ``kept_s``.

    Raises BadRange when it is not understood, reversed, in the future, too short, or beyond what is kept.
    """
    if compare and compare not in COMPARISONS:
        raise BadRange(f"Unknown comparison {compare[:40]!r}; allowed: {', '.join(COMPARISONS)}.")
    start_text, end_text = (from_text or DEFAULT_FROM).strip(), (to_text or "now").strip()
    start, end = _ends(start_text, end_text, now, zone=read_zone(zone))
    if start < now - kept_s - _CLOCK_SLACK_S:
        raise BadRange(f"Metrics are kept for {_length(kept_s)}; the range begins before that: {start_text}.")
    step, live = step_for(end - start), bool(LIVE.fullmatch(end_text))
    return Window(
        start=int(start) // step * step,
        end=int(end) // step * step if live else -(-math.ceil(end) // step) * step,
        step=step,
        live=live,
        asked=(start_text, end_text),
        zone=zone,
        compare=compare,
    )


def step_for(seconds: float, points: int = POINTS) -> int:
    """The finest offered step that gives at most so many points; never finer than a scrape."""
    return next((step for step in STEPS_S if seconds / step <= points), STEPS_S[-1])


def _ends(start_text: str, end_text: str, now: float, *, zone: ZoneInfo) -> tuple[float, float]:
    if longer := [text for text in (start_text, end_text) if len(text) > LONGEST_TEXT]:
        raise BadRange(
            f"Time not understood: {longer[0][:LONGEST_TEXT]!r} and more; {LONGEST_TEXT} characters at most."
        )
    start, end = read_moment(start_text, now, zone=zone), read_moment(end_text, now, zone=zone, last=True)
    if LIVE.fullmatch(start_text) and start_text != "now" and end == now:
        start = min(start, end - SHORTEST_S)  # a day or an hour that has just begun
    if start >= end:
        raise BadRange(f"The range is reversed or empty: from {start_text} to {end_text}.")
    if end > now + _CLOCK_SLACK_S:
        raise BadRange(f"The range ends in the future: {end_text}.")
    if end - start < SHORTEST_S:
        raise BadRange(f"The range is shorter than {SHORTEST_S} s: from {start_text} to {end_text}.")
    return start, end


def _length(seconds: int) -> str:
    unit_s, word = (86_400, "day") if seconds >= 86_400 else (3_600, "hour")
    count = seconds // unit_s
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
