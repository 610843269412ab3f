"""The text form: gives back what was written, holds nothing that a URL or a key reads, and says what it refuses."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401
from app.explore.errors import BadExploration
from app.explore.exploration import Aggregation, Exploration, Filter, Operator
from app.explore.text import LONGEST_ADDRESS, parse, text
from app.serving import LONGEST_REQUEST_LINE
from app.sources.catalogue import Kind
from app.widgets.explore import KEY
from tests.explore.strategies import ANY_LENGTH, EXPLORATIONS


@given(EXPLORATIONS)
def test_a_text_gives_its_exploration_back(one: Exploration) -> None:
    written = text(one)
    assert parse(written) == one
    assert re.fullmatch(r"[A-Za-z0-9_%&=,-]+", written), written


RANGE = urlencode({"from": "2026-01-31T14:00:00+05:30", "to": "2026-02-01T14:00:00+05:30", "compare": "previous"})
ZONE = urlencode({"tz": "America/Argentina/ComodRivadavia"})


@given(ANY_LENGTH)
def test_what_is_not_refused_fits_every_address_that_it_stands_in(one: Exploration) -> None:
    try:
        written = text(parse(text(one)))
    except BadExploration as error:
        assert f"{LONGEST_ADDRESS:,} characters at most" in str(error)
        assert len(quote(text(one), safe="")) > LONGEST_ADDRESS
        return
    for path in (f"/explore?{urlencode({'q': written})}", f"/api/dashboard/widgets/{quote(f'{KEY}:{written}')}.csv?"):
        assert len(f"GET {path}&{RANGE}&{ZONE} HTTP/1.1") < LONGEST_REQUEST_LINE


@pytest.mark.parametrize(("written", "field"), [("promql={}", "promql"), ("metric=up&where=job,eq,{}", "where")])
def test_an_address_holds_so_much_and_no_more(written: str, field: str) -> None:
    around = len(quote(written.format(""), safe=""))
    most, rest = divmod(LONGEST_ADDRESS - around, len("%252F"))
    fitting = written.format("%2F" * most + "x" * rest)
    assert text(parse(fitting)) == fitting
    with pytest.raises(BadExploration, match="too long for an address: 7,000 characters at most") as refused:
        parse(f"{fitting}x")
    assert refused.value.field == field


@given(EXPLORATIONS, st.randoms())
def test_the_order_of_fields_does_not_matter(one: Exploration, random: object) -> None:
    fields = text(one).split("&")
    others = [part for part in fields if not part.startswith("where=")]
    filters = [part for part in fields if part.startswith("where=")]
    random.shuffle(others)  # type: ignore[attr-defined]
    assert text(parse("&".join(others + filters))) == text(one)


@given(st.text(max_size=200))
def test_any_text_is_an_exploration_or_refused_in_words(written: str) -> None:
    try:
        one = parse(written)
    except BadExploration as error:
        assert len(str(error)) > 10
    else:
        assert parse(text(one)) == one


def test_a_text_reads_like_a_query_string() -> None:
    one = Exploration(
        "tamma_errors_total",
        Kind.COUNTER,
        (Filter("job", Operator.MATCHES, "api|workers"), Filter("severity", Operator.IS_NOT, "a.b,c")),
        Aggregation.SUM,
        ("job", "severity"),
        top=5,
    )
    written = (
        "metric=tamma_errors_total&kind=counter&where=job,re,api%7Cworkers&where=severity,ne,a%2Eb%2Cc"
        "&agg=sum&by=job,severity&top=5"
    )
    assert text(one) == written
    assert parse(written) == one
    assert parse_qs(written)["metric"] == ["tamma_errors_total"]


def test_a_key_survives_a_path_segment_and_ends_in_no_file_name() -> None:
    written = text(Exploration("up", filters=(Filter("file", Operator.IS, "../x.csv"),)))
    assert "." not in written
    assert "/" not in written
    assert quote(written, safe="&=,%") == written


REFUSED = {
    "": "Not understood: ''",
    "metric": "Not understood: 'metric'",
    "metric=": "no name of a metric",
    "metric=1up": "no name of a metric",
    "metric=up%7Bjob%3D%22api%22%7D": "no name of a metric",
    "metric=up%00": "no name of a metric",
    "metric=" + "u" * 201: "200 characters at most",
    "metric=%FF": "Not UTF-8",
    "metric=up&metric=up": "metric is given 2 times",
    "metric=up&colour=red": "allowed: metric, kind, where, agg, by, top, promql",
    "metric=up&kind=thing": "allowed: counter, gauge, histogram, summary, unknown",
    "metric=up&agg=median": "allowed: none, sum, avg, min, max, count, p50, p90, p95, p99",
    "metric=up&agg=p95": "Percentiles need a histogram's buckets",
    "metric=up&by=job": "Grouping by labels needs an aggregation",
    "metric=up&agg=sum&by=a,b,c,d,e": "Up to 4 different labels",
    "metric=up&agg=sum&by=a,a": "Up to 4 different labels",
    "metric=up&agg=sum&by=": "no name of a label",
    "metric=up&agg=sum&by=__name__": "not __name__",
    "metric=x_bucket&agg=p95&by=le": "cannot be grouped by le",
    "metric=up&top=0": "allowed: 1 to 100",
    "metric=up&top=101": "allowed: 1 to 100",
    "metric=up&top=%D9%A1": "allowed: 1 to 100",
    "metric=up&top=-1": "allowed: 1 to 100",
    "metric=up&where=job": "allowed: label,eq|ne|re|nre,value",
    "metric=up&where=job,is,api": "allowed: label,eq|ne|re|nre,value",
    "metric=up&where=__name__,eq,x": "not __name__",
    "metric=up&where=a-b,eq,x": "no name of a label",
    "metric=up&where=job,re," + "x" * 201: "200 characters at most",
    "metric=up&where=job,eq," + "x" * 4_097: "4,096 characters at most",
    "metric=up&where=job,eq,%ED%A0%80": "Not UTF-8",
    "metric=up" + "&where=job,eq,x" * 9: "9 filters are too many",
    "metric=up" + ("&where=job,eq," + "x" * 3_480) * 2: "7,000 characters at most",
    "promql=" + "x" * 4_001: "4,000 characters at most",
    "promql=" + "%C3%A9" * 1_000: "7,000 characters at most",
    "promql=%20%0A": "The query is empty",
    "promql=up&metric=up": "Raw PromQL stands alone",
    "promql=up&agg=sum": "Raw PromQL stands alone",
    "metric=" + "u" * 17_000: "7,000 characters at most",
    "metric=\ud800": "Not UTF-8",
}


@pytest.mark.parametrize(("written", "words"), REFUSED.items(), ids=[repr(one)[:40] for one in REFUSED])
def test_what_cannot_be_asked_is_refused_with_what_is_allowed(written: str, words: str) -> None:
    with pytest.raises(BadExploration) as refused:
        parse(written)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_half_a_surrogate_pair_is_no_value() -> None:
    with pytest.raises(BadExploration, match="surrogate"):
        Filter("job", Operator.IS, "\ud800")
    with pytest.raises(BadExploration, match="surrogate"):
        Exploration(promql="up \udfff")
