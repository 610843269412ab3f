"""What a card can hold, as values: the markup is made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.figures.units import Unit
from app.health.status import Status


@dataclass(frozen=True)
class Chart:
    """A plotly figure as a plain dict."""

    figure: dict[str, Any]


@dataclass(frozen=True)
class Number:
    """One large number: its text and unit, and a quiet note."""

    label: str
    text: str
    suffix: str = ""
    note: str = ""
    alarming: bool = False


@dataclass(frozen=True)
class Numbers:
    """Numbers side by side."""

    items: tuple[Number, ...]


@dataclass(frozen=True)
class Badge:
    """A status with its reason in words; ``target`` is the key of the card that shows more."""

    status: Status
    reason: str
    target: str
    facts: tuple[Number, ...]


@dataclass(frozen=True)
class Cell:
    """A table cell: text with a quiet note, right-aligned when a number, with a status mark where it has one."""

    text: str
    numeric: bool = False
    status: Status | None = None
    note: str = ""


@dataclass(frozen=True)
class Grid:
    """A table of few rows, shown whole."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


Content = Chart | Numbers | Badge | Grid


@dataclass(frozen=True)
class Column:
    """A column of exported data; ``unit`` None for text and times."""

    name: str
    unit: Unit | None = None


@dataclass(frozen=True)
class Table:
    """The data behind a card at full resolution: unscaled values, None where unknown, times as ISO 8601 UTC."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
