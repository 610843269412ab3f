"""/api/dashboard/widgets: what the card shows and the file behind it, and a word for every wrong question."""

from __future__ import annotations

import csv
import io
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from app.access import Role, permits
from app.api import dashboard
from app.views.overview import KEYS
from app.widgets.registry import FAMILIES, WIDGETS, find
from tests.api.conftest import Whole

ROOT = "/api/dashboard/widgets"
TRACES = re.compile(r"Traceback|File \"|line \d+|psycopg|orjson|urllib3|werkzeug")


def shown(whole: Whole, headers: dict[str, str], key: str, query: str = "") -> dict[str, Any]:
    answer = whole.client().get(f"{ROOT}/{key}{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()["data"]
    return found


# Every widget there is, and the examples of every family.
ALL = {**WIDGETS, **{f"{one.key}:{text}": one.of(text) for one in FAMILIES.values() for text in one.examples}}
NOT_ENOUGH = "Not enough history to say what is usual"


@pytest.mark.parametrize("key", sorted(ALL))
def test_every_widget_is_answered_to_every_role_it_is_for(whole: Whole, key: str) -> None:
    """And to no other; what the platform of these tests does not measure is said to be missing, not shown as zero."""
    for role in Role:
        answer = whole.client().get(f"{ROOT}/{quote(key, safe='')}", headers=_bearers(whole, role.word))
        if not permits(role, ALL[key].role):
            assert answer.status_code == 403
            continue
        assert answer.status_code == 200, answer.text
        found = answer.get_json()["data"]
        assert found["key"] == key
        assert found["state"] in {"live", "missing", "empty", "loading"}
        assert (found["state"] == "live") or (found["rows"] == [] and found["figure"] is None and found["message"])


@pytest.mark.parametrize("key", KEYS)
def test_what_is_measured_is_live(whole: Whole, key: str) -> None:
    found = shown(whole, _bearers(whole, "readonly"), key)
    assert found["state"] == "live"
    assert found["message"] == "" or found["message"].startswith(NOT_ENOUGH)
    assert found["rows"]
    assert (found["figure"] is not None) == WIDGETS[key].chart
    # What changes every five minutes is that old.
    assert datetime.fromisoformat(found["asOf"]).timestamp() > time.time() - 330


_TOKENS: dict[tuple[int, str], dict[str, str]] = {}


def _bearers(whole: Whole, role: str) -> dict[str, str]:
    """One sign-in a role: each costs a hash."""
    if (id(whole), role) not in _TOKENS:
        _TOKENS[id(whole), role] = whole.bearer(role)
    return _TOKENS[id(whole), role]


@pytest.mark.parametrize("key", KEYS)
def test_card_json_and_csv_hold_the_same(whole: Whole, key: str) -> None:
    headers = _bearers(whole, "readonly")
    now = int(time.time())
    query = f"?from={_iso(now - 3_000)}&to={_iso(now - 300)}"
    card = shown(whole, headers, key, query)
    file = whole.client().get(f"{ROOT}/{key}.json{query}", headers=headers)
    assert file.get_json()["rows"] == card["rows"]
    assert file.get_json()["units"] == card["units"]
    text = whole.client().get(f"{ROOT}/{key}.csv{query}", headers=headers).text
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == len(card["rows"]) + 1
    for line, row in zip(lines[1:], card["rows"], strict=True):
        assert [_value(cell) for cell in line] == [_value(_of(row, name)) for name in lines[0]]


def _of(row: dict[str, Any], column: str) -> Any:
    return row[column.partition(" [")[0]]


def _value(cell: Any) -> Any:
    if cell is None or cell == "":
        return None
    try:
        return pytest.approx(float(cell))
    except ValueError:
        return cell


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def test_files_are_named_typed_and_whole(whole: Whole, bearer: dict[str, str]) -> None:
    for ending, kind in (("csv", "text/csv; charset=utf-8"), ("json", "application/json")):
        answer = whole.client().get(f"{ROOT}/api.latency.{ending}?from=now-15m", headers=bearer)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == kind
        assert re.fullmatch(
            rf'attachment; filename="api\.latency_\d{{4}}-\d\d-\d\dT\d{{6}}Z_\d{{4}}-\d\d-\d\dT\d{{6}}Z\.{ending}"',
            answer.headers["Content-Disposition"],
        )
    rows = whole.client().get(f"{ROOT}/api.latency.csv?from=now-15m", headers=bearer).text.splitlines()
    assert rows[0] == "time,p50 [seconds],p95 [seconds],p99 [seconds]"
    assert len(rows) - 1 == 61  # every quarter minute, both ends


def test_numbers_of_the_known_past_come_through(whole: Whole, bearer: dict[str, str]) -> None:
    assert shown(whole, bearer, "workflows.counts")["rows"] == [{"running": 1, "completed": 2, "failed": 1}]
    (now,) = shown(whole, bearer, "api.now")["rows"]
    # 100 requests a scrape of each of four instances; half of them within 50 ms, 94 within 0.5 s, 96 within 1 s.
    assert now["requests"] == pytest.approx(4 * 100 / 15)
    assert now["p50"] == pytest.approx(0.05)
    assert now["p95"] == pytest.approx(0.5 + 0.5 * (95 - 90) / (96 - 90))
    (host,) = shown(whole, bearer, "resources.host")["rows"]
    assert host == pytest.approx({"cpu": 0.25, "memory": 0.25, "disk": 0.6, "network": 2_048.0})


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=now&to=now-1h", "reversed or empty"),
        ("?from=now-1h&to=2126-01-01", "in the future"),
        ("?from=now-10s", "shorter than 60 s"),
        ("?from=now-90d", "kept for 30 days"),
        ("?from=now-1x", "Unknown time unit 'x'"),
        ("?from=%00", "Time not understood"),
        ("?from=%FF%FE", "Time not understood"),
        ("?from=" + "9" * 5_000, "Time not understood"),
        ("?from=now-1h&from=nonsense&to=<script>alert(1)</script>", "Time not understood"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".csv", ".json"])
