"""Which recorded series a query reads, and whether they cover a window as far as raw samples do."""

from __future__ import annotations

import re
from dataclasses import replace

from app.sources.results import Matrix
from app.sources.windows import Window

# Recorded series are told by their colons; those of a subquery stand after a digit.
_NAME = re.compile(r"(?<![\w:\[$])[a-zA-Z_]\w*(?::\w+)+")
# Coverage is looked at in so many slots; rules may begin later than the scrapes by one in twenty of them.
SLOTS, SLACK_SHARE = 48, 20
ANCHOR = "count(up)"
DAY_S = 86_400


def names_in(promql: str) -> tuple[str, ...]:
    """The recorded series that a query reads, each once."""
    return tuple(dict.fromkeys(_NAME.findall(promql)))


def presence(name: str) -> str:
    """PromQL for whether the recorded series is there: within two evaluations, of which one may come late."""
    return f"count(last_over_time({name}[10m]))"


def around(window: Window, now: float) -> Window:
    """The days that the window touches, up to now (epoch seconds): ranges that somebody tries share one look."""
    end = min(-(-window.end // DAY_S) * DAY_S, int(now) // window.step * window.step)
    return replace(window, start=window.start // DAY_S * DAY_S, end=max(end, window.end))


def coarse(window: Window) -> Window:
    """The window in few slots, up to its very end: enough to see where series begin and end."""
    step = max(window.step, -(-window.seconds // SLOTS // window.step) * window.step)
    return replace(window, start=window.end - window.seconds // step * step, step=step)


def covers(series: Matrix, anchor: Matrix, window: Window) -> bool:
    """Whether a series is there in the slots of the window in which anything was scraped, but for a few at its start.

    Where no slot was, raw samples are few, and there may be some in between.
    """
    scraped = sorted(_slots(anchor, window))
    return bool(scraped) and {*scraped[len(scraped) // SLACK_SHARE :]} <= _slots(series, window)


def _slots(matrix: Matrix, window: Window) -> set[int]:
    """The moments of the window at which there is a value."""
    within = [at for at, moment in enumerate(matrix.times) if window.start <= moment <= window.end]
    return {at for one in matrix.series for at in within if one.values[at] is not None}
