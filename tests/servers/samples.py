"""Samples of metrics for a real Prometheus: written as OpenMetrics text, cut into slices of time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["gauge", "counter", "histogram", "unknown"]
Point = tuple[float, float]
SUFFIXES: Mapping[Kind, tuple[str, ...]] = {
    "gauge": (),
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "unknown": (),
}


@dataclass(frozen=True)
class SampleSeries:
    """One series: metric name, labels, and points (epoch seconds, value) in the order of time."""

    name: str
    labels: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]
    kind: Kind


@dataclass
class Samples:
    """Series to be put into a Prometheus. ``add`` returns the object, so that calls can be joined."""

    series: list[SampleSeries] = field(default_factory=list)

    def add(self, name: str, labels: Mapping[str, str], points: Iterable[Point], kind: Kind = "gauge") -> Samples:
        """Add a series under the name that queries use: counters with ``_total``, histograms' parts with theirs.

        Points are (epoch seconds, value), in any order; values may be NaN or infinite.
        """
        ordered = tuple(sorted(points))
        self.series.append(SampleSeries(name, tuple(sorted(labels.items())), ordered, kind))
        return self

    @property
    def count(self) -> int:
        """How many samples there are."""
        return sum(len(one.points) for one in self.series)

    def slices(self, width_s: int) -> Iterator[Samples]:
        """The samples by span of time, each starting at a multiple of ``width_s``; empty spans are left out."""
        spans: dict[int, Samples] = defaultdict(Samples)
        for one in self.series:
            parts: dict[int, list[Point]] = defaultdict(list)
            for point in one.points:
                parts[math.floor(point[0] / width_s)].append(point)
            for span, points in parts.items():
                spans[span].series.append(SampleSeries(one.name, one.labels, tuple(points), one.kind))
        for span in sorted(spans):
            yield spans[span]

    def openmetrics(self) -> str:
        """The exposition text: each family once, its series together."""
        families: dict[tuple[str, Kind], list[SampleSeries]] = defaultdict(list)
        for one in self.series:
            families[family_of(one.name, one.kind), one.kind].append(one)
        lines: list[str] = []
        for (family, kind), members in sorted(families.items()):
            lines.append(f"# TYPE {family} {kind}")
            lines.extend(line for one in members for line in _lines(one))
        return "\n".join([*lines, "# EOF", ""])


def family_of(name: str, kind: Kind) -> str:
    """The name under which OpenMetrics declares the family of a series."""
    for suffix in SUFFIXES[kind]:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    assert kind != "counter", f"a counter's name ends in _total: {name}"
    return name


def _lines(one: SampleSeries) -> Iterator[str]:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in one.labels)
    head = f"{one.name}{{{labels}}}" if labels else one.name
    for timestamp, value in one.points:
        yield f"{head} {number(value)} {timestamp:.3f}"


def number(value: float) -> str:
    """A value as OpenMetrics writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
