"""POST /api/dashboard/metrics: raw PromQL for developers, bounded in time, range, points and series."""

from __future__ import annotations

import logging
import re
import time
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import BadRequest

from app.access import Role
from app.api.replies import data, failure, json_object
from app.auth.gate import declare
from app.auth.identity import visitor
from app.explore.exploration import LONGEST_PROMQL
from app.patience import Patience
from app.sources.errors import SourceError, Unavailable
from app.sources.moments import UNITS_S, BadRange, read_moment
from app.sources.outages import Outages
from app.sources.prometheus import NAME as PROMETHEUS
from app.sources.prometheus import Prometheus
from app.sources.promql import half_a_pair
from app.sources.windows import LONGEST_TEXT, RETENTION_S, SCRAPE_S, step_for

NAME = "metrics"
MAX_BODY_BYTES = 64 * 1024
MAX_POINTS = 11_000
WAIT_S, AWAY_S = 6.0, 0.25
_SLACK_S = 60
_UTC = ZoneInfo("UTC")
_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")
log = logging.getLogger(__name__)


def blueprint(prometheus: Prometheus | None, outages: Outages, patience: Patience) -> Blueprint:
    """The route; declares it at the gate when registered."""
    routes = Blueprint(NAME, __name__, url_prefix="/api/dashboard")

    @routes.post("/metrics")
    def query() -> Response:
        request.max_content_length = MAX_BODY_BYTES
        body = json_object()
        asked = _query(body)
        try:
            grid = _grid(body, time.time())
        except BadRange as error:
            return failure(400, str(error))
        with patience.waiting(WAIT_S if outages.since(PROMETHEUS) is None else AWAY_S) as allowed_s:
            return data(_evaluated(prometheus, outages, asked, grid=grid, allowed_s=allowed_s))

    routes.record_once(_declare)
    return routes


def _declare(state: BlueprintSetupState) -> None:
    declare(cast(Flask, state.app), f"{NAME}.query", Role.DEVELOPER)


def _evaluated(
    prometheus: Prometheus | None, outages: Outages, query: str, *, grid: dict[str, str], allowed_s: float
) -> dict[str, Any]:
    """Prometheus's answer; whatever comes of it, the log tells who asked what. Raises SourceError."""
    begun, outcome = time.monotonic(), "answered"
    try:
        if prometheus is None:
            raise Unavailable(PROMETHEUS, "is not configured: set PROMETHEUS_URL")
        found = prometheus.evaluate(query, grid, timeout_s=allowed_s)
        # The other way round it says nothing: a dear query that was given up is no outage.
        outages.note(PROMETHEUS, None, time.time())
        return found
    except SourceError as error:
        outcome = type(error).__name__
        raise
    finally:
        seconds = round(time.monotonic() - begun, 3)
        told = {"user": visitor().name, "query": query, **grid, "outcome": outcome, "seconds": seconds}
        log.info("raw query %s", orjson.dumps(told).decode())


def _query(body: dict[str, Any]) -> str:
    query = body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("Send query as text.")
    if len(query) > LONGEST_PROMQL:
        raise BadRequest(f"The query is too long: {LONGEST_PROMQL:,} characters at most.")
    if half_a_pair(query):
        raise BadRequest("The query is no text: it holds half a surrogate pair.")
    return query


def _grid(body: dict[str, Any], now: float) -> dict[str, str]:
    """The instant, or start, end and step, in seconds as Prometheus reads them. Raises BadRange."""
    start, end, step = (body.get(name) for name in ("start", "end", "step"))
    if start is None:
        if end is not None or step is not None:
            raise BadRange("end and step need start; without all three the query is asked for now.")
        return {"time": f"{now:.3f}"}
    first, last = _moment("start", start, now), now if end is None else _moment("end", end, now, last=True)
    if first > last:
        raise BadRange("The range is reversed: end lies before start.")
    if first < now - RETENTION_S - _SLACK_S or last > now + RETENTION_S:
        raise BadRange(f"The range is out of reach: {RETENTION_S // 86_400} days are kept.")
    step_s = max(SCRAPE_S, step_for(last - first)) if step is None else _step(step)
    points = int((last - first) / step_s) + 1
    if points > MAX_POINTS:
        raise BadRange(f"{points:,} points are too many; allowed: {MAX_POINTS:,}. Choose a longer step.")
    return {"start": f"{first:.3f}", "end": f"{last:.3f}", "step": f"{step_s:g}"}


def _moment(name: str, given: Any, now: float, *, last: bool = False) -> float:
    """Epoch seconds as a number or text, or a time as in the page's range."""
    if (number := _number(given)) is not None:
        return number
    if isinstance(given, str) and len(given) <= LONGEST_TEXT:
        return read_moment(given.strip(), now, zone=_UTC, last=last)
    raise BadRange(f"{name}: epoch seconds, now-1h, or ISO 8601 like 2026-01-31T14:00:00Z are allowed.")


def _step(given: Any) -> float:
    """Seconds as a number or text, or a duration like ``30s``."""
    number = _number(given)
    if number is None and isinstance(given, str) and (found := _DURATION.fullmatch(given)):
        number = float(int(found[1]) * UNITS_S[found[2]])
    if number is None or not 1 <= number <= RETENTION_S:
        raise BadRange("step: seconds, or a duration like 30s or 5m, are allowed; 1 s at least.")
    return number


def _number(given: Any) -> float | None:
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", given, re.ASCII):
        given = float(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < 1e12:
        return None
    return float(given)