def test_an_absurd_range_is_a_400_that_says_why(
    whole: Whole, bearer: dict[str, str], query: str, words: str, ending: str
) -> None:
    answer = whole.client().get(f"{ROOT}/api.latency{ending}{query}", headers=bearer)
    assert answer.status_code == 400
    found = answer.get_json()
    assert (found["error"], found["details"]) == ("Bad Request", None)
    assert words in found["message"]
    assert len(found["message"]) < 300


RANGE = "/api/dashboard/range"


def test_a_range_is_read_without_asking_any_source(whole: Whole, bearer: dict[str, str]) -> None:
    whole.prometheus.switch("refuse")
    answer = whole.client().get(f"{RANGE}?from=2h", headers=bearer)
    whole.prometheus.switch("pass")
    assert answer.status_code == 200
    found = answer.get_json()["data"]
    start, end = (datetime.fromisoformat(found[name]).timestamp() for name in ("from", "to"))
    assert (found["live"], found["stepSeconds"], end - start) == (True, 30, 7_200)
    assert time.time() - 60 < end <= time.time()


def test_a_range_is_read_in_the_given_zone(whole: Whole, bearer: dict[str, str]) -> None:
    query = "?from=yesterday&to=yesterday&tz=Asia/Kathmandu&compare=week"
    found = whole.client().get(RANGE + query, headers=bearer).get_json()["data"]
    start, end = (datetime.fromisoformat(found[name]).astimezone(ZoneInfo("Asia/Kathmandu")) for name in ("from", "to"))
    assert (start.hour, start.minute, end - start, found["live"]) == (0, 0, timedelta(days=1), False)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=yesterdy", "Time not understood: 'yesterdy'"),
        ("?from=now-1h&tz=Europe/Berln", "Unknown time zone 'Europe/Berln'"),
        ("?from=now-1h&compare=year", "Unknown comparison 'year'"),
        ("?from=now-90d", "kept for 30 days"),
    ],
)
def test_a_range_that_cannot_be_read_is_a_400_that_says_why(
    whole: Whole, bearer: dict[str, str], query: str, words: str
) -> None:
    answer = whole.client().get(RANGE + query, headers=bearer)
    assert answer.status_code == 400
    assert words in answer.get_json()["message"]
    assert whole.client().get(RANGE + query).status_code == 401


