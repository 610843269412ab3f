"""What the platform did in a stretch of time: numbers, log lines, events and workflow runs."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation.layout import layout_of
from app.demo.simulation.plan import BY_NAME, NAMES
from app.demo.simulation.records import Event, Line, RunRow
from app.demo.simulation.vocabulary import ERROR_TYPES, label


@dataclass
class Activity:
    """The outcome of advancing the world over steps that end at ``times`` (epoch seconds, ascending).

    ``numbers[instance]`` has shape (steps, layout width): increments of counters and histogram columns, and for gauges
    the value at the end of the step (NaN: not exposed).  Lines are kept only from ``lines_from`` on.
    """

    start: float
    times: NDArray[np.float64]
    lines_from: float = 0.0
    numbers: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    runs: dict[str, RunRow] = field(default_factory=dict)
    restarts: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ends: list[float] = self.times.tolist()
        self._last = len(self._ends) - 1
        self._columns = {name: layout_of(name).column for name in NAMES}
        self.numbers = {name: np.zeros((len(self._ends), layout_of(name).width)) for name in NAMES}

    @property
    def durations(self) -> NDArray[np.float64]:
        """Length of each step in seconds."""
        return np.diff(self.times, prepend=self.start)

    def count(self, instance: str, t: float, metric: str, *labels: str, by: float = 1.0) -> None:
        """Add to a counter, or shift a gauge that the engine keeps, at time ``t``."""
        row = min(bisect_left(self._ends, t), self._last)
        self.numbers[instance][row, self._columns[instance][(metric, *labels)]] += by

    def observe(self, instance: str, t: float, metric: str, *labels: str, value: float) -> None:
        """Put one value (seconds) into a histogram."""
        row = min(bisect_left(self._ends, t), self._last)
        base = self._columns[instance][(metric, *labels)]
        buckets = _BUCKETS[metric]
        numbers = self.numbers[instance]
        numbers[row, base + bisect_left(buckets, value)] += 1.0
        numbers[row, base + len(buckets) + 1] += value

    def base(self, instance: str, metric: str, *labels: str) -> int:
        """The number of the first column of a child."""
        return self._columns[instance][(metric, *labels)]

    def column(self, instance: str, metric: str, *labels: str) -> NDArray[np.float64]:
        """A view of one column over all steps."""
        return self.numbers[instance][:, self._columns[instance][(metric, *labels)]]

    def error(self, instance: str, t: float, error_type: str) -> None:
        """Count an error of a declared type; a service that does not have the type counts it as internal."""
        name = error_type if BY_NAME[instance].job in ERROR_TYPES[error_type].jobs else "internal_error"
        declared = ERROR_TYPES[name]
        self.count(instance, t, "tamma_errors_total", name, declared.severity, declared.component)

    def line(self, instance: str, t: float, level: str, message: str, fields: dict[str, Any]) -> None:
        """Write one log line."""
        if t >= self.lines_from:
            self.lines.append(Line(t, instance, level, message, fields))

    def event(self, instance: str, t: float, kind: str, tags: dict[str, str], data: dict[str, Any]) -> None:
        """Append one event and count it."""
        self.events.append(Event(t, instance, kind, tags, data))
        self.count(instance, t, "tamma_events_written_total", label(kind), "postgresql")


def _buckets() -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for name in NAMES:
        found.update({c.metric.name: c.metric.buckets for c in layout_of(name).children})
    return found


_BUCKETS = _buckets()
