"""What sources answer: frozen values with the time they are true for, and their form in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Series:
    """One series on the grid of its matrix: a value, or None where there is none (missing is not zero)."""

    labels: Mapping[str, str]
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Series over one grid of ``times`` (epoch seconds, ascending, evenly spaced).

    ``as_of`` is the epoch second the answer is true for. ``total`` counts the series there were before the limit cut.
    """

    times: tuple[int, ...]
    series: tuple[Series, ...]
    as_of: float
    total: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is no value at all."""
        return not any(value is not None for series in self.series for value in series.values)


@dataclass(frozen=True)
class Sample:
    """One value of an instant; None where Prometheus says NaN or infinity."""

    labels: Mapping[str, str]
    value: float | None


@dataclass(frozen=True)
class Vector:
    """The answer to an instant query at ``as_of``."""

    samples: tuple[Sample, ...]
    as_of: float
    warnings: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is no value at all."""
        return not any(sample.value is not None for sample in self.samples)

    def by(self, label: str) -> dict[str, float | None]:
        """Values keyed by a label; series without it are left out."""
        return {sample.labels[label]: sample.value for sample in self.samples if label in sample.labels}

    def scalar(self) -> float | None:
        """The value of the only sample, or None when there is none."""
        return self.samples[0].value if self.samples else None


@dataclass(frozen=True)
class Rows:
    """Rows of the event store; values are JSON values, times epoch seconds."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    as_of: float
    warnings: tuple[str, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether there is no row."""
        return not self.rows

    def records(self) -> list[dict[str, Any]]:
        """The rows as dicts by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


Result = Matrix | Vector | Rows


def encode(result: Result) -> bytes:
    """The cache's form of a result: JSON, so that nothing read back can be code."""
    return orjson.dumps({"kind": type(result).__name__, "value": result})


def decode(raw: bytes) -> Result:
    """The inverse of ``encode``."""
    stored = orjson.loads(raw)
    value = stored["value"]
    warnings = tuple(value["warnings"])
    if stored["kind"] == "Matrix":
        series = tuple(Series(one["labels"], tuple(one["values"])) for one in value["series"])
        return Matrix(tuple(value["times"]), series, value["as_of"], value["total"], warnings)
    if stored["kind"] == "Vector":
        samples = tuple(Sample(one["labels"], one["value"]) for one in value["samples"])
        return Vector(samples, value["as_of"], warnings)
    rows = tuple(tuple(row) for row in value["rows"])
    return Rows(tuple(value["columns"]), rows, value["as_of"], warnings)
