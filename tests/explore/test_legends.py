"""Legends: the labels that tell series apart and no others; never two alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401
from app.explore.legends import LONGEST_NAME, legends


def named(*labelsets: dict[str, str]) -> list[str]:
    return legends(labelsets, alone="up")


def test_one_series_has_the_name_of_the_chart() -> None:
    assert named({"job": "api", "instance": "a"}) == ["up"]
    assert named() == []


def test_a_single_telling_label_is_named_by_its_value() -> None:
    assert named({"job": "api", "zone": "1"}, {"job": "workers", "zone": "1"}) == ["api", "workers"]


def test_several_telling_labels_are_named_each() -> None:
    found = named({"job": "a", "x": "1"}, {"job": "a", "x": "2"}, {"job": "b", "x": "1"})
    assert found == ["job: a, x: 1", "job: a, x: 2", "job: b, x: 1"]


def test_a_series_without_the_label_says_so() -> None:
    assert named({"job": "api"}, {}) == ["api", "no job"]


def test_a_value_like_a_name_of_ours_does_not_hide_another_series() -> None:
    assert named({"job": "no job"}, {}) == ["no job", "no job (2)"]
    assert legends([{"job": "time"}, {"job": "api"}], alone="up", taken=frozenset({"time"})) == ["time (2)", "api"]


def test_long_values_keep_their_beginning_and_end_and_lines_become_one() -> None:
    one, other = named({"job": "x" * 4_000 + "1"}, {"job": "a\nb\t c"})
    assert (one[0], one[-1], len(one)) == ("x", "1", LONGEST_NAME)
    assert other == "a b c"


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=100)), max_size=20))
def test_names_are_all_different_short_and_one_line(labelsets: list[dict[str, str]]) -> None:
    names = legends(labelsets, alone="up")
    assert len(set(names)) == len(names) == len(labelsets)
    assert all(name and len(name) <= LONGEST_NAME + len(" (20)") and len(name.splitlines()) == 1 for name in names)
