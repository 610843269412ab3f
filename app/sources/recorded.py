"""Which recorded series a query reads, and whether they cover a window as far as raw samples do."""

from __future__ import annotations

import re
from dataclasses import replace

from app.sources.results import Matrix
from app.sources.windows import Window

# Recorded series are told by their colons; those of a subquery stand after a digit.
_NAME = re.compile(r"(?<![\w:\[$])[a-zA-Z_]\w*(?::\w+)+")
# Coverage is looked at in so many slots; an end may be off by two of them.
SLOTS, SLACK_SLOTS = 48, 2
ANCHOR = "count(up)"


def names_in(promql: str) -> tuple[str, ...]:
    """The recorded series that a query reads, each once."""
    return tuple(dict.fromkeys(_NAME.findall(promql)))


def presence(name: str) -> str:
    """PromQL for whether the recorded series is there."""
    return f"count({name})"


def coarse(window: Window) -> Window:
    """The window in few slots: enough to see where series begin and end."""
    step = max(window.step, -(-window.seconds // SLOTS // window.step) * window.step)
    return replace(window, start=window.start // step * step, end=window.end // step * step, step=step)


def covers(series: Matrix, anchor: Matrix) -> bool:
    """Whether a series begins and ends where scraping does, within the slack. Nothing scraped is covered by nothing."""
    scraped, found = _span(anchor), _span(series)
    if scraped is None:
        return True
    return found is not None and found[0] <= scraped[0] + SLACK_SLOTS and found[1] >= scraped[1] - SLACK_SLOTS


def _span(matrix: Matrix) -> tuple[int, int] | None:
    """The first and last slot with a value."""
    slots = [at for one in matrix.series for at, value in enumerate(one.values) if value is not None]
    return (min(slots), max(slots)) if slots else None