@pytest.mark.parametrize("key", ["no.such", "api", "api.now.xml", "x" * 5_000, "<b>", "API.NOW", "api.now%00"])
@pytest.mark.parametrize("ending", ["", ".csv", ".json"])
def test_an_unknown_widget_is_a_404_that_says_so(whole: Whole, bearer: dict[str, str], key: str, ending: str) -> None:
    answer = whole.client().get(f"{ROOT}/{key}{ending}", headers=bearer)
    assert answer.status_code == 404
    assert answer.is_json
    assert answer.get_json()["error"] == "Not Found"
    assert len(answer.get_json()["message"]) < 200


@pytest.mark.parametrize(
    "path", ["/api/dashboard/no-such-route", f"{ROOT}/%2e%2e%2fetc", f"{ROOT}/", "/api/", "/api/dashboard/widgets"]
)
def test_a_route_that_does_not_exist_is_a_404(whole: Whole, bearer: dict[str, str], path: str) -> None:
    answer = whole.client().get(path, headers=bearer)
    assert answer.status_code == 404
    assert answer.get_json()["error"] == "Not Found"


@pytest.mark.parametrize("path", ["api.now", "api.now.csv", "api.now.json", "no.such"])
def test_strangers_learn_nothing(whole: Whole, path: str) -> None:
    answers = [
        whole.client().get(f"{ROOT}/{path}"),
        whole.client().get(f"{ROOT}/{path}", headers={"Authorization": "Bearer x.y.z"}),
        whole.client().get(f"{ROOT}/{path}", headers={"Cookie": "session=x; __Host-session=y; _session=z"}),
    ]
    assert [one.status_code for one in answers] == [401] * 3
    assert len({one.text for one in answers}) == 1


