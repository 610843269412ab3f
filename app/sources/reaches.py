"""Range queries over a span of their own: a month of availability does not depend on the range a page shows."""

from __future__ import annotations

from dataclasses import dataclass

from app.sources.questions import Over
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
