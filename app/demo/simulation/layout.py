"""Where each series of an instance lies in the rows of numbers that travel through the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.demo.simulation.catalogue import METRICS, Metric
from app.demo.simulation.labelsets import combinations


@dataclass(frozen=True)
class Child:
    """One label combination of a metric; its numbers start at ``column``.

    A histogram takes a column for each bucket's own (not cumulated) count, one for +Inf, one for the sum.
    """

    metric: Metric
    values: tuple[str, ...]
    column: int

    @property
    def labels(self) -> str:
        """``key="value"`` pairs joined by commas; empty without labels. Values need no escape: they are sanitised."""
        return ",".join(f'{key}="{value}"' for key, value in zip(self.metric.labels, self.values, strict=True))


@dataclass(frozen=True)
class Layout:
    """All children of one instance, in the order of exposition, and the number of columns."""

    children: tuple[Child, ...]
    width: int
    column: Mapping[tuple[str, ...], int]
    gauges: tuple[int, ...]

    @property
    def series(self) -> int:
        """How many series Prometheus sees."""
        return sum(len(c.metric.buckets) + 3 if c.metric.kind == "histogram" else 1 for c in self.children)


@lru_cache(maxsize=16)
def layout_of(instance: str) -> Layout:
    """The layout of a named instance. KeyError for a name that is not in the plan."""
    children: list[Child] = []
    width = 0
    for name, values in combinations(instance):
        metric = METRICS[name]
        children.append(Child(metric, values, width))
        width += metric.width
    return Layout(
        children=tuple(children),
        width=width,
        column={(c.metric.name, *c.values): c.column for c in children},
        gauges=tuple(c.column for c in children if c.metric.kind == "gauge"),
    )
