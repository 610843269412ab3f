"""What may be asked of the sources, as values: equal questions have equal answers, so they can be shared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.sources.windows import SCRAPE_S, Window


@dataclass(frozen=True)
class Over:
    """A range query over the window. ``$rate`` in it becomes the window's rate range, ``$step`` its step."""

    promql: str


@dataclass(frozen=True)
class At:
    """An instant query at the window's end. ``$rate`` is a fixed five minutes, ``$range`` the window's length.

    ``every_s`` is how often the answer changes: dear questions over long ranges need not be asked at every scrape.
    """

    promql: str
    every_s: int = SCRAPE_S

    def instant(self, window: Window, now: float) -> int:
        """The epoch second to ask for: the same for everyone who asks within ``every_s``, never after now."""
        latest = int(now) // self.every_s * self.every_s
        return latest if window.live else min(window.end, latest)


class Tally(StrEnum):
    """A named question to the event store; the SQL stays in ``sources/events.py``."""

    RUN_COUNTS = "run-counts"
    RUNS_ENDED = "runs-ended"
    LAST_STARTS = "last-starts"


Question = Over | At | Tally
NOW_RATE_S = 300


def expand(promql: str, window: Window, *, rate_s: int) -> str:
    """The query with its durations filled in; only numbers of ours ever enter it."""
    return (
        promql.replace("$rate", f"{rate_s}s")
        .replace("$step", f"{window.step}s")
        .replace("$range", f"{window.seconds}s")
    )
