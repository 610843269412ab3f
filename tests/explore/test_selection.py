"""Filters, given to a real Prometheus: exactly the series with that value, whatever is in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401
from app.explore.asking import promql
from app.explore.exploration import LONGEST_REGEX, Exploration, Filter, Operator
from app.explore.text import parse, text
from app.sources.errors import BadQuery
from app.sources.prometheus import Prometheus
from tests.explore.conftest import END, HOSTILE
from tests.servers.prometheus import PrometheusServer

EVERY = {*map(str, range(len(HOSTILE))), "none"}
# Go's regular expressions take a backslash before any punctuation.
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]", re.ASCII)


@pytest.fixture(scope="module")
def source(explored: PrometheusServer) -> Prometheus:
    return Prometheus(explored.url)


def selected(source: Prometheus, operator: Operator, value: str) -> set[str]:
    """The numbers of the series that the filter leaves, asked by way of the text form."""
    one = parse(text(Exploration("hostile", filters=(Filter("text", operator, value),))))
    return {sample.labels["number"] for sample in source.instant(promql(one), END).samples}


def numbers_of(value: str) -> set[str]:
    return {str(number) for number, known in enumerate(HOSTILE) if known == value}


@pytest.mark.parametrize("value", HOSTILE, ids=[repr(one)[:20] for one in HOSTILE])
def test_a_value_selects_its_series_and_no_other(source: Prometheus, value: str) -> None:
    assert len(numbers_of(value)) == 1
    assert selected(source, Operator.IS, value) == numbers_of(value)
    assert selected(source, Operator.IS_NOT, value) == EVERY - numbers_of(value)


@given(
    st.one_of(
        st.sampled_from(HOSTILE),
        st.text(max_size=30),
        st.tuples(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE)).map("".join).filter(lambda one: len(one) < 4_097),
    )
)
def test_any_text_selects_the_series_with_that_value(source: Prometheus, value: str) -> None:
    expected = numbers_of(value) if value else {"none"}
    assert selected(source, Operator.IS, value) == expected
    assert selected(source, Operator.IS_NOT, value) == EVERY - expected


@given(st.sampled_from([value for value in HOSTILE if len(value) < LONGEST_REGEX / 2]))
def test_an_expression_that_is_quoted_matches_that_value_alone(source: Prometheus, value: str) -> None:
    pattern = PUNCTUATION.sub(lambda found: f"\\{found[0]}", value)
    assert selected(source, Operator.MATCHES, pattern) == numbers_of(value)
    assert selected(source, Operator.MATCHES_NOT, pattern) == EVERY - numbers_of(value)


def test_an_expression_matches_as_prometheus_means_it(source: Prometheus) -> None:
    assert selected(source, Operator.MATCHES, "pl.*|<b>.*") == numbers_of("plain") | numbers_of("<b>bold</b>")
    assert selected(source, Operator.MATCHES, "lain") == set()  # anchored at both ends


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", r"\d(?=x)", "*"])
def test_an_expression_that_is_none_is_refused_in_prometheuss_words(source: Prometheus, pattern: str) -> None:
    with pytest.raises(BadQuery, match="error parsing regexp"):
        selected(source, Operator.MATCHES, pattern)
