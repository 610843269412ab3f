"""Probes for machines: /health, /ready and /metrics."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from app import telemetry
from app.api.replies import failure
from app.telemetry import Check


def blueprint(
    checks: Sequence[Check],
    *,
    metrics_token: str | None,
    metrics_folder: str | None,
    active_users: Callable[[], int | None],
) -> Blueprint:
    """The three routes. ``active_users`` answers None when it cannot be known."""
    probes = Blueprint("probes", __name__)

    @probes.get("/health")
    def health() -> Response:
        return jsonify({"status": "healthy", "checks": [], "timestamp": _now()})

    @probes.get("/ready")
    def ready() -> Response | tuple[Response, int]:
        """All checks, or those named in ``?checks=database,memory``: a proxy need not wait for Prometheus."""
        names = {name for name in request.args.get("checks", "").split(",") if name}
        chosen = [check for check in checks if not names or check.name in names]
        if unknown := names - {check.name for check in checks}:
            allowed = ", ".join(check.name for check in checks)
            return failure(400, f"There is no check {min(unknown)[:60]!r}; allowed: {allowed}.")
        results = telemetry.run_checks(chosen)
        healthy = all(result.status == "healthy" for result in results)
        answer = {"status": "healthy" if healthy else "unhealthy", "checks": results, "timestamp": _now()}
        return jsonify(answer), 200 if healthy else 503

    @probes.get("/metrics")
    def metrics() -> Response | tuple[Response, int]:
        if not _may_read_metrics(metrics_token):
            return failure(
                401, "Metrics need the bearer token of METRICS_TOKEN, or a direct request from this machine."
            )
        text = telemetry.exposition(metrics_folder, active_users())
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")

    return probes


def _may_read_metrics(token: str | None) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # A proxy on this machine speaks for others: its requests are not local ones.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
