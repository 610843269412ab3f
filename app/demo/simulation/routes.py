"""The HTTP routes of the services, with their share of traffic and usual speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Spread of a log-logistic distribution with p95 = 7.5 x p50, as asked of the API (40 ms, 300 ms, 900 ms).
SHAPE = 1.46


@dataclass(frozen=True)
class Route:
    """One route: ``rate`` is requests/s of one instance at the busiest hour, ``median_s`` its usual time to answer.

    ``failures`` maps a status code to its share of requests in healthy times.
    """

    path: str
    method: str
    success: int
    failures: Mapping[int, float]
    rate: float
    median_s: float
    user_type: str = "user"


ROUTES: Mapping[str, tuple[Route, ...]] = {
    "api": (
        Route("/api/v1/issues", "GET", 200, {404: 0.012, 500: 0.004}, 1.15, 0.031),
        Route("/api/v1/workflows", "GET", 200, {401: 0.008, 500: 0.003}, 1.05, 0.035),
        Route("/api/v1/events", "GET", 200, {503: 0.005}, 0.65, 0.055),
        Route("/api/v1/tasks", "POST", 201, {500: 0.006}, 0.45, 0.046),
        Route("/api/v1/webhooks/github", "POST", 202, {}, 0.40, 0.022, "system"),
        Route("/health", "GET", 200, {}, 0.20, 0.004, "system"),
    ),
    "orchestrator": (
        Route("/api/v1/workers/heartbeat", "POST", 200, {500: 0.001}, 0.30, 0.006, "system"),
        Route("/api/v1/tasks/poll", "GET", 200, {}, 0.60, 0.009, "system"),
    ),
    "dashboard": (Route("/api/dashboard/system-status", "GET", 200, {500: 0.002}, 0.25, 0.055),),
}
