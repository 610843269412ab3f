"""/api/dashboard/explore: metrics, labels, values and the check of an exploration, for everyone, bounded, and away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.explorer import Explorer, explorer_on
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples

HOSTILE = '<b>"x"</b>\n\\'


@pytest.fixture(scope="module")
def explorer(
    prometheus_with: PrometheusWith, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Explorer]:
    now = int(time.time())
    points = [(at, at - now + 600) for at in range(now - 600, now, 15)]
    samples = Samples()
    for number in range(120):
        samples.add("many_total", {"number": f"{number:03d}", "job": "api"}, points, "counter")
    samples.add("odd", {"text": HOSTILE, "job": "api"}, points)
    samples.add("bare", {}, points)
    samples.add(
        "long_" + "x" * 300, {"job": "api", "l" * 300: "x"}, points
    )  # offered by nobody: none can be made of it
    for number in range(70):
        samples.add(f"metric_{number:02d}_seconds", {"job": "api"}, points)
    with explorer_on(postgres_server, prometheus_with(samples), tmp_path_factory.mktemp("explorer")) as found:
        yield found


@pytest.fixture(autouse=True)
def all_well_again(explorer: Explorer) -> Iterator[None]:
    yield
    explorer.proxy.switch("pass")
    explorer.forget()


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.get_json()["data"]


READS = ("/explore/metrics", "/explore/labels?metric=odd", "/explore/values?metric=odd&label=text")


def test_strangers_get_nothing(explorer: Explorer) -> None:
    for path in READS:
        assert explorer.site.client().get(f"/api/dashboard{path}").status_code == 401
    assert explorer.site.client().post("/api/dashboard/explore/check", json={"text": "metric=odd"}).status_code == 401


@pytest.mark.parametrize("role", ["readonly", "operator", "developer", "admin"])
def test_everybody_with_an_account_may_look_what_there_is(explorer: Explorer, role: str) -> None:
    for path in READS:
        assert explorer.ask("GET", path, role=role).status_code == 200
    answer = explorer.ask("POST", "/explore/check", role=role, json={"text": "metric=odd"})
    assert answer.status_code == 200


def test_metrics_are_found_by_words_and_counted(explorer: Explorer) -> None:
    every = data(explorer.ask("GET", "/explore/metrics"))
    assert (len(every["metrics"]), every["total"]) == (50, 73)
    few = data(explorer.ask("GET", "/explore/metrics?search=Seconds 07"))
    assert few == {
        "metrics": [{"name": "metric_07_seconds", "type": "unknown", "help": "", "unit": "seconds"}],
        "total": 1,
    }
    (many,) = data(explorer.ask("GET", "/explore/metrics?search=many"))["metrics"]
    assert many == {"name": "many_total", "type": "counter", "help": "", "unit": "per second"}
    assert data(explorer.ask("GET", "/explore/metrics?search=%22%7D%00")) == {"metrics": [], "total": 0}


def test_a_name_too_long_to_be_asked_for_stops_no_search(explorer: Explorer) -> None:
    assert data(explorer.ask("GET", "/explore/metrics?search=long_")) == {"metrics": [], "total": 0}
    assert data(explorer.ask("GET", f"/explore/labels?metric=long_{'x' * 300}")) == {"labels": ["job"]}


def test_labels_and_values(explorer: Explorer) -> None:
    assert data(explorer.ask("GET", "/explore/labels?metric=many_total")) == {"labels": ["job", "number"]}
    assert data(explorer.ask("GET", "/explore/labels?metric=bare")) == {"labels": []}
    found = data(explorer.ask("GET", "/explore/values?metric=many_total&label=number"))
    assert (len(found["values"]), found["total"], found["complete"]) == (50, 120, True)
    found = data(explorer.ask("GET", "/explore/values?metric=many_total&label=number&search=11"))
    assert found["values"] == ["011", *(f"11{number}" for number in range(10))]
    assert data(explorer.ask("GET", "/explore/values?metric=odd&label=text"))["values"] == [HOSTILE]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explore/labels", 400),
        ("/explore/labels?metric=nobody", 404),
        ("/explore/labels?metric=odd%7Bjob%3D%22api%22%7D", 404),
        ("/explore/labels?metric=" + "a" * 9_000, 404),
        ("/explore/values?metric=odd", 400),
        ("/explore/values?metric=odd&label=nobody", 404),
        ("/explore/values?metric=odd&label=..%2F..%2Fadmin", 404),
    ],
)
def test_what_does_not_exist_is_said(explorer: Explorer, path: str, status: int) -> None:
    answer = explorer.ask("GET", path)
    assert answer.status_code == status
    assert len(answer.get_json()["message"]) < 300


def check(explorer: Explorer, text: Any) -> Any:
    return explorer.ask("POST", "/explore/check", json={"text": text})


def test_a_check_tells_what_would_be_asked(explorer: Explorer) -> None:
    found = data(check(explorer, "top=5&metric=many_total&where=number,eq,%24rate&agg=sum&by=job"))
    assert found == {
        "text": "metric=many_total&where=number,eq,%24rate&agg=sum&by=job&top=5",
        "widget": "explore.chart:metric=many_total&where=number,eq,%24rate&agg=sum&by=job&top=5",
        "title": "sum of many_total, per second, by job",
        "role": "readonly",
        "promql": 'sum by (job) (rate(many_total{number="\\x24rate"}[$rate]))',
        "unit": "per second",
    }
    raw = explorer.ask("POST", "/explore/check", role="developer", json={"text": "promql=up"})
    assert data(raw)["role"] == "developer"


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("promql=odd%20%40%201", "promql", "Raw PromQL needs the role developer or above."),
        ("promql=sum%28", "promql", "Raw PromQL needs the role developer or above."),
        ("metric=odd&top=21", "top", "More than 20 series need the role developer or above."),
    ],
)
def test_a_check_is_for_those_who_may_ask(explorer: Explorer, text: str, field: str, words: str) -> None:
    statuses = {}
    for role in ("readonly", "operator", "developer", "admin"):
        answer = explorer.ask("POST", "/explore/check", role=role, json={"text": text})
        statuses[role] = answer.status_code == 403
        if answer.status_code == 403:
            assert answer.get_json()["message"] == words
            assert answer.get_json()["details"] == {"field": field, "label": ""}
    assert statuses == {"readonly": True, "operator": True, "developer": False, "admin": False}


@pytest.mark.parametrize("moment", ["@ {}", "offset -{}s"])
def test_a_check_evaluates_nothing(explorer: Explorer, moment: str) -> None:
    """Many series on both sides are an error where there are any: a check that told it would tell of the data."""
    many = f"many_total {moment.format(int(time.time()) - 60)}"
    text = f"promql={quote(f'{many} * on (job) {many}', safe='')}"
    assert data(explorer.ask("POST", "/explore/check", role="developer", json={"text": text}))["role"] == "developer"


@pytest.mark.parametrize(
    ("text", "words", "field", "label"),
    [
        ("metric=nobody", "Prometheus has no metric nobody.", "metric", ""),
        ("metric=odd&where=colour,eq,x", "odd has no label colour; it has: job, text.", "where", "colour"),
        ("metric=odd&agg=sum&by=colour", "odd has no label colour; it has: job, text.", "by", "colour"),
        ("metric=bare&agg=sum&by=job", "bare has no label job; it has: none.", "by", "job"),
        ("metric=odd&agg=median", "Unknown agg 'median'", "agg", ""),
        ("metric=odd&agg=p95", "Percentiles need a histogram's buckets", "agg", ""),
        ("metric=odd&by=job", "Grouping by labels needs an aggregation", "agg", ""),
        ("metric=odd&top=999", "Top 999 is not possible", "top", ""),
        ("metric=odd&kind=odd", "Unknown kind 'odd'", "kind", ""),
        ("metric=odd&where=9,eq,x", "no name of a label", "where", "9"),
        ("metric=odd&where=job", "Not a filter", "where", ""),
        ("promql=%20", "The query is empty.", "promql", ""),
        ("metric=%7B", "no name of a metric", "metric", ""),
        ("", "Not understood", "", ""),
        ("x" * 20_000, "too long for an address: 7,000 characters", "", ""),
        ("metric=odd&where=text,eq," + "%2F" * 1_500, "too long for an address: 7,000 characters", "where", ""),
    ],
)
def test_a_check_says_what_is_wrong_and_where(
    explorer: Explorer, text: str, words: str, field: str, label: str
) -> None:
    answer = check(explorer, text)
    assert answer.status_code == 400
    assert words in answer.get_json()["message"]
    assert answer.get_json()["details"] == {"field": field, "label": label}


@pytest.mark.parametrize("text", [None, 7, ["metric=odd"], {"metric": "odd"}])
def test_a_check_of_no_text_is_refused(explorer: Explorer, text: Any) -> None:
    assert check(explorer, text).status_code == 400


@pytest.mark.parametrize(
    ("text", "field", "label", "words"),
    [
        ("metric=odd&where=job,re,%28", "where", "job", "error parsing regexp"),
        ("metric=odd&where=job,re,%28&where=text,nre,a", "where", "", "error parsing regexp"),
        ("promql=sum%28", "promql", "", "parse error"),
        ("promql=odd%5B$rate%5D", "promql", "", "no range vector"),
        ("promql=%22odd%22%20%23", "promql", "", "no range vector or text"),
        ("promql=rate%28odd%29", "promql", "", "Prometheus 1:6: parse error: expected type range vector"),
        ("promql=odd%29%20%2B%20%28odd", "promql", "", "parse error"),
        ("promql=" + "%2B" * 1_500, "promql", "", "too long for an address: 7,000 characters"),
    ],
)
def test_what_prometheus_refuses_is_said_of_its_field(
    explorer: Explorer, text: str, field: str, label: str, words: str
) -> None:
    answer = explorer.ask("POST", "/explore/check", role="developer", json={"text": text})
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["details"] == {"field": field, "label": label}
    assert words in answer.get_json()["message"]


def test_a_query_can_be_checked_while_prometheus_is_away(explorer: Explorer) -> None:
    explorer.proxy.switch("refuse")
    found = data(explorer.ask("POST", "/explore/check", role="developer", json={"text": "promql=sum%28up%29"}))
    assert found["promql"] == "sum(up)"


@pytest.mark.parametrize("query", ["1", "odd # of all", "odd or\nvector(0)", "sum(rate(odd[$rate]))"])
def test_what_can_be_drawn_is_not_refused(explorer: Explorer, query: str) -> None:
    text = f"promql={quote(query, safe='')}"
    assert data(explorer.ask("POST", "/explore/check", role="developer", json={"text": text}))["promql"] == query


def test_a_browser_needs_its_token(explorer: Explorer) -> None:
    assert explorer.by_browser("POST", "/explore/check", json={"text": "metric=odd"}).status_code == 200
    assert explorer.by_browser("POST", "/explore/check", forged=True, json={"text": "metric=odd"}).status_code == 403


@pytest.mark.parametrize("mode", ["refuse", "hang", "garbage", "cut"])
def test_without_prometheus_it_says_so_in_time(explorer: Explorer, mode: Any) -> None:
    explorer.proxy.switch(mode)
    begun = time.monotonic()
    answer = explorer.ask("GET", "/explore/metrics")
    assert answer.status_code == 503
    assert answer.get_json()["message"].startswith("Prometheus")
    assert time.monotonic() - begun < 8


def test_what_was_just_asked_outlives_an_outage(explorer: Explorer) -> None:
    assert explorer.ask("GET", "/explore/metrics").status_code == 200
    explorer.proxy.switch("refuse")
    assert explorer.ask("GET", "/explore/metrics?search=odd").status_code == 200
