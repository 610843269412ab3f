"""The reference for long ranges: what the product asks Prometheus for a chart, sent there without the product."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.sources import recorded
from app.sources.answers import ASKERS
from app.sources.prometheus import Prometheus
from app.sources.questions import NOW_RATE_S, RECORDED_FROM_S, At, Over, Question, expand
from app.sources.reaches import Reach
from app.sources.windows import Window
from app.widgets.widget import Widget
from tests.bench.connection import Connection

HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "gzip, deflate"}


@dataclass(frozen=True)
class Query:
    """A path of Prometheus's query API and the form that is posted to it, encoded; whether it reads recorded series."""

    path: str
    form: str
    recorded: bool = False


class Straight:
    """Asks Prometheus a chart's questions, as many at once as the product does."""

    def __init__(self, url: str) -> None:
        self._client = Prometheus(url)
        host, port = urlsplit(url).hostname, urlsplit(url).port
        assert host
        assert port
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._connections = [Connection(host, port) for _ in range(ASKERS)]
        for one in self._connections:
            self._free.put(one)
        self._threads = ThreadPoolExecutor(ASKERS)
        self._covered: dict[tuple[str, int, int], bool] = {}

    def queries(self, widget: Widget, window: Window) -> tuple[Query, ...]:
        """What the product asks over this range: neither the event store nor the last weeks, which it keeps for hours.

        Nor whether recorded series cover the range, which it asks once in five minutes.
        """
        found = (self._query(question, window) for question in widget.questions.values())
        return tuple(dict.fromkeys(query for query in found if query))

    def ask(self, queries: Iterable[Query]) -> float:
        """Ms until the last of the answers is complete. Raises AssertionError for one that is none."""
        begun = time.perf_counter()
        for status in list(self._threads.map(self._post, queries)):
            assert status == 200, f"Prometheus answered {status}"
        return (time.perf_counter() - begun) * 1_000

    def covers(self, name: str, window: Window) -> bool:
        """Whether a recorded series covers such a range, as the product would find; remembered by step and length."""
        known = (name, window.step, window.seconds)
        if known not in self._covered:
            slots = recorded.coarse(window)
            series = self._client.over_range(recorded.presence(name), slots)
            self._covered[known] = recorded.covers(series, self._client.over_range(recorded.ANCHOR, slots), window)
        return self._covered[known]

    def close(self) -> None:
        """Ends threads and connections."""
        self._threads.shutdown()
        for one in self._connections:
            one.close()

    def _query(self, question: Question, window: Window) -> Query | None:
        now = time.time()
        match question:
            case At():
                text = expand(question.promql, window, rate_s=NOW_RATE_S)
                return _query("query", {"query": text, "time": question.instant(window, now)})
            case Reach():
                return self._ranged(question, question.window(window, now))
            case Over():
                return self._ranged(question, window)
            case _:
                return None

    def _ranged(self, question: Over, window: Window) -> Query:
        is_recorded = self._is_recorded(question, window)
        text = expand(question.recorded if is_recorded else question.promql, window, rate_s=window.rate_s)
        form = {"query": text, "start": window.start, "end": window.end, "step": window.step}
        return _query("query_range", form, is_recorded=is_recorded)

    def _is_recorded(self, question: Over, window: Window) -> bool:
        if not question.recorded or window.step < RECORDED_FROM_S:
            return False
        return all(self.covers(name, window) for name in recorded.names_in(question.recorded))

    def _post(self, query: Query) -> int:
        connection = self._free.get()
        try:
            return connection.post(f"/api/v1/{query.path}", query.form, HEADERS).status
        finally:
            self._free.put(connection)


def _query(path: str, form: Mapping[str, Any], *, is_recorded: bool = False) -> Query:
    return Query(path, urlencode(form), is_recorded)
