"""Results survive the cache unchanged, and say when they hold nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.sources.results import Matrix, Rows, Sample, Series, Vector, decode, encode

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
labels = st.dictionaries(texts, texts, max_size=3)
values = st.none() | st.floats(allow_nan=False, allow_infinity=False)
warnings = st.lists(texts, max_size=2).map(tuple)
moments = st.integers(0, 2**40)


@given(series=st.lists(st.tuples(labels, st.lists(values, max_size=4))), warned=warnings, at=moments)
def test_a_matrix_comes_back_equal(series: list[tuple[dict[str, str], list[float | None]]], warned, at: int) -> None:
    matrix = Matrix((at, at + 15), tuple(Series(one, tuple(points)) for one, points in series), at, 9, warned)
    assert decode(encode(matrix)) == matrix


@given(samples=st.lists(st.tuples(labels, values)), warned=warnings, at=moments)
def test_a_vector_comes_back_equal(samples: list[tuple[dict[str, str], float | None]], warned, at: int) -> None:
    vector = Vector(tuple(Sample(*one) for one in samples), at, warned)
    assert decode(encode(vector)) == vector


@given(rows=st.lists(st.tuples(texts, st.integers(-(2**53), 2**53) | values)), at=moments)
def test_rows_come_back_equal(rows: list[tuple[str, float | None]], at: int) -> None:
    found = Rows(("name", "value"), tuple(rows), at, ("slow",))
    assert decode(encode(found)) == found


def test_nothing_but_holes_is_empty_and_a_zero_is_not() -> None:
    assert Matrix((0, 15), (), 15).empty
    assert Matrix((0, 15), (Series({}, (None, None)),), 15).empty
    assert not Matrix((0, 15), (Series({}, (None, 0.0)),), 15).empty
    assert Vector((), 15).empty
    assert Vector((Sample({}, None),), 15).empty
    assert not Vector((Sample({}, 0.0),), 15).empty
    assert Rows(("a",), (), 15).empty
    assert not Rows(("a",), ((0,),), 15).empty


def test_a_vector_by_label_leaves_out_what_has_none() -> None:
    vector = Vector((Sample({"job": "api"}, 1.0), Sample({}, 2.0), Sample({"job": "workers"}, None)), 15)
    assert vector.by("job") == {"api": 1.0, "workers": None}
