"""The dashboard about itself: its metrics and its own log lines."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections import Counter as Counts
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

POOL_SAID_S = 60.0
PAGE_VIEWS = Counter("dashboard_page_views_total", "Pages laid out for a viewer", ["page"])
LOAD_TIME = Histogram(
    "dashboard_load_time_seconds",
    "From navigation to the first complete page, as browsers report it",
    buckets=(0.1, 0.5, 1, 2, 5, 10),
)
SOCKETS = Gauge("dashboard_websocket_connections_total", "Live connections now", multiprocess_mode="livesum")
ERRORS = Counter("dashboard_errors_total", "Errors of the dashboard itself", ["type", "component"])
TICKS = Histogram(
    "dashboard_tick_duration_seconds",
    "Server time of one refresh of a page",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
ASKED = Counter("dashboard_source_requests_total", "Questions sent to a source", ["source", "outcome"])
ASKED_SECONDS = Histogram("dashboard_source_request_duration_seconds", "Time a source took to answer", ["source"])
_CACHE = Counter("dashboard_cache_requests_total", "Look-ups in the shared cache", ["result"])
CACHE_HITS, CACHE_MISSES = _CACHE.labels(result="hit"), _CACHE.labels(result="miss")


def exposition(shared_folder: str | None, active_users: int | None, *, cache_up: bool | None = None) -> bytes:
    """The metrics of all web processes (or of this one) as Prometheus's text.

    Unknown active users are left out, and so is whether Redis answers where none is set (``cache_up`` None).
    """
    registry = CollectorRegistry()
    if shared_folder:
        multiprocess.MultiProcessCollector(registry, path=shared_folder)  # type: ignore[no-untyped-call]
    own = generate_latest(registry) if shared_folder else generate_latest()
    of_now = CollectorRegistry()
    of_now.register(_OfNow("dashboard_active_users_total", "People seen in the last five minutes", active_users))
    of_now.register(_OfNow("dashboard_shared_cache_up", "Whether the Redis that replicas share answers", cache_up))
    return own + generate_latest(of_now)


class _OfNow(Collector):
    """A gauge that is asked for when it is read; unlike the library's Gauge it belongs to no process."""

    def __init__(self, name: str, text: str, value: float | None) -> None:
        self._name, self._text, self._value = name, text, value

    def collect(self) -> Iterable[Metric]:
        """The gauge, or nothing while it cannot be known."""
        if self._value is not None:
            yield GaugeMetricFamily(self._name, self._text, self._value)


def observe_source(source: str, outcome: str, seconds: float) -> None:
    """Counts one question to a source; ``outcome`` is ``answered`` or the name of the error."""
    ASKED.labels(source=source, outcome=outcome).inc()
    ASKED_SECONDS.labels(source=source).observe(seconds)


class JsonLines(logging.Formatter):
    """Log records as one JSON object a line; the trace of an exception stays inside the line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "service": "system-health-dashboard",
            "component": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line)


class CountErrors(logging.Handler):
    """Counts what is logged as an error, by the logger that did."""

    def emit(self, record: logging.LogRecord) -> None:
        """Counts one record."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.levelname.lower()
        ERRORS.labels(type=kind, component=record.name.split(".")[-1]).inc()


class Repeats(logging.Filter):
    """Lets a message through once in ``every_s`` seconds, whatever its arguments, then with how many were left out."""

    def __init__(self, every_s: float) -> None:
        super().__init__()
        self._every_s = every_s
        self._said_at: dict[str, float] = {}
        self._left_out: Counts[str] = Counts()
        self._guard = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be said."""
        text = str(record.msg)
        with self._guard:
            since_s = record.created - self._said_at.get(text, float("-inf"))
            if 0 <= since_s < self._every_s:  # a clock that is put back silences nothing
                self._left_out[text] += 1
                return False
            self._said_at[text] = record.created
            left_out = self._left_out.pop(text, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more since the last)", ()
        return True


def log_as_json(level: str) -> None:
    """Sends this process's log lines to standard error as JSON."""
    # The pool says each attempt to connect, of each of its threads: while PostgreSQL is away that would fill a disk.
    logging.getLogger("psycopg.pool").addFilter(Repeats(POOL_SAID_S))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler, CountErrors(logging.ERROR)], force=True)
