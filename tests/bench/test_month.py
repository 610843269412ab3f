"""The reference of long ranges asks what the product asks, and the ranges are what they are said to be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from app.sources import recorded
from app.sources.answers import Answers
from app.sources.cache import SharedCache
from app.sources.prometheus import Prometheus
from app.sources.questions import Past, Told
from app.sources.windows import Window, read_window
from app.widgets.widget import Widget
from tests.bench.month import Ranges, charts
from tests.bench.straight import Straight
from tests.servers.ports import LOOPBACK

CHARTS = {one.key: one for one in charts()}


class Asked(ThreadingHTTPServer):
    """Has no series but ``up``, if any at all, and keeps each query it is asked."""

    def __init__(self, *, scraped: bool) -> None:
        super().__init__((LOOPBACK, 0), Answering)
        self.scraped = scraped
        self.queries: list[tuple[str, ...]] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    """Answers a query without data; the anchor with a value at the range's start."""

    protocol_version = "HTTP/1.1"
    server: Asked

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        fields = ("query", "start", "end", "step", "time")
        self.server.queries.append((self.path.rpartition("/")[2], *(form.get(name, "") for name in fields)))
        is_range = self.path.endswith("query_range")
        anchored = is_range and self.server.scraped and form["query"] == recorded.ANCHOR
        series = '{{"metric":{{}},"values":[[{},"1"]]}}'.format(form["start"]) if anchored else ""
        kind = "matrix" if is_range else "vector"
        body = f'{{"status":"success","data":{{"resultType":"{kind}","result":[{series}]}}}}'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests' output is for failures."""


@contextmanager
def asked(*, scraped: bool) -> Iterator[Asked]:
    """Such a server for the length of a block."""
    server = Asked(scraped=scraped)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def asked_by_product(widget: Widget, window: Window, url: str, folder: Path) -> None:
    answers = Answers(prometheus=Prometheus(url), events=None, cache=SharedCache(folder))  # type: ignore[arg-type]
    left_out = (Past, Told)
    answers.together({name: one for name, one in widget.questions.items() if not isinstance(one, left_out)}, window)


def about_coverage(query: tuple[str, ...], widget: Widget) -> bool:
    texts = [getattr(one, "recorded", "") for one in widget.questions.values()]
    return query[1] in {recorded.ANCHOR, *(recorded.presence(name) for one in texts for name in recorded.names_in(one))}


@pytest.mark.parametrize("scraped", [True, False], ids=["raw", "recorded"])
@pytest.mark.parametrize(
    "key",
    ["api.latency", "explore.chart:metric=up&agg=sum&by=job", "architecture.graph:", "slo.burn", "database.locks"],
)
def test_straight_asks_what_the_product_asks(key: str, scraped: bool, tmp_path: Path) -> None:
    widget, window = CHARTS[key], read_window(*Ranges(30, 5).another(), time.time())
    with asked(scraped=scraped) as server:
        asked_by_product(widget, window, server.url, tmp_path)
        product = {query for query in server.queries if not about_coverage(query, widget)}
        straight = Straight(server.url)
        queries = straight.queries(widget, window)
        server.queries.clear()
        assert straight.ask(queries) > 0
        straight.close()
        assert set(server.queries) == product
        assert len(server.queries) == len(queries) > 0


@pytest.mark.parametrize(("days", "count", "step"), [(30, 11, 7_200), (3, 5, 900)])
def test_ranges_differ_are_equally_long_and_are_kept(days: int, count: int, step: int) -> None:
    ranges = Ranges(days, count)
    windows = [read_window(*ranges.another(), time.time(), kept_s=days * 86_400) for _ in range(count)]
    assert len({window.id for window in windows}) == count
    assert len({window.end for window in windows}) == count
    assert {window.step for window in windows} == {step}
    assert {window.seconds for window in windows} == {ranges.seconds}
    assert not any(window.live for window in windows)
    with pytest.raises(StopIteration):
        ranges.another()
