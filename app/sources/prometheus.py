"""Prometheus's HTTP API: instant and range queries, bounded in time, size and number of series."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
import requests
import urllib3

from app.sources.errors import BadQuery, SourceError, TimedOut, TooLarge, Unavailable
from app.sources.promql import LABEL_NAME, selector
from app.sources.results import Matrix, Sample, Series, Vector
from app.sources.windows import Window

NAME = "Prometheus"
CONNECT_TIMEOUT_S = 2.0
MAX_BYTES = 16 * 1024 * 1024
MAX_SERIES = 200
MAX_RAW_SERIES = 1_000
_CHUNK = 64 * 1024
# What taking apart an answer of another shape than Prometheus's raises.
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


class Prometheus:
    """A Prometheus-compatible server. Safe for use by several threads."""

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 6.0) -> None:
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=32))
        self._session.trust_env = False  # a proxy variable of the machine must not see the queries
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def instant(self, query: str, at: float) -> Vector:
        """The value of each series at ``at`` (epoch seconds). Raises SourceError."""
        data, warnings = self._ask("query", {"query": query, "time": str(at)})
        return Vector(_samples(data), as_of=at, warnings=warnings)

    def over_range(self, query: str, window: Window) -> Matrix:
        """Values on the window's grid; points Prometheus left out are None. Raises SourceError."""
        form = {"query": query, "start": str(window.start), "end": str(window.end), "step": str(window.step)}
        data, warnings = self._ask("query_range", form)
        found = _result(data, "matrix")
        series = tuple(_on_grid(one, window) for one in found[:MAX_SERIES])
        return Matrix(window.times, series, as_of=window.end, total=len(found), warnings=warnings)

    def known(self, selector: str, window: Window) -> bool:
        """Whether any series matched the selector within the window. Raises SourceError."""
        form = {"match[]": selector, "start": str(window.start), "end": str(window.end)}
        data, _ = self._ask("series", form)
        return bool(data)

    def firing(self) -> tuple[dict[str, str], ...]:
        """The alerts that fire now: their labels, with ``summary`` and ``activeAt`` added. Raises SourceError."""
        data, _ = self._ask("alerts", {}, verb="GET")
        try:
            found = [one for one in data["alerts"] if one["state"] == "firing"]
            return tuple(
                {
                    **_labels(one["labels"]),
                    "summary": str(one["annotations"].get("summary", "")),
                    "activeAt": str(one["activeAt"]),
                }
                for one in found
            )
        except _UNREADABLE as error:
            raise Unavailable(NAME, "answered alerts that cannot be read") from error

    def names(self, start: int, end: int) -> tuple[str, ...]:
        """The names of all metrics that had a sample between two epoch seconds. Raises SourceError."""
        return self.label_values("__name__", start, end)

    def label_names(self, metric: str, start: int, end: int) -> tuple[str, ...]:
        """A metric's labels in that time, ``__name__`` among them; none where it had no series. Raises SourceError."""
        form = {"match[]": selector(metric), "start": str(start), "end": str(end)}
        return _texts(self._ask("labels", form)[0])

    def label_values(self, label: str, start: int, end: int, *, metric: str = "") -> tuple[str, ...]:
        """A label's values in that time, of one metric or of all. Raises SourceError."""
        if not LABEL_NAME.fullmatch(label):
            raise BadQuery(NAME, f"knows no label {label[:60]!r}")
        form = {"start": str(start), "end": str(end), **({"match[]": selector(metric)} if metric else {})}
        return _texts(self._ask(f"label/{label}/values", form, verb="GET")[0])

    def metadata(self) -> dict[str, tuple[str, str]]:
        """Type and help of each metric family, as its scrape targets of now declare them. Raises SourceError."""
        data, _ = self._ask("metadata", {"limit_per_metric": "1"}, verb="GET")
        try:
            return {name: (str(told[0]["type"]), str(told[0]["help"])) for name, told in data.items() if told}
        except _UNREADABLE as error:
            raise Unavailable(NAME, "answered metadata that cannot be read") from error

    def evaluate(self, query: str, grid: Mapping[str, str], *, timeout_s: float | None = None) -> dict[str, Any]:
        """Prometheus's own ``resultType``, ``result`` and ``warnings``.

        ``grid`` holds ``time`` for an instant or ``start``, ``end`` and ``step`` for a range, in seconds. Raises
        SourceError, TooLarge among them when there are more than MAX_RAW_SERIES series.
        """
        path = "query_range" if "step" in grid else "query"
        data, warnings = self._ask(path, {"query": query, **grid}, timeout_s=timeout_s)
        if not isinstance(data, dict) or not isinstance(data.get("result"), list):
            raise Unavailable(NAME, "answered something that is no result")
        kind, result = str(data.get("resultType")), data["result"]
        if kind in {"vector", "matrix"} and len(result) > MAX_RAW_SERIES:
            raise TooLarge(NAME, f"answered {len(result):,} series; at most {MAX_RAW_SERIES:,} are passed on")
        return {"resultType": kind, "result": result, "warnings": list(warnings)}

    def parse(self, query: str, *, timeout_s: float) -> None:
        """Raises BadQuery for what is no PromQL, any SourceError besides; nothing is evaluated."""
        self._ask("format_query", {"query": query}, timeout_s=timeout_s)

    def ready(self) -> None:
        """Returns when a trivial query is answered; raises SourceError."""
        self._ask("query", {"query": "vector(1)"}, timeout_s=2.0)

    def _ask(
        self, path: str, form: Mapping[str, str], *, timeout_s: float | None = None, verb: str = "POST"
    ) -> tuple[Any, tuple[str, ...]]:
        timeout_s = timeout_s or self._timeout_s
        deadline = time.monotonic() + timeout_s
        limits = {"timeout": f"{timeout_s * 1000:.0f}ms"} if path in {"query", "query_range"} else {}
        try:
            with self._send(verb, path, {**form, **limits}, timeout_s) as reply:
                body = _read(reply, deadline=deadline)
                return _data(reply.status_code, body)
        except (requests.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
            raise TimedOut(NAME, f"gave no whole answer within {timeout_s:g} s") from error
        except requests.RequestException as error:
            raise Unavailable(NAME, "cannot be reached") from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(NAME, "broke off its answer") from error

    def _send(self, verb: str, path: str, form: Mapping[str, str], timeout_s: float) -> requests.Response:
        """The reply's beginning. A connection kept from before that turns out to be closed is tried anew, once."""
        send = partial(
            self._session.request,
            verb,
            f"{self._url}/api/v1/{path}",
            params=form if verb == "GET" else None,
            data=form if verb == "POST" else None,
            timeout=(CONNECT_TIMEOUT_S, timeout_s),
            stream=True,
            allow_redirects=False,
        )
        try:
            return send()
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
                return send()
            raise


def _read(reply: requests.Response, *, deadline: float) -> bytes:
    """The whole body; a slow drip ends at the deadline, a flood at MAX_BYTES.

    Not ``iter_content``: it waits for a whole chunk, so that one byte a second would hold the thread for hours.
    """
    body = bytearray()
    while chunk := reply.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_BYTES:
            raise TooLarge(NAME, f"the answer is larger than {MAX_BYTES // 1024**2} MiB")
        if time.monotonic() > deadline:
            raise TimedOut(NAME, "the answer was not complete in time")
    return bytes(body)


def _data(status: int, body: bytes) -> tuple[Any, tuple[str, ...]]:
    try:
        answer = orjson.loads(body)
        outcome = answer["status"]
        if outcome == "success":
            return answer["data"], tuple(str(one) for one in answer.get("warnings") or ())
        kind, text = str(answer["errorType"]), str(answer["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(NAME, f"answered status {status} with something that is not its API") from error
    raise _refusal(kind, text)


def _refusal(kind: str, text: str) -> SourceError:
    if kind in {"timeout", "canceled"}:
        return TimedOut(NAME, text)
    if "too many" in text or "exceeded" in text:
        return TooLarge(NAME, text)
    if kind in {"bad_data", "execution"}:
        return BadQuery(NAME, text)
    return Unavailable(NAME, text)


def _result(data: Any, kind: str) -> list[Any]:
    if not isinstance(data, dict) or data.get("resultType") != kind or not isinstance(data.get("result"), list):
        raise Unavailable(NAME, f"did not answer with a {kind}")
    return list(data["result"])


def _samples(data: Any) -> tuple[Sample, ...]:
    try:
        if isinstance(data, dict) and data.get("resultType") == "scalar":
            return (Sample({}, _number(data["result"][1])),)
        found = _result(data, "vector")
        if len(found) > MAX_SERIES:  # a status made from a part of the instances would be a wrong one
            raise TooLarge(NAME, f"answered {len(found)} series; at most {MAX_SERIES} can be shown")
        return tuple(Sample(_labels(one["metric"]), _number(one["value"][1])) for one in found)
    except _UNREADABLE as error:
        raise Unavailable(NAME, "answered a vector that cannot be read") from error


def _on_grid(one: Any, window: Window) -> Series:
    try:
        values: list[float | None] = [None] * len(window.times)
        for moment, text in one["values"]:
            position = round((moment - window.start) / window.step)
            if position < 0:
                raise IndexError(position)
            values[position] = _number(text)
        return Series(_labels(one["metric"]), tuple(values))
    except _UNREADABLE as error:
        raise Unavailable(NAME, "answered a matrix that cannot be read") from error


def _labels(metric: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in metric.items()}


def _texts(data: Any) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(one, str) for one in data):
        raise Unavailable(NAME, "did not answer with a list of names")
    return tuple(data)


def _number(text: str) -> float | None:
    """A finite number; NaN and infinities are no number to show."""
    value = float(text)
    return value if math.isfinite(value) else None
