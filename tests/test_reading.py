"""Lists that are being read: the browser's words are read with care, and new rows are counted by what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.health.status import Status
from app.reading import MOST_LISTS, MOST_ROWS, Reading, new_rows, reading
from app.ui.render import render
from app.widgets.content import Cell, Grid

ROWS = tuple((Cell("", moment=at), Cell(f"run {at}"), Cell("3 min", numeric=True)) for at in range(5))
LIST = Grid(("When", "Run", "After"), ROWS)


def names(grid: Grid) -> frozenset[bytes]:
    """What a browser names the rows of a table."""
    body = render(grid)
    return frozenset(part[:8] for part in body.split(b'"data-row":"')[1:])


def test_rows_that_came_are_counted_and_those_that_left_are_not() -> None:
    assert len(names(LIST)) == 5
    assert new_rows(render(LIST), names(replace(LIST, rows=ROWS[2:]))) == 2
    assert new_rows(render(replace(LIST, rows=ROWS[2:])), names(LIST)) == 0


def test_numbers_and_statuses_change_in_place() -> None:
    before = Grid(
        ("Service", "Status", "CPU"), ((Cell("api"), Cell("", status=Status.HEALTHY), Cell("1 %", numeric=True)),)
    )
    after = Grid(
        ("Service", "Status", "CPU"), ((Cell("api"), Cell("", status=Status.DEGRADED), Cell("9 %", numeric=True)),)
    )
    assert render(before) != render(after)
    assert new_rows(render(after), names(before)) == 0


def test_a_row_without_words_is_a_row() -> None:
    assert new_rows(render(Grid(("CPU",), ((Cell("1 %", numeric=True),),))), frozenset()) == 1


@pytest.mark.parametrize(
    "given", [None, 7, "x", [], {}, {"asked": "now-1h now "}, {"asked": 7, "lists": {}}, {"asked": "", "lists": [1]}]
)
def test_what_is_no_reading_is_none(given: Any) -> None:
    assert reading(given) == Reading()


def test_the_browsers_words_are_bounded() -> None:
    rows = ["0" * 8, 7, None, "ä", *(f"{number:08x}" for number in range(9_999))]
    found = reading({"asked": "now-1h now ", "lists": {"a": rows, "b": "x", **{f"c{one}": [] for one in range(99)}}})
    assert found.asked == "now-1h now "
    assert len(found.rows) < MOST_LISTS
    assert 0 < len(found.rows["a"]) <= MOST_ROWS
    assert b"00000000" in found.rows["a"]
