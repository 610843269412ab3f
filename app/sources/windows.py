"""The page's time range: read from text, checked, and rounded so that everyone asks the same question."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime

SCRAPE_S = 15
RETENTION_S = 30 * 86_400
SHORTEST_S = 60
POINTS = 360
PAST_RATE_S = 300
LONGEST_TEXT = 40
# Dates with time and zone where they are given; what fromisoformat reads besides is not ISO 8601.
_ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
STEPS_S = (15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400)
PRESETS = ("15m", "1h", "6h", "24h", "7d", "30d")
DEFAULT_FROM = "now-1h"
_CLOCK_SLACK_S = 60


class BadRange(ValueError):
    """A time range that cannot be answered; the message says why, for people."""


@dataclass(frozen=True)
class Window:
    """A time range in epoch seconds; ``start`` and ``end`` are multiples of ``step`` (seconds).

    ``live`` says that its end is now, and ``end`` then the last whole step before it. A fixed range is widened to whole
    steps, so that nothing of it is lost. ``asked`` is the range as the user wrote it.
    """

    start: int
    end: int
    step: int
    live: bool
    asked: tuple[str, str]

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def rate_s(self) -> int:
        """The range for ``rate()``: four scrapes at least, so that one missed scrape leaves no hole.

        Past ranges take five minutes at least: what is kept for long is often kept with fewer samples.
        """
        return max(self.step, 4 * SCRAPE_S if self.live else PAST_RATE_S)

    @property
    def preset(self) -> bool:
        """Whether it is one of the ranges that everybody is offered."""
        return self.live and self.asked[0].removeprefix("now-") in PRESETS

    @property
    def times(self) -> tuple[int, ...]:
        """The grid: both ends included."""
        return tuple(range(self.start, self.end + 1, self.step))

    @property
    def id(self) -> str:
        """The same for everyone who looks at the same range at the same time."""
        return f"{self.start}-{self.end}-{self.step}"


def read_window(from_text: str | None, to_text: str | None, now: float) -> Window:
    """The window for a range as text: ``now``, ``now-1h``, ``1h``, or ISO 8601 (UTC where no zone is given).

    Raises BadRange when it is not understood, reversed, in the future, too short, or beyond what is kept.
    """
    start_text, end_text = (from_text or DEFAULT_FROM).strip(), (to_text or "now").strip()
    if longer := [text for text in (start_text, end_text) if len(text) > LONGEST_TEXT]:
        raise BadRange(
            f"Time not understood: {longer[0][:LONGEST_TEXT]!r} and more; {LONGEST_TEXT} characters at most."
        )
    start, end = _moment(start_text, now), _moment(end_text, now)
    if start >= end:
        raise BadRange(f"The range is reversed or empty: from {start_text} to {end_text}.")
    if end > now + _CLOCK_SLACK_S:
        raise BadRange(f"The range ends in the future: {end_text}.")
    if end - start < SHORTEST_S:
        raise BadRange(f"The range is shorter than {SHORTEST_S} s: from {start_text} to {end_text}.")
    if start < now - RETENTION_S - _CLOCK_SLACK_S:
        raise BadRange(
            f"Metrics are kept for {RETENTION_S // 86_400} days; the range begins before that: {start_text}."
        )
    step, live = step_for(end - start), end_text == "now"
    return Window(
        start=int(start) // step * step,
        end=int(end) // step * step if live else -(-math.ceil(end) // step) * step,
        step=step,
        live=live,
        asked=(start_text, end_text),
    )


def step_for(seconds: float) -> int:
    """The finest offered step that gives at most ``POINTS`` points; never finer than a scrape."""
    return next((step for step in STEPS_S if seconds / step <= POINTS), STEPS_S[-1])


def _moment(text: str, now: float) -> float:
    if text == "now":
        return now
    if relative := re.fullmatch(r"(?:now-)?([0-9]{1,6})([a-z])", text):
        unit = UNITS_S.get(relative[2])
        if unit is None:
            raise BadRange(f"Unknown time unit {relative[2]!r} in {text}; allowed: {', '.join(UNITS_S)}.")
        return now - int(relative[1]) * unit
    try:
        if not _ISO.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadRange(
            f"Time not understood: {text[:40]!r}; allowed: now, now-1h, or ISO 8601 like 2026-01-31T14:00:00Z."
        ) from None
