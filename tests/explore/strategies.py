"""Explorations of every kind that can be asked, hostile values included."""

from __future__ import annotations

from hypothesis import strategies as st

from app.explore.exploration import (
    LONGEST_PROMQL,
    LONGEST_REGEX,
    Aggregation,
    Exploration,
    Filter,
    Operator,
)
from app.explore.text import LONGEST_ADDRESS, address
from app.sources.catalogue import Kind

METRICS = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,40}", fullmatch=True)
LABELS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: name not in ("__name__", "le")
)
_HOSTILE = (
    '"',
    "\\",
    "\n",
    "}",
    "{",
    '"} or up{x="',
    "$rate",
    "$step$range",
    "%2E%%",
    "a,b",
    "&metric=x",
    "\x00",
    "é漢🙂",
    "~.*",
)
VALUES = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(_HOSTILE), max_size=6).map("".join), st.just("x" * 4_096)
)
_EQUAL = st.builds(Filter, LABELS, st.sampled_from([Operator.IS, Operator.IS_NOT]), VALUES)
_REGEX = st.builds(
    Filter, LABELS, st.sampled_from([Operator.MATCHES, Operator.MATCHES_NOT]), st.text(max_size=LONGEST_REGEX)
)
_FEW = st.lists(LABELS, max_size=4, unique=True).map(tuple)
_TOP = st.integers(1, 100)
_KIND = st.one_of(st.none(), st.sampled_from(Kind))
_FILTERS = st.lists(st.one_of(_EQUAL, _REGEX), max_size=3).map(tuple)

_WHOLE = st.builds(Exploration, METRICS, _KIND, _FILTERS, st.just(Aggregation.NONE), st.just(()), _TOP)
_TOGETHER = st.builds(
    Exploration,
    METRICS,
    _KIND,
    _FILTERS,
    st.sampled_from([one for one in Aggregation if not one.quantile and one is not Aggregation.NONE]),
    _FEW,
    _TOP,
)
_PERCENTILES = st.builds(
    Exploration,
    METRICS.map(lambda name: f"{name}_bucket"),
    _KIND,
    _FILTERS,
    st.sampled_from([one for one in Aggregation if one.quantile]),
    _FEW,
    _TOP,
)
_RAW = st.builds(
    Exploration,
    top=_TOP,
    promql=st.text(min_size=1, max_size=LONGEST_PROMQL).filter(lambda query: query.strip() != ""),
)
ANY_LENGTH = st.one_of(_WHOLE, _TOGETHER, _PERCENTILES, _RAW)
EXPLORATIONS = ANY_LENGTH.filter(lambda one: len(address(one)) <= LONGEST_ADDRESS)
