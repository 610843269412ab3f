"""The argument of a service's cards: one way to write each, nothing but what is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.promql import quoted
from app.widgets import external_scope
from app.widgets.service_scope import FILTERS, LONGEST_ARGUMENT, Scope, fits, scope_of, shown
from app.widgets.widget import BadArgument

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=60)


@given(TEXT, st.dictionaries(st.sampled_from(sorted(FILTERS)), TEXT))
def test_every_name_and_filter_comes_back_from_its_argument(service: str, filters: dict[str, str]) -> None:
    scope = Scope(service, filters)
    if len(scope.argument) <= LONGEST_ARGUMENT:
        assert scope_of(scope.argument) == scope
        assert scope.href == f"/services/{scope.argument}"
        for name, value in filters.items():
            assert f"{FILTERS[name]}={quoted(value)}" in scope.where(*FILTERS)
    else:
        assert not fits(scope)
        assert scope.href == ""


@pytest.mark.parametrize(
    "argument",
    [
        *("", "?", "?instance=a", "a b", "api?", "api?instance=", "api?job=x", "api?instance=a&instance=b"),
        *("api?error=e&instance=a", "api&instance=a", "%61pi", "a" * (LONGEST_ARGUMENT + 1), "\ud800", "api?instance"),
        *("%00", "a%00b", "api?instance=a%00", "api?error=%00"),
    ],
)
def test_what_is_written_in_another_way_is_refused(argument: str) -> None:
    with pytest.raises(BadArgument):
        scope_of(argument)


def test_no_event_store_is_asked_for_a_name_with_nul() -> None:
    assert Scope("a\x00b").href == ""
    assert external_scope.Scope("a\x00b").href == external_scope.PAGE
    for argument in ("%00", "a%00b"):
        with pytest.raises(BadArgument):
            external_scope.scope_of(argument)


def test_a_filter_is_set_replaced_and_taken_away() -> None:
    scope = Scope("api").with_filter("instance", "api-0").with_filter("error", "time out")
    assert scope.argument == "api?instance=api-0&error=time%20out"
    assert scope.with_filter("instance", "api-1").argument == "api?instance=api-1&error=time%20out"
    assert scope.with_filter("instance", "").argument == "api?error=time%20out"


def test_only_the_labels_that_a_query_has_narrow_it() -> None:
    scope = Scope("api", {"instance": "api-0", "endpoint": "_e"})
    assert scope.where() == 'job="api"'
    assert scope.where("instance") == 'job="api",instance="api-0"'
    assert scope.where("endpoint", more='le="1"') == 'job="api",endpoint="_e",le="1"'
    assert scope.narrowed("error", "endpoint")
    assert not scope.narrowed("error")


@pytest.mark.parametrize(
    ("text", "words"), [("", "not named"), (" \n", "not named"), ("a\nb", "a b"), ("x" * 200, "x" * 79 + "…")]
)
def test_labels_are_shown_on_one_line_of_bearable_length(text: str, words: str) -> None:
    assert shown(text) == words
