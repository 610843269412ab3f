"""The data behind a card as CSV and JSON, at full resolution."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from app.widgets.content import Column, Table

# A spreadsheet reads a text that begins with one of these as a formula; the last four are full-width signs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_lines(table: Table) -> Iterator[str]:
    """The table as CSV, line by line; units stand in the header, unknown values are empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in ([header(column) for column in table.columns], *table.rows):
        writer.writerow([_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def records(table: Table) -> list[dict[str, Any]]:
    """The rows as objects by column name; unknown values are null."""
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]


def units(table: Table) -> dict[str, str]:
    """The unit of each numeric column by name."""
    return {column.name: column.unit.value for column in table.columns if column.unit is not None}


def header(column: Column) -> str:
    """The column's name with its unit, as in ``p95 [seconds]``."""
    return f"{column.name} [{column.unit.value}]" if column.unit else column.name


def _cell(value: str | float | None) -> str | float:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
