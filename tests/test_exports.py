"""Files for spreadsheets and programs: whole, with units, and never a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app import exports
from app.figures.units import Unit
from app.widgets.content import Column, Table


def rows_of(*rows: tuple[str | float | None, ...], columns: tuple[Column, ...] = (Column("name"),)) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(exports.csv_lines(Table(columns, rows))))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_quoted(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    assert rows_of((text,))[1] == [f"'{text}"]


@pytest.mark.parametrize(
    "text", ["api", "a=b", "1-2", "", " plain", "'already", 'say "hi", twice', "two\nlines", "ü €"]
)
def test_other_text_is_as_it_was(text: str) -> None:
    assert rows_of((text, "end"), columns=(Column("a"), Column("b")))[1] == [text, "end"]


@pytest.mark.parametrize("number", [-1.5, -3, 0, 0.1, 1e-9, 123456789.123, -0.0, 1e300])
def test_numbers_stay_numbers(number: float) -> None:
    ((shown,),) = rows_of((number,), columns=(Column("n", Unit.COUNT),))[1:]
    assert not shown.startswith("'")
    assert float(shown) == number


def test_the_unknown_is_empty_and_not_zero() -> None:
    columns = (Column("a", Unit.SECONDS), Column("b", Unit.SECONDS))
    assert rows_of((None, 0.0), columns=columns)[1] == ["", "0.0"]


def test_units_stand_in_the_header() -> None:
    columns = (Column("time"), Column("p95", Unit.SECONDS), Column("cpu", Unit.SHARE))
    assert rows_of(columns=columns) == [["time", "p95 [seconds]", "cpu [share]"]]
    assert exports.units(Table(columns, ())) == {"p95": "seconds", "cpu": "share"}


def test_a_hostile_column_name_is_quoted_too() -> None:
    assert rows_of(columns=(Column('=HYPERLINK("http://x")'),)) == [['\'=HYPERLINK("http://x")']]


def test_records_keep_values_and_nulls() -> None:
    table = Table((Column("time"), Column("p95", Unit.SECONDS)), (("t", 0.123456789), ("u", None)))
    assert exports.records(table) == [{"time": "t", "p95": 0.123456789}, {"time": "u", "p95": None}]


def test_lines_come_one_by_one() -> None:
    table = Table((Column("n", Unit.COUNT),), tuple((number,) for number in range(1_000)))
    lines = exports.csv_lines(table)
    assert next(lines) == "n [count]\r\n"
    assert next(lines) == "0\r\n"
    assert sum(1 for _ in lines) == 999


@given(st.lists(st.tuples(st.text(), st.none() | st.floats(allow_nan=False, allow_infinity=False)), max_size=5))
def test_any_table_can_be_read_back(rows: list[tuple[str, float | None]]) -> None:
    text = "".join(exports.csv_lines(Table((Column("a"), Column("b", Unit.COUNT)), tuple(rows))))
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(read) == len(rows)
    for (name, number), (shown, digits) in zip(rows, read, strict=True):
        assert shown in (name, f"'{name}")
        assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert (float(digits) if digits else None) == number
