"""POST /api/dashboard/metrics: Prometheus's own answers for developers, and the limits around them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.explorer import Explorer, explorer_on
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples

NOW = int(time.time()) // 15 * 15
ONE = "min(many)"


@pytest.fixture(scope="module")
def explorer(
    prometheus_with: PrometheusWith, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Explorer]:
    samples = Samples()
    for number in range(1_001):
        samples.add("many", {"number": f"{number:04d}"}, [(at, 7) for at in (NOW - 60, NOW - 45, NOW - 30, NOW - 15)])
    with explorer_on(postgres_server, prometheus_with(samples), tmp_path_factory.mktemp("explorer")) as found:
        yield found


@pytest.fixture(autouse=True)
def all_well_again(explorer: Explorer) -> Iterator[None]:
    yield
    explorer.proxy.switch("pass")
    explorer.forget()


def ask(explorer: Explorer, query: Any = ONE, *, role: str = "developer", **fields: Any) -> Any:
    return explorer.ask("POST", "/metrics", role=role, json={"query": query, **fields})


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.get_json()["data"]


@pytest.mark.parametrize(("role", "status"), [("readonly", 403), ("operator", 403), ("developer", 200), ("admin", 200)])
def test_raw_queries_are_for_developers_and_up(explorer: Explorer, role: str, status: int) -> None:
    assert ask(explorer, role=role).status_code == status
    answer = explorer.by_browser("POST", "/metrics", role=role, json={"query": ONE})
    assert answer.status_code == status
    assert explorer.by_browser("POST", "/metrics", role=role, forged=True, json={"query": ONE}).status_code == 403


def test_strangers_get_nothing(explorer: Explorer) -> None:
    assert explorer.site.client().post("/api/dashboard/metrics", json={"query": ONE}).status_code == 401


def test_an_instant_is_prometheuss_own_answer(explorer: Explorer) -> None:
    found = data(ask(explorer, 'many{number="0003"}'))
    assert found["resultType"] == "vector"
    assert found["result"][0]["metric"] == {"__name__": "many", "number": "0003"}
    assert found["result"][0]["value"][1] == "7"
    assert data(ask(explorer, "1+1"))["resultType"] == "scalar"
    assert data(ask(explorer, '"x"'))["resultType"] == "string"
    assert data(ask(explorer, "nobody"))["result"] == []


@pytest.mark.parametrize(
    ("start", "end", "step"),
    [
        (NOW - 60, NOW - 15, 15),
        (str(NOW - 60), str(NOW - 15), "15s"),
        (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 60)), float(NOW - 15), "15"),
    ],
    ids=["numbers", "texts", "iso"],  # of the moment's values, each process of a run would make names of its own
)
def test_a_range_is_read_in_every_form(explorer: Explorer, start: Any, end: Any, step: Any) -> None:
    found = data(ask(explorer, start=start, end=end, step=step))
    assert found["resultType"] == "matrix"
    assert found["result"][0]["values"] == [[NOW - 60 + 15 * at, "7"] for at in range(4)]


def test_a_range_needs_only_its_start(explorer: Explorer) -> None:
    values = data(ask(explorer, "vector(1)", start="now-1h"))["result"][0]["values"]
    assert (len(values), values[1][0] - values[0][0]) == (241, 15)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"end": NOW}, "need start"),
        ({"step": 15}, "need start"),
        ({"start": NOW, "end": NOW - 60}, "reversed"),
        ({"start": NOW - 86_400, "end": NOW, "step": 1}, "86,401 points are too many; allowed: 11,000"),
        ({"start": NOW - 90 * 86_400}, "30 days are kept"),
        ({"start": NOW - 60, "end": NOW + 90 * 86_400}, "30 days are kept"),
        ({"start": "now-1x"}, "Unknown time unit"),
        ({"start": "soon"}, "Time not understood"),
        ({"start": "9" * 50}, "start: epoch seconds"),
        ({"start": 10**400}, "start: epoch seconds"),
        ({"start": NOW - 60, "end": -(10**400)}, "end: epoch seconds"),
        ({"start": NOW - 60, "step": 10**400}, "1 s at least"),
        ({"start": [NOW]}, "start: epoch seconds"),
        ({"start": True}, "start: epoch seconds"),
        ({"start": NOW - 60, "end": {}}, "end: epoch seconds"),
        ({"start": NOW - 60, "step": 0}, "1 s at least"),
        ({"start": NOW - 60, "step": -15}, "1 s at least"),
        ({"start": NOW - 60, "step": "15 s"}, "1 s at least"),
        ({"start": NOW - 60, "step": True}, "1 s at least"),
        ({"query": ""}, "Send query"),
        ({"query": " \n"}, "Send query"),
        ({"query": 7}, "Send query"),
        ({"query": "x" * 4_001}, "4,000 characters"),
        ({"query": "\ud800"}, "surrogate"),
        ({"query": "sum("}, "parse error"),
        ({"query": "rate(many)"}, "expected type range vector"),
        ({"query": 'many{number=~"("}'}, "error parsing regexp"),
    ],
)
def test_what_cannot_be_asked_is_a_400_that_says_why(explorer: Explorer, fields: dict[str, Any], words: str) -> None:
    answer = ask(explorer, **fields)
    assert answer.status_code == 400, answer.text
    assert words in answer.get_json()["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"query": NaN}', b'{"query": "up", "start": NaN}'])
def test_a_body_that_is_no_question_is_refused(explorer: Explorer, body: bytes) -> None:
    answer = explorer.ask("POST", "/metrics", role="developer", data=body, content_type="application/json")
    assert answer.status_code == 400


def test_too_many_series_are_refused_and_counted(explorer: Explorer) -> None:
    answer = ask(explorer, "many")
    assert answer.status_code == 413
    assert "1,001 series; at most 1,000" in answer.get_json()["message"]
    assert len(data(ask(explorer, 'many{number!="0003"}'))["result"]) == 1_000


@pytest.mark.parametrize("mode", ["refuse", "hang", "garbage", "cut"])
def test_without_prometheus_it_is_a_503_in_time(explorer: Explorer, mode: Any) -> None:
    explorer.proxy.switch(mode)
    begun = time.monotonic()
    answer = ask(explorer)
    assert answer.status_code == 503
    assert answer.get_json()["message"].startswith("Prometheus")
    assert time.monotonic() - begun < 10


def test_the_log_tells_who_asked_what_on_one_line(explorer: Explorer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="app.api.metrics"):
        ask(explorer, "min(many)\n# raw query {}", start=NOW - 60, end=NOW, step=15)
        ask(explorer, "sum(")
    lines = [one.getMessage() for one in caplog.records if one.name == "app.api.metrics"]
    first, second = (json.loads(line.removeprefix("raw query ")) for line in lines)
    assert not any("\n" in line for line in lines)
    assert {**first, "seconds": 0} == {
        "user": "developer", "query": "min(many)\n# raw query {}", "start": f"{NOW - 60:.3f}", "end": f"{NOW:.3f}",
        "step": "15", "outcome": "answered", "seconds": 0,
    }  # fmt: skip
    assert second["outcome"] == "BadQuery"
    assert "Bearer" not in "".join(lines)
