"""The HTTP API of a real Prometheus: what its answers become, and in which words it refuses."""

from __future__ import annotations

import pytest

from app.sources.errors import BadQuery, TimedOut, TooLarge, Unavailable
from app.sources.prometheus import MAX_SERIES, Prometheus
from app.sources.windows import Window
from tests.conftest import ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.prometheus import PrometheusServer
from tests.sources.canned import http, saying
from tests.sources.conftest import END, START


@pytest.fixture(scope="module")
def source(small_prometheus: PrometheusServer) -> Prometheus:
    return Prometheus(small_prometheus.url)


def test_an_instant_has_each_series_with_its_labels(source: Prometheus) -> None:
    answer = source.instant("rising_total", END)
    assert [(dict(one.labels), one.value) for one in answer.samples] == [
        ({"__name__": "rising_total", "job": "api"}, 1_200.0)
    ]
    assert answer.as_of == END


def test_a_scalar_is_a_sample_without_labels(source: Prometheus) -> None:
    assert source.instant("scalar(rising_total)", END).scalar() == 1_200.0
    assert source.instant("scalar(no_such_metric)", END).scalar() is None


def test_a_range_lies_on_the_windows_grid(source: Prometheus, window: Window) -> None:
    answer = source.over_range("rising_total", window)
    assert answer.times == tuple(range(START, END + 1, 15))
    (series,) = answer.series
    assert series.values == tuple(2.0 * 15 * position for position in range(41))


def test_a_rate_passes_over_a_reset(source: Prometheus, window: Window) -> None:
    (series,) = source.over_range("rate(reset_total[60s])", window).series
    # The counter, one a second, had 285 at the last scrape before it began again at 0: of the minutes that contain
    # the reset, 45 seconds are in sight; every other minute has its 60.
    in_sight = dict.fromkeys(range(20, 24), 45)
    assert series.values[4:] == tuple(pytest.approx(in_sight.get(at, 60) / 60) for at in range(4, 41))


def test_points_before_the_first_and_after_the_last_sample_are_none(source: Prometheus, window: Window) -> None:
    wide = Window(START - 60, END, 15, live=False, asked=("a", "b"))
    (series,) = source.over_range("gone", wide).series
    assert series.values[:4] == (None,) * 4
    assert series.values[4] == 3.0
    assert series.values[-1] is None


def test_one_point_is_one_point(source: Prometheus) -> None:
    window = Window(START, START + 60, 15, live=False, asked=("a", "b"))
    (series,) = source.over_range("last_over_time(brief[10s])", window).series
    assert series.values == (7.0, None, None, None, None)


def test_nan_and_infinities_are_no_numbers(source: Prometheus, window: Window) -> None:
    values = source.instant("odd", END).by("kind")
    assert values == {"nan": None, "inf": None, "minus": None, "fine": 1.5}
    by_kind = {one.labels["kind"]: set(one.values) for one in source.over_range("odd", window).series}
    assert by_kind == {"nan": {None}, "inf": {None}, "minus": {None}, "fine": {1.5}}


def test_what_does_not_exist_is_empty_and_not_zero(source: Prometheus, window: Window) -> None:
    assert source.instant("no_such_metric", END).empty
    assert source.instant("no_such_metric", END).scalar() is None
    assert source.over_range("no_such_metric", window).empty
    assert source.over_range("no_such_metric", window).series == ()


def test_only_not_a_numbers_is_empty(source: Prometheus, window: Window) -> None:
    assert source.instant('odd{kind!="fine"}', END).empty
    assert source.over_range('odd{kind!="fine"}', window).empty


def test_known_tells_a_series_that_ended_from_one_that_never_was(source: Prometheus, window: Window) -> None:
    assert source.known("gone", window)
    assert source.known('gone{job="api"}', window)
    assert not source.known("no_such_metric", window)
    assert not source.known("gone", Window(END + 9_000, END + 9_600, 15, live=False, asked=("a", "b")))


def test_series_beyond_the_limit_are_cut_and_counted(source: Prometheus, window: Window) -> None:
    answer = source.over_range("many", window)
    assert len(answer.series) == MAX_SERIES
    assert answer.total == 230


def test_numbers_made_from_a_part_of_the_series_would_be_wrong_ones(source: Prometheus) -> None:
    with pytest.raises(TooLarge, match="answered 230 series"):
        source.instant("many", END)


def test_label_values_come_as_they_are(source: Prometheus) -> None:
    (sample,) = source.instant("hostile", END).samples
    assert sample.labels["text"] == '<b>"x"</b>\nnext=\\1'


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("rate(", "parse error"),
        ("", "empty"),
        ("sum by (job) (rate(rising_total))", "expected type range vector"),
        ("rising_total + on() group_left() many", "many-to-many"),
    ],
)
def test_a_question_that_it_refuses_is_a_bad_query_in_its_words(source: Prometheus, query: str, words: str) -> None:
    with pytest.raises(BadQuery) as refusal:
        source.instant(query, END)
    assert "Prometheus" in str(refusal.value)
    assert words in str(refusal.value) or words == "empty"


def test_too_many_points_are_refused(source: Prometheus) -> None:
    window = Window(START - 20_000 * 15, END, 15, live=False, asked=("a", "b"))
    with pytest.raises(TooLarge, match="11,000 points"):
        source.over_range("rising_total", window)


