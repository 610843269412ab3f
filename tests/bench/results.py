"""Rows of the budget with what was measured, as a table for people and as JSON for comparison."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path("bench-results")
_HEAD = ("what", "measured", "reference", "ratio", "target", "met")


@dataclass(frozen=True)
class Row:
    """One line of the budget.

    ``measured`` and ``reference`` are in ``unit``, taken in the same run; ``ratio`` is the first over the second.
    ``target`` is the budget's words, ``met`` None where there is nothing to hold it to. ``details`` are for readers
    of the JSON.
    """

    what: str
    measured: float
    unit: str
    target: str = ""
    met: bool | None = None
    reference: float | None = None
    reference_name: str = ""
    ratio: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


def table(rows: Sequence[Row]) -> str:
    """The rows under each other, aligned."""
    lines = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def save(rows: Sequence[Row], *, quick: bool, seconds: float) -> Path:
    """Writes the run into FOLDER and returns the file."""
    FOLDER.mkdir(exist_ok=True)
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    run = {
        "at": at,
        "quick": quick,
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
        "rows": [asdict(row) for row in rows],
    }
    path = FOLDER / f"{at}.json"
    path.write_text(json.dumps(run, indent=1))
    return path


def _cells(row: Row) -> tuple[str, ...]:
    reference = "" if row.reference is None else f"{_short(row.reference)} {row.reference_name}"
    ratio = "" if row.ratio is None else f"{_short(row.ratio)} x"
    met = {True: "yes", False: "NO", None: "-"}[row.met]
    return (row.what, f"{_short(row.measured)} {row.unit}".strip(), reference, ratio, row.target, met)


def _short(value: float) -> str:
    """Three significant digits, without exponents."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
