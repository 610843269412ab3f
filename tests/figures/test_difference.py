"""What changed of a picture, against putting it together again."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.differences import Differences
from app.figures.difference import difference
from app.figures.series import Line, Usual, time_series
from app.figures.units import Unit

VALUES = (
    st.none() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False, width=32) | st.text(max_size=3)
)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


def applied(picture: Any, changes: list[list[Any]]) -> Any:
    """As assets/moved.js does it."""
    found = copy.deepcopy(picture)
    for path, *change in changes:
        holder: dict[Any, Any] = {"root": found}
        last: Any = "root"
        for step in path:
            holder, last = holder[last], step
        holder[last] = change[0] if len(change) == 1 else holder[last][change[0] : change[0] + change[1]] + change[2]
        found = holder["root"] if not path else found
    return found


@given(JSON, JSON)
def test_the_changes_make_the_one_of_the_other(old: Any, new: Any) -> None:
    assert json.dumps(applied(old, difference(old, new))) == json.dumps(new)


@given(
    st.lists(st.none() | st.integers(0, 9), min_size=8, max_size=300),
    st.integers(0, 20),
    st.lists(st.integers(0, 9), max_size=8),
)
def test_a_row_that_moves_on_is_made_again(row: list[int | None], moved: int, tail: list[int]) -> None:
    new = row[moved:] + tail
    assert applied({"y": row}, difference({"y": row}, {"y": new})) == {"y": new}


def figure(end: int, *, marked: tuple[int, ...] = ()) -> dict[str, Any]:
    """Two curves over an hour that ends at ``end``, each value told by its moment."""
    times = range(end - 3_600, end + 1, 15)
    values = tuple(float(at // 15 % 977) for at in times)
    usual = Usual(tuple(one - 1 for one in values), tuple(one + 1 for one in values), marked)
    lines = [Line("api", values, usual), Line("workers", tuple(2 * one for one in values))]
    made: dict[str, Any] = json.loads(json.dumps(time_series(lines, times, revision="r", unit=Unit.COUNT)))
    return made


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_a_chart_that_moved_on_is_told_in_a_few_hundred_bytes(steps: int) -> None:
    old, new = figure(1_790_000_000), figure(1_790_000_000 + 15 * steps)
    changes = difference(old, new)
    assert applied(old, changes) == new
    assert len(json.dumps(changes)) < 1_000
    assert len(json.dumps(new)) > 5_000


def test_the_same_picture_has_no_changes() -> None:
    assert difference(figure(1_790_000_000), figure(1_790_000_000)) == []


def test_a_kept_picture_is_told_by_its_changes_and_an_unknown_one_is_not() -> None:
    old, new = (json.dumps(figure(1_790_000_000 + at)).encode() for at in (0, 15))
    kept = Differences()
    assert kept.between("a", "b", new) is None
    assert kept.between("", "a", old) is None
    changes = kept.between("a", "b", new)
    assert changes is not None
    assert applied(json.loads(old), json.loads(changes)) == json.loads(new)
    assert kept.between("a", "b", new) == changes


def test_pictures_are_kept_within_their_bytes_and_another_picture_is_sent_whole() -> None:
    pictures = [
        json.dumps({"data": [at * 7 % 1_009 for at in range(n, n + 400)]}).encode() for n in range(0, 40_000, 1_000)
    ]
    kept = Differences(most_bytes=3 * len(pictures[0]))
    for at, one in enumerate(pictures):
        kept.between("", str(at), one)
    assert kept._held <= 3 * len(pictures[0])
    assert kept.between("0", "new", pictures[1]) is None, "forgotten"
    assert kept.between(str(len(pictures) - 1), "other", json.dumps({"rows": ["x"] * 900}).encode()) is None


def test_a_picture_that_another_process_sent_is_recalled() -> None:
    pictures = [json.dumps({"y": list(range(at, at + 200))}).encode() for at in range(2)]
    others = {"first": pictures[0]}
    found = Differences(recall=others.get).between("first", "second", pictures[1])
    assert found is not None
    assert json.loads(found) == difference(json.loads(pictures[0]), json.loads(pictures[1]))
    assert Differences(recall=others.get).between("never", "second", pictures[1]) is None
