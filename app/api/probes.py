"""Probes for machines: /health, /ready and /metrics."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Flask, Response, jsonify, request
from flask.blueprints import BlueprintSetupState

from app import telemetry
from app.api.replies import failure
from app.auth.gate import declare_public
from app.checks import CheckResult, Checks

PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via", "CF-Connecting-IP")


def blueprint(
    checks: Checks,
    *,
    metrics_token: str | None,
    metrics_folder: str | None,
    active_users: Callable[[], int | None],
    cache_up: Callable[[], bool | None] = lambda: None,
) -> Blueprint:
    """The three routes. ``active_users`` answers None when it cannot be known, ``cache_up`` where there is no Redis."""
    probes = Blueprint("probes", __name__)
    probes.record_once(_declare)

    @probes.get("/health")
    def health() -> Response:
        return jsonify({"status": "healthy", "checks": [], "timestamp": _now()})

    @probes.get("/ready")
    def ready() -> Response | tuple[Response, int]:
        """All checks, or those named in ``?checks=database,memory``: a proxy need not wait for Prometheus.

        What is merely degraded answers 200: a replica that can serve stays in service.
        """
        names = {name for name in request.args.get("checks", "").split(",") if name}
        if unknown := names - set(checks.names):
            return failure(400, f"There is no check {min(unknown)[:60]!r}; allowed: {', '.join(checks.names)}.")
        results = checks.run(frozenset(names))
        told = [{"name": one.name, "status": one.status, "message": one.message} for one in results]
        answer = {"status": _worst(results), "checks": told, "timestamp": _now()}
        return jsonify(answer), 200 if all(result.serving for result in results) else 503

    @probes.get("/metrics")
    def metrics() -> Response | tuple[Response, int]:
        if not _may_read_metrics(metrics_token):
            return failure(
                401, "Metrics need the bearer token of METRICS_TOKEN, or a direct request from this machine."
            )
        text = telemetry.exposition(metrics_folder, active_users(), cache_up=cache_up())
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")

    return probes


def _declare(state: BlueprintSetupState) -> None:
    declare_public(cast(Flask, state.app), "probes.health", "probes.ready", "probes.metrics")


def _worst(results: Sequence[CheckResult]) -> str:
    found = {result.status for result in results}
    return next((word for word in ("unhealthy", "degraded") if word in found), "healthy")


def _may_read_metrics(token: str | None) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # A proxy on this machine speaks for others: its requests are not local ones.
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
