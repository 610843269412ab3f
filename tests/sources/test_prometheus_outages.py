"""Prometheus on its bad days: refused, hanging, slow, cut short, flooding, not speaking HTTP; and back again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from app.sources import prometheus
from app.sources.errors import SourceError, TimedOut, TooLarge, Unavailable
from app.sources.prometheus import Prometheus
from app.sources.windows import Window
from tests.conftest import ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.processes import wait_until
from tests.servers.prometheus import PrometheusServer
from tests.servers.proxy import Proxy
from tests.sources.canned import http, saying
from tests.sources.conftest import END

TIMEOUT_S = 0.3
# What a busy machine may add.
SLACK_S = 4.0


@pytest.fixture
def proxy(small_prometheus: PrometheusServer, proxy_to: ProxyTo) -> Iterator[Proxy]:
    yield proxy_to(LOOPBACK, small_prometheus.port)


def took(act: Callable[[], object], error: type[SourceError]) -> tuple[float, str]:
    """How long the failure took and what it says."""
    begun = time.monotonic()
    with pytest.raises(error) as raised:
        act()
    return time.monotonic() - begun, str(raised.value)


def test_refused_is_said_at_once(proxy: Proxy) -> None:
    proxy.switch("refuse")
    seconds, words = took(lambda: Prometheus(proxy.url).instant("up", END), Unavailable)
    assert words == "Prometheus: cannot be reached"
    assert seconds < SLACK_S


def test_a_hanging_server_is_given_up_in_time(proxy: Proxy, window: Window) -> None:
    proxy.switch("hang")
    source = Prometheus(proxy.url, timeout_s=TIMEOUT_S)
    for ask in (
        lambda: source.instant("up", END),
        lambda: source.over_range("up", window),
        lambda: source.known("up", window),
    ):
        seconds, words = took(ask, TimedOut)
        assert words == "Prometheus: gave no whole answer within 0.3 s"
        assert TIMEOUT_S * 0.9 < seconds < TIMEOUT_S + SLACK_S


def test_a_delay_within_the_time_is_an_answer(proxy: Proxy) -> None:
    proxy.switch("delay", delay_s=0.1)
    assert not Prometheus(proxy.url, timeout_s=5).instant("rising_total", END).empty


def test_a_delay_beyond_the_time_is_none(proxy: Proxy) -> None:
    proxy.switch("delay", delay_s=5)
    seconds, _ = took(lambda: Prometheus(proxy.url, timeout_s=TIMEOUT_S).instant("up", END), TimedOut)
    assert seconds < TIMEOUT_S + SLACK_S


def test_an_answer_cut_in_the_middle_is_none(proxy: Proxy, window: Window) -> None:
    proxy.switch("cut")
    took(lambda: Prometheus(proxy.url).over_range("many", window), Unavailable)


def test_garbage_in_http_is_no_answer(proxy: Proxy) -> None:
    proxy.switch("garbage")
    _, words = took(lambda: Prometheus(proxy.url).instant("up", END), Unavailable)
    assert words == "Prometheus: answered status 200 with something that is not its API"


def test_what_is_no_http_is_no_answer(proxy: Proxy) -> None:
    proxy.switch("noise")
    took(lambda: Prometheus(proxy.url).instant("up", END), Unavailable)


def test_it_answers_again_as_soon_as_the_server_does(proxy: Proxy) -> None:
    source = Prometheus(proxy.url, timeout_s=TIMEOUT_S)
    for mode in ("refuse", "hang", "cut", "garbage", "noise"):
        assert not source.instant("rising_total", END).empty
        proxy.switch(mode)
        took(lambda: source.instant("rising_total", END), SourceError)
        proxy.switch("pass")
    assert not source.instant("rising_total", END).empty


def test_a_restarted_server_is_asked_anew(small_prometheus: PrometheusServer) -> None:
    source = Prometheus(small_prometheus.url)
    assert not source.instant("rising_total", END).empty
    small_prometheus.stop()
    took(lambda: source.instant("rising_total", END), Unavailable)
    small_prometheus.start()
    wait_until(lambda: not source.instant("rising_total", END).empty)


def test_a_drip_ends_at_the_deadline() -> None:
    """Each byte comes in time, the whole never would."""
    with saying(http(b"{" + b" " * 5_000), at_once=60, pause_s=0.05) as server:
        seconds, _ = took(lambda: Prometheus(server.url, timeout_s=TIMEOUT_S).instant("up", END), TimedOut)
    assert seconds < 2 * TIMEOUT_S + SLACK_S


def test_half_a_body_and_then_silence_is_a_timeout() -> None:
    with saying(http(b'{"status": "succ', length=500)) as server:
        seconds, words = took(lambda: Prometheus(server.url, timeout_s=TIMEOUT_S).instant("up", END), TimedOut)
    assert seconds < 2 * TIMEOUT_S + SLACK_S
    assert "no whole answer" in words


def test_a_flood_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "MAX_BYTES", 1024 * 1024)
    with saying(http(b" " * 3 * 1024 * 1024)) as server:
        _, words = took(lambda: Prometheus(server.url).instant("up", END), TooLarge)
    assert words == "Prometheus: the answer is larger than 1 MiB"


def test_a_compressed_flood_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(prometheus, "MAX_BYTES", 1024 * 1024)
    bomb = gzip.compress(b" " * 30 * 1024 * 1024)
    with saying(http(bomb, more="Content-Encoding: gzip\r\n")) as server:
        took(lambda: Prometheus(server.url).instant("up", END), TooLarge)


def test_what_claims_to_be_compressed_and_is_not_is_no_answer() -> None:
    with saying(http(b"this is no gzip", more="Content-Encoding: gzip\r\n")) as server:
        took(lambda: Prometheus(server.url).instant("up", END), Unavailable)


def test_readiness_is_asked_with_a_short_patience(proxy: Proxy) -> None:
    source = Prometheus(proxy.url)
    source.ready()
    proxy.switch("hang")
    seconds, words = took(source.ready, TimedOut)
    assert seconds < 2 + SLACK_S
    assert words == "Prometheus: gave no whole answer within 2 s"


def test_no_driver_error_leaves_the_package(proxy: Proxy, window: Window) -> None:
    source = Prometheus("http://no-such-host.invalid:9090", timeout_s=TIMEOUT_S)
    took(lambda: source.over_range("up", window), Unavailable)
