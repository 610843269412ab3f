"""What may be asked of the sources, as values: equal questions have equal answers, so they can be shared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.sources.windows import SCRAPE_S, Window

# From this step on, a question is answered from recorded series where there are any.
RECORDED_FROM_S = 300
PAST_STEP_S, PAST_DAYS, PAST_EVERY_S = 1_800, 28, 6 * 3_600
NOW_RATE_S = 300


@dataclass(frozen=True)
class Over:
    """A range query over the window. ``$rate`` in it becomes the window's rate range, ``$step`` its step.

    ``recorded`` asks the same of recording rules. It is used for long steps, when the rules cover the window.
    """

    promql: str
    recorded: str = ""


@dataclass(frozen=True)
class Earlier:
    """The same, as long before as the window is compared with; on the window's own grid of steps."""

    question: Over


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


@dataclass(frozen=True)
class Past:
    """A range query over the last weeks whatever the page's range, for what is usual: coarse, and kept for hours.

    Nobody waits for it: a card is drawn without what is usual until the answer is there.
    """

    promql: str
    recorded: str = ""
    step_s: int = PAST_STEP_S
    days: int = PAST_DAYS

    def window(self, now: float) -> Window:
        """The weeks before the last quarter of a day."""
        end = int(now) // PAST_EVERY_S * PAST_EVERY_S
        start = end - self.days * 86_400
        return Window(start, end, self.step_s, live=False, asked=(f"now-{self.days}d", "past"))


class Tally(StrEnum):
    """A named question to a store; its SQL stays with the store."""

    RUN_COUNTS = "run-counts"
    RUNS_ENDED = "runs-ended"
    RUNS_COMPARED = "runs-compared"
    LAST_STARTS = "last-starts"
    MARKS = "marks"
    EVENTS = "events"
    STEPS_FAILING = "steps-failing"
    RUNS_FAILED = "runs-failed"
    CALLS_FAILED = "calls-failed"
    MAINTENANCE = "maintenance"
    ALERTS_FIRING = "alerts-firing"


@dataclass(frozen=True)
class Told:
    """A named question with what it is about, a service's name for one."""

    tally: Tally
    about: str = ""


Question = Over | Earlier | At | Past | Told


def expand(promql: str, window: Window, *, rate_s: int) -> str:
    """The query with its durations filled in; only numbers of ours ever enter it."""
    return (
        promql.replace("$rate", f"{rate_s}s")
        .replace("$step", f"{window.step}s")
        .replace("$range", f"{window.seconds}s")
    )