def test_the_evaluations_own_timeout_is_a_timeout(small_prometheus: PrometheusServer, window: Window) -> None:
    hasty = Prometheus(small_prometheus.url, timeout_s=0.05)
    slow = "count_over_time((sum(sum_over_time(many[10m])))[30d:1s])"
    with pytest.raises(TimedOut):
        hasty.over_range(slow, window)


def test_it_keeps_its_connection(small_prometheus: PrometheusServer, window: Window, proxy_to: ProxyTo) -> None:
    proxy = proxy_to(LOOPBACK, small_prometheus.port)
    source = Prometheus(proxy.url)
    for _ in range(20):
        assert not source.instant("rising_total", END).empty
        assert not source.over_range("many", window).empty
    assert proxy.connections == 1


def test_the_token_goes_with_each_question_and_into_no_message() -> None:
    answer = http(b'{"status": "error", "errorType": "bad_data", "error": "no"}', status="400 Bad Request")
    with saying(answer) as server, pytest.raises(BadQuery) as refusal:
        Prometheus(server.url, token="hunter2-hunter2").instant("up", END)
    assert "hunter2" not in str(refusal.value)


def test_warnings_come_with_the_answer(window: Window) -> None:
    body = b'{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["remote read failed",7]}'
    with saying(http(body)) as server:
        assert Prometheus(server.url).over_range("up", window).warnings == ("remote read failed", "7")


@pytest.mark.parametrize(
    ("kind", "text", "status", "error"),
    [
        ("timeout", "query timed out in expression evaluation", "503 x", TimedOut),
        ("canceled", "query was canceled", "503 x", TimedOut),
        ("execution", "multiple matches for labels", "422 x", BadQuery),
        ("bad_data", "invalid parameter", "400 x", BadQuery),
        ("execution", "query processing would load too many samples into memory", "422 x", TooLarge),
        ("internal", "storage is closed", "500 x", Unavailable),
        ("unavailable", "not ready", "503 x", Unavailable),
        ("not_found", "no", "404 x", Unavailable),
        ("something new", "no", "418 x", Unavailable),
    ],
)
def test_error_types_become_ours(kind: str, text: str, status: str, error: type[Exception]) -> None:
    body = f'{{"status": "error", "errorType": "{kind}", "error": "{text}"}}'.encode()
    with saying(http(body, status=status)) as server, pytest.raises(error) as raised:
        Prometheus(server.url).instant("up", END)
    assert text in str(raised.value)
    assert type(raised.value) is error


VECTOR = b'{"status":"success","data":{"resultType":"vector","result":[%b]}}'
GARBAGE = {
    "no JSON": b"<html>It works!</html>",
    "nothing": b"",
    "another API": b'{"ok": true}',
    "a list": b"[1, 2]",
    "null": b"null",
    "half": b'{"status": "success", "data": {"resultType": "vec',
    "no data": b'{"status": "success"}',
    "data is null": b'{"status": "success", "data": null}',
    "the wrong type": b'{"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}',
    "result is no list": b'{"status": "success", "data": {"resultType": "vector", "result": {}}}',
    "a metric that is a list": VECTOR % b'{"metric":[],"value":[1,"1"]}',
    "a sample that is a word": VECTOR % b'"x"',
    "a value that is null": VECTOR % b'{"metric":{},"value":[1,null]}',
    "a value that is a word": VECTOR % b'{"metric":{},"value":[1,"x"]}',
    "a scalar without a value": b'{"status":"success","data":{"resultType":"scalar","result":[]}}',
    "a scalar that is null": b'{"status":"success","data":{"resultType":"scalar","result":null}}',
    "warnings that are a number": b'{"status":"success","data":{"resultType":"vector","result":[]},"warnings":5}',
}  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_answers_that_are_none_are_no_answer(body: bytes) -> None:
    with saying(http(body)) as server, pytest.raises(Unavailable) as raised:
        Prometheus(server.url).instant("up", END)
    assert str(raised.value).startswith("Prometheus: ")


BAD_SERIES = {
    "before the window": '{"metric":{},"values":[[0,"1"]]}',
    "after the window": '{"metric":{},"values":[[9000000000,"1"]]}',
    "a time that is a word": '{"metric":{},"values":[["x","1"]]}',
    "an endless time": '{"metric":{},"values":[[1e308,"1"],[-1e308,"1"]]}',
    "a metric that is a list": '{"metric":[],"values":[]}',
    "no values": '{"metric":{}}',
    "values of three": '{"metric":{},"values":[[1,"2",3]]}',
    "null": "null",
}


@pytest.mark.parametrize("series", BAD_SERIES.values(), ids=BAD_SERIES)
def test_series_that_cannot_be_read_are_no_answer(series: str, window: Window) -> None:
    body = f'{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}'.encode()
    with saying(http(body)) as server, pytest.raises(Unavailable):
        Prometheus(server.url).over_range("up", window)


def test_a_redirect_is_not_followed() -> None:
    elsewhere = http(b"", status="302 Found", more="Location: http://169.254.169.254/latest\r\n")
    with saying(elsewhere) as server, pytest.raises(Unavailable, match="answered status 302"):
        Prometheus(server.url).instant("up", END)
