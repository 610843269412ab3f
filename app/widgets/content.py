"""What a card can hold, as values: the markup is made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.figures.units import Unit
from app.health.status import Status


@dataclass(frozen=True)
class Chart:
    """A plotly figure as a plain dict; ``remarks`` say what of the answer it does not show."""

    figure: dict[str, Any]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """One large number: its text and unit, and a quiet note.

    ``href`` leads to what it is made of. ``spark`` is its course over the window, None where unknown. ``change`` is
    its change against as long before, in words with a sign, and ``better`` what that means, None when it means neither.
    """

    label: str
    text: str
    suffix: str = ""
    note: str = ""
    alarming: bool = False
    href: str = ""
    spark: tuple[float | None, ...] = ()
    change: str = ""
    better: bool | None = None


@dataclass(frozen=True)
class Numbers:
    """Numbers side by side."""

    items: tuple[Number, ...]


@dataclass(frozen=True)
class Badge:
    """A status with its reason in words; ``href`` leads to what shows more."""

    status: Status
    reason: str
    href: str
    facts: tuple[Number, ...]


@dataclass(frozen=True)
class Cell:
    """A table cell: text with a quiet note, right-aligned when a number, with a status mark where it has one.

    ``href`` is an address of ours. ``moment`` (epoch seconds) is shown by the browser, in the viewer's time zone.
    """

    text: str
    numeric: bool = False
    status: Status | None = None
    note: str = ""
    href: str = ""
    moment: float | None = None


@dataclass(frozen=True)
class Grid:
    """A table of few rows, shown whole; ``remark`` says how many there are besides, or that there are none."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    remark: str = ""


@dataclass(frozen=True)
class Mark:
    """Something that happened, shown on every chart: ``start`` and ``end`` in epoch seconds, no end for a moment."""

    start: float
    end: float | None
    kind: str  # deploy, workflow, alert or maintenance
    text: str
    href: str = ""


@dataclass(frozen=True)
class Marks:
    """What happened in the page's range; it has no card of its own. ``remark`` says what of it is left out."""

    items: tuple[Mark, ...]
    remark: str = ""


@dataclass(frozen=True)
class Strip:
    """A course of health: rows of equally long cells, each a status with words on it."""

    rows: tuple[StripRow, ...]
    start: int
    end: int


@dataclass(frozen=True)
class StripRow:
    """One subject's cells from start to end; ``note`` stands at its end, a share for one."""

    name: str
    cells: tuple[tuple[Status, str], ...]
    note: str = ""
    href: str = ""


Content = Chart | Numbers | Badge | Grid | Marks | Strip


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
