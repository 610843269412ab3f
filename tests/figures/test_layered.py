"""Layers: callers above what they call, the same elements the same picture, labels with room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.figures import apart
from app.figures.layered import layered

CHAIN = dict.fromkeys("abcd", "service")
ARCS = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]

# Each new picture costs two processes.
FEW = settings(max_examples=10, deadline=None)
NAMES = st.sampled_from([f"n{at}" for at in range(9)])
GRAPHS = st.tuples(
    st.dictionaries(NAMES, st.sampled_from(["one", "two", "three"]), min_size=1),
    st.lists(st.tuples(NAMES, NAMES), max_size=24),
)


def test_callers_stand_above_what_they_call() -> None:
    picture = layered(CHAIN, ARCS)
    assert [picture.positions[name][1] for name in "abcd"] == [0, 0.3333, 0.6667, 1]
    assert picture.rows == 4


def test_a_long_edge_bends_in_every_row_it_passes() -> None:
    bends = layered(CHAIN, ARCS).bends
    assert [y for _, y in bends["a", "d"]] == [0.3333, 0.6667]
    assert bends["a", "b"] == ()


def test_a_long_edge_passes_beside_the_nodes() -> None:
    picture = layered(CHAIN, ARCS)
    assert all(
        abs(x - picture.positions[name][0]) > 0.1 for (x, _), name in zip(picture.bends["a", "d"], "bc", strict=True)
    )


def test_bends_run_from_caller_to_callee_on_the_way_back_of_a_cycle_too() -> None:
    picture = layered(CHAIN, [*ARCS[:3], ("d", "a")])
    for (caller, callee), bends in picture.bends.items():
        heights = [picture.positions[caller][1], *(y for _, y in bends), picture.positions[callee][1]]
        assert heights in (sorted(heights), sorted(heights, reverse=True))


def test_two_that_call_each_other_stand_in_two_rows() -> None:
    picture = layered(CHAIN, [("a", "b"), ("b", "a")])
    assert picture.positions["a"][1] != picture.positions["b"][1]


def test_edges_to_one_node_share_their_way() -> None:
    arcs = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("b", "d")]
    picture = layered(CHAIN, arcs)
    assert picture.bends["a", "d"][-1] == picture.bends["b", "d"][-1]


def test_a_wide_layer_is_broken_into_rows_with_groups_together() -> None:
    nodes = {"root": "service", **{f"ai{at}": "ai" for at in range(3)}, **{f"git{at}": "git" for at in range(2)}}
    picture = layered(nodes, [("root", name) for name in nodes if name != "root"], columns=3)
    rows: dict[float, set[str]] = {}
    for name, (_, y) in picture.positions.items():
        rows.setdefault(y, set()).add(name)
    assert list(rows.values()) and {frozenset(row) for row in rows.values()} == {
        frozenset({"root"}),
        frozenset({"ai0", "ai1", "ai2"}),
        frozenset({"git0", "git1"}),
    }


def test_what_cannot_be_drawn_is_left_out() -> None:
    picture = layered({"a": "", "b": ""}, [("a", "a"), ("a", "ghost"), ("ghost", "b"), ("a", "b"), ("a", "b")])
    assert set(picture.bends) == {("a", "b")}


def test_no_nodes_make_an_empty_picture_and_one_stands_in_the_middle() -> None:
    assert layered({}, []).positions == {}
    assert layered({"a": ""}, []).positions == {"a": (0.5, 0.5)}


@FEW
@given(GRAPHS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_order_of_the_elements_says_nothing(graph, random, columns: int) -> None:
    nodes, arcs = graph
    mixed, turned = list(nodes.items()), list(arcs)
    random.shuffle(mixed)
    random.shuffle(turned)
    assert layered(dict(mixed), turned, columns=columns) == layered(nodes, arcs, columns=columns)


@FEW
@given(GRAPHS, st.integers(1, 5))
def test_nodes_of_a_row_have_room_and_everything_is_within_the_picture(graph, columns: int) -> None:
    nodes, arcs = graph
    picture = layered(nodes, arcs, columns=columns)
    points = [*picture.positions.values(), *(point for bends in picture.bends.values() for point in bends)]
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points)
    for height in {y for _, y in picture.positions.values()}:
        row = sorted(x for x, y in picture.positions.values() if y == height)
        assert len(row) <= columns
        assert all((right - left) * picture.breadth > 0.89 for left, right in pairwise(row))


@FEW
@given(GRAPHS)
def test_no_edge_lies_within_a_row(graph) -> None:
    nodes, arcs = graph
    picture = layered(nodes, arcs, columns=3)
    assert all(picture.positions[a][1] != picture.positions[b][1] for a, b in picture.bends)


@pytest.mark.parametrize(
    "program", ["import os; os.abort()", "print('no answer')", "import sys; sys.exit(3)", "while True: pass"]
)
def test_a_layout_that_dies_takes_nobody_with_it(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """igraph has ended the process that asked for it; there is a plainer picture then."""
    monkeypatch.setattr(apart, "_PROGRAM", program)
    monkeypatch.setattr(apart, "LIMIT_S", 1.0)
    assert apart.sugiyama(2, [(0, 1)]) is None
    nodes = dict.fromkeys((f"{program[:9]}{at}" for at in range(4)), "service")
    names = list(nodes)
    picture = layered(nodes, list(pairwise(names)))
    assert [picture.positions[name][1] for name in names] == [0, 0.3333, 0.6667, 1]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_by_depth_gives_every_node_a_layer_below_some_caller(edges: list[tuple[int, int]]) -> None:
    layers = apart.by_depth(8, edges)
    callers = {at: {one for one, other in edges if other == at and one != at} for at in range(8)}
    assert all(layer == 0 or any(layers[one] == layer - 1 for one in callers[at]) for at, layer in enumerate(layers))
