"""The metrics of one service process: numbers by column, rendered as text format 0.0.4."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby
from threading import Lock

from app.demo.simulation.layout import Child, layout_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Registry:
    """Counters, gauges and histograms of an instance; may be read while it is written."""

    def __init__(self, instance: str) -> None:
        self._layout = layout_of(instance)
        self._values = [0.0] * self._layout.width
        self._lock = Lock()
        for column in self._layout.gauges:
            self._values[column] = math.nan

    def apply(self, added: Iterable[tuple[int, float]], levels: Iterable[tuple[int, float | None]]) -> None:
        """Add to counters and histogram columns, and set gauges (None: no longer exposed)."""
        with self._lock:
            for column, amount in added:
                self._values[column] += amount
            for column, level in levels:
                self._values[column] = math.nan if level is None else level

    def set(self, value: float, metric: str, *labels: str) -> None:
        """Set one gauge. KeyError when the instance does not have it."""
        with self._lock:
            self._values[self._layout.column[(metric, *labels)]] = value

    def add(self, amount: float, metric: str, *labels: str) -> None:
        """Add to one counter. KeyError when the instance does not have it."""
        with self._lock:
            self._values[self._layout.column[(metric, *labels)]] += amount

    def render(self) -> str:
        """The whole exposition, families in declared order with help and type."""
        with self._lock:
            values = list(self._values)
        lines: list[str] = []
        for metric, children in groupby(self._layout.children, key=lambda child: child.metric):
            lines.append(f"# HELP {metric.name} {metric.help}")
            lines.append(f"# TYPE {metric.name} {metric.kind}")
            for child in children:
                lines.extend(_histogram(child, values) if metric.kind == "histogram" else _single(child, values))
        return "\n".join(lines) + "\n"


def _single(child: Child, values: list[float]) -> list[str]:
    value = values[child.column]
    if math.isnan(value):
        return []
    labels = f"{{{child.labels}}}" if child.values else ""
    return [f"{child.metric.name}{labels} {_number(value)}"]


def _histogram(child: Child, values: list[float]) -> list[str]:
    name, labels, total = child.metric.name, child.labels, 0.0
    lines = []
    lead = f"{labels}," if labels else ""
    for place, bound in enumerate((*child.metric.buckets, math.inf)):
        total += values[child.column + place]
        le = "+Inf" if bound == math.inf else f"{bound:g}"
        lines.append(f'{name}_bucket{{{lead}le="{le}"}} {_number(total)}')
    braces = f"{{{labels}}}" if labels else ""
    lines.append(f"{name}_sum{braces} {_number(values[child.column + len(child.metric.buckets) + 1])}")
    lines.append(f"{name}_count{braces} {_number(total)}")
    return lines


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))
