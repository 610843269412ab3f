"""Each way in which the proxy lets a server fail, and that it stops failing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import psycopg
import pytest
import requests

from tests.conftest import ProxyTo
from tests.servers.ports import LOOPBACK
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.proxy import Proxy

BODY = b"0123456789" * 1000


class Answering(BaseHTTPRequestHandler):
    """Answers every GET with BODY."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output is for failures."""


@pytest.fixture
def proxy(proxy_to: ProxyTo) -> Iterator[Proxy]:
    """A proxy to a web server."""
    server = ThreadingHTTPServer((LOOPBACK, 0), Answering)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield proxy_to(LOOPBACK, server.server_port)
    server.shutdown()
    server.server_close()


def get(proxy: Proxy, timeout_s: float = 2) -> requests.Response:
    return requests.get(proxy.url, timeout=timeout_s)


def works(proxy: Proxy) -> bool:
    return get(proxy).content == BODY


def test_pass_lets_everything_through_and_counts(proxy: Proxy) -> None:
    assert works(proxy)
    assert works(proxy)
    assert proxy.connections == 2


def test_refuse_refuses_and_ends_again(proxy: Proxy) -> None:
    proxy.switch("refuse")
    with pytest.raises(requests.ConnectionError, match="refused"):
        get(proxy)
    proxy.switch("pass")
    assert works(proxy)


def test_hang_accepts_and_says_nothing(proxy: Proxy) -> None:
    proxy.switch("hang")
    with pytest.raises(requests.ReadTimeout):
        get(proxy, timeout_s=0.2)
    assert proxy.connections == 1
    proxy.switch("pass")
    assert works(proxy)


def test_delay_comes_late(proxy: Proxy) -> None:
    proxy.switch("delay", delay_s=0.15)
    before = time.monotonic()
    assert works(proxy)
    assert time.monotonic() - before >= 0.15


def test_cut_ends_in_the_middle_of_the_answer(proxy: Proxy) -> None:
    proxy.switch("cut")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(proxy)


def test_garbage_is_an_answer_with_broken_json(proxy: Proxy) -> None:
    proxy.switch("garbage")
    reply = get(proxy)
    assert reply.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        reply.json()


def test_noise_is_no_http(proxy: Proxy) -> None:
    proxy.switch("noise")
    with pytest.raises(requests.ConnectionError):
        get(proxy)


def test_postgres_goes_through_and_is_reset(proxy_to: ProxyTo, postgres_server: PostgresServer) -> None:
    proxy = proxy_to(LOOPBACK, postgres_server.port)
    with psycopg.connect(proxy.through(postgres_server.url), autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        proxy.switch("refuse")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    proxy.switch("pass")
    assert wait_until(lambda: psycopg.connect(proxy.through(postgres_server.url)), what="a connection")