@pytest.mark.parametrize("ending", ["", ".csv", ".json"])
def test_a_widget_above_the_callers_role_is_a_403(whole: Whole, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    above = {**WIDGETS, "api.now": replace(WIDGETS["api.now"], role=Role.DEVELOPER)}
    monkeypatch.setattr(dashboard, "find", above.get)
    statuses = {}
    for role in Role:
        answer = whole.client().get(f"{ROOT}/api.now{ending}", headers=_bearers(whole, role.word))
        statuses[role] = answer.status_code
        if answer.status_code == 403:
            assert answer.get_json()["message"] == "This needs the role developer or above."
    assert statuses == {Role.READONLY: 403, Role.OPERATOR: 403, Role.DEVELOPER: 200, Role.ADMIN: 200}


@pytest.mark.parametrize("mode", ["refuse", "cut", "garbage", "noise"])
def test_prometheus_away_is_a_word_on_the_card_and_a_503_for_the_file(
    whole: Whole, bearer: dict[str, str], mode: str
) -> None:
    whole.forget()
    whole.prometheus.switch(mode)  # type: ignore[arg-type]
    query = f"?from={_iso(time.time() - 1_000 - len(mode))}&to={_iso(time.time() - 200)}"
    card = shown(whole, bearer, "api.rate", query)
    assert (card["state"], card["figure"], card["rows"]) == ("failed", None, [])
    assert card["message"].startswith("Prometheus ")
    for ending in ("csv", "json"):
        answer = whole.client().get(f"{ROOT}/api.rate.{ending}{query}", headers=bearer)
        assert answer.status_code == 503
        assert answer.get_json()["error"] == "Service Unavailable"
        assert answer.get_json()["message"].startswith("Prometheus ")
        assert not TRACES.search(answer.text)


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_what_a_source_refuses_is_a_400_for_the_file(whole: Whole, ending: str) -> None:
    query = quote('label_replace(up, "a", "$1", "b", "(")', safe="")
    key = quote(f"explore.chart:promql={query}", safe="")
    answer = whole.client().get(f"{ROOT}/{key}.{ending}", headers=_bearers(whole, "developer"))
    assert answer.status_code == 400
    assert answer.get_json()["message"].startswith("Prometheus ")


@pytest.mark.parametrize("key", ["service.events:a%00b", "external.now:a%00b"])
def test_a_name_that_no_source_can_be_asked_for_is_a_404(whole: Whole, bearer: dict[str, str], key: str) -> None:
    assert find(key.replace("%00", "")) is not None
    for ending in ("", ".csv", ".json"):
        assert whole.client().get(f"{ROOT}/{quote(key, safe='')}{ending}", headers=bearer).status_code == 404


def test_a_bug_in_a_widget_is_a_500_without_a_trace(
    whole: Whole, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def table(_given: object) -> None:
        raise KeyError("secret detail")

    broken = {**WIDGETS, "api.now": replace(WIDGETS["api.now"], table=table)}  # type: ignore[arg-type]
    monkeypatch.setattr(dashboard, "find", broken.get)
    for ending in (".csv", ".json"):
        answer = whole.client().get(f"{ROOT}/api.now{ending}", headers=bearer)
        assert answer.status_code == 500
        assert answer.get_json()["error"] == "Internal Server Error"
        assert "secret detail" not in answer.text
        assert not TRACES.search(answer.text)


def test_a_session_reads_without_a_csrf_token_and_never_writes_without(whole: Whole) -> None:
    client = whole.signed_in("readonly")
    assert client.get(f"{ROOT}/api.now").status_code == 200
    answer = client.post("/api/dashboard/load-time", json={"seconds": 1})
    assert answer.status_code == 403
    assert "CSRF" in answer.get_json()["message"]


LOAD_TIME = "/api/dashboard/load-time"


def test_a_load_time_is_counted(whole: Whole, bearer: dict[str, str]) -> None:
    before = _loads(whole)
    assert whole.client().post(LOAD_TIME, headers=bearer, json={"seconds": 0.75}).status_code == 200
    assert _loads(whole) == before + 1


NO_TIMES = (
    *(b"{}", b'{"seconds": 0}', b'{"seconds": -1}', b'{"seconds": 600}', b'{"seconds": "1"}', b'{"seconds": true}'),
    *(b'{"seconds": NaN}', b'{"seconds": null}', b"[1]", b"7", b"null", b"{", b"", b'{"seconds": [1]}'),
)


@pytest.mark.parametrize("body", NO_TIMES)
def test_a_load_time_that_is_none_is_refused(whole: Whole, bearer: dict[str, str], body: bytes) -> None:
    before = _loads(whole)
    answer = whole.client().post(LOAD_TIME, headers=bearer, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["message"]
    assert _loads(whole) == before


def test_a_body_that_is_too_large_is_refused(whole: Whole, bearer: dict[str, str]) -> None:
    body = b'{"seconds": 1, "more": "' + b"x" * 1_000_000 + b'"}'
    answer = whole.client().post(LOAD_TIME, headers=bearer, data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.get_json()["message"]


def _loads(whole: Whole) -> float:
    text = whole.client().get("/metrics").text
    found = re.search(r"^dashboard_load_time_seconds_count (\S+)$", text, re.MULTILINE)
    assert found
    return float(found[1])


def test_a_file_is_named_after_what_it_spans(whole: Whole, bearer: dict[str, str]) -> None:
    """The strip of a day is of the last day, whatever the page shows."""
    reply = whole.client().get("/api/dashboard/widgets/availability.strip:24h.csv?from=now-7d", headers=bearer)
    assert reply.status_code == 200, reply.text
    found = re.search(r'filename="availability\.strip-24h_(\S+)_(\S+)\.csv"', reply.headers["Content-Disposition"])
    assert found is not None
    start, end = (datetime.strptime(one, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) for one in found.groups())
    assert timedelta(hours=23) < end - start <= timedelta(hours=24)


def test_a_body_says_the_span_its_file_name_says(whole: Whole, bearer: dict[str, str]) -> None:
    reply = whole.client().get("/api/dashboard/widgets/availability.strip:24h.json?from=now-7d", headers=bearer)
    assert reply.status_code == 200, reply.text
    start, end = (datetime.fromisoformat(reply.get_json()[one]) for one in ("from", "to"))
    assert timedelta(hours=23) < end - start <= timedelta(hours=24)
