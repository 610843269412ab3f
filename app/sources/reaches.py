"""Range queries over another span than the page's: a month of availability, or as long before the range."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.sources.questions import PAST_EVERY_S, Over
from app.sources.windows import Window


@dataclass(frozen=True)
class Reach(Over):
    """A range query over the last ``seconds`` before the end of what a page shows, in steps of ``step_s``.

    Point t stands for (t - step, t]: there are ``seconds / step_s`` of them. ``$step`` in the query is ``step_s``.
    """

    seconds: int = 86_400
    step_s: int = 60

    def window(self, asked: Window, now: float) -> Window:
        """The window to ask for instead of the page's; it ends at the last whole step, never after now (epoch s)."""
        latest = int(now) if asked.live else min(asked.end, int(now))
        end = latest // self.step_s * self.step_s
        start = end - self.seconds + self.step_s
        return Window(start, end, self.step_s, live=asked.live, asked=(f"now-{self.seconds}s", "reach"))


@dataclass(frozen=True)
class AsLongBefore(Reach):
    """A range query over the span of the same length that ends where the page's begins, on its grid of steps.

    Whatever the page is compared with. Coverage by recording rules is looked up for that span and not for the page's.
    """

    # Nothing needs to be looked at for it alone: it moves on when the page's range does.
    step_s: int = PAST_EVERY_S

    def window(self, asked: Window, now: float) -> Window:  # noqa: ARG002 - as of every reach
        """The window to ask for instead of the page's."""
        return replace(asked, start=asked.start - asked.seconds, end=asked.start, compare="")
