"""Series of a whole stretch as OpenMetrics samples, with the resets and gaps that scraping would have seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation.layout import Child, layout_of
from app.demo.simulation.plan import BY_NAME

Floats = NDArray[np.float64]


def samples(name: str, labels: str, values: Floats, stamps: Sequence[str]) -> str:
    """OpenMetrics lines of one series; ``stamps`` are `` <seconds>\\n`` texts, NaN values are left out."""
    prefix = f"{name}{{{labels}}} "
    missing = np.isnan(values)
    if missing.any():
        kept = np.flatnonzero(~missing)
        values, stamps = values[kept], [stamps[place] for place in kept.tolist()]
    if not len(values):
        return ""
    first = values[0]
    if (values == first).all():
        lead = prefix + _text(first)
        return lead + lead.join(stamps)
    whole = bool((values == np.floor(values)).all())
    texts = values.astype(np.int64).tolist() if whole else np.round(values, 5).tolist()
    return "".join([f"{prefix}{value}{stamp}" for value, stamp in zip(texts, stamps, strict=True)])


class Totals:
    """Turns one instance's numbers into the values Prometheus would have scraped, stretch after stretch."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._layout = layout_of(instance)
        self._carry = np.zeros(self._layout.width)
        self._job_labels = f'job="{BY_NAME[instance].job}",instance="{instance}"'

    def series(
        self, numbers: Floats, *, restarts: Sequence[int], hidden: NDArray[np.bool_]
    ) -> Iterator[tuple[str, str, Floats]]:
        """Name, labels and values of every series; counters begin again at the rows in ``restarts``.

        ``numbers`` has shape (steps, width); rows marked in ``hidden`` were not scraped and become NaN.
        """
        gauges = list(self._layout.gauges)
        totals = self._carry + np.cumsum(numbers, axis=0)
        for row in restarts:
            totals[row:] -= totals[row - 1] if row else self._carry
        totals[:, gauges] = numbers[:, gauges]
        self._carry = totals[-1].copy()
        self._carry[gauges] = 0.0
        totals[hidden] = np.nan
        for child in self._layout.children:
            yield from _expand(child, totals, self._job_labels)


def _expand(child: Child, totals: Floats, job_labels: str) -> Iterator[tuple[str, str, Floats]]:
    labels = f"{job_labels},{child.labels}" if child.values else job_labels
    name, first = child.metric.name, child.column
    if child.metric.kind != "histogram":
        yield name, labels, totals[:, first]
        return
    bounds = child.metric.buckets
    cumulated = np.cumsum(totals[:, first : first + len(bounds) + 1], axis=1)
    for place, bound in enumerate((*bounds, math.inf)):
        yield f"{name}_bucket", f'{labels},le="{_bound(bound)}"', cumulated[:, place]
    yield f"{name}_count", labels, cumulated[:, -1]
    yield f"{name}_sum", labels, totals[:, first + len(bounds) + 1]


def _bound(value: float) -> str:
    # Prometheus writes le as Go formats floats when it ingests: 1 is "1" from prom-client.
    return "+Inf" if value == math.inf else f"{value:g}"


def _text(value: float) -> str:
    return str(int(value)) if value == int(value) else str(round(float(value), 5))
