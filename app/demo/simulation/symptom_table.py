"""Each fault's symptom: who notices it, in which words, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.simulation.plan import ORCHESTRATOR


@dataclass(frozen=True)
class Symptom:
    """``{target}`` in ``message`` becomes the target; ``witness`` is who notices: ``target`` or an instance.

    A line and an error every ``every_s``, an event with each ``events``-th of them.
    """

    witness: str
    level: str
    message: str
    error_type: str
    component: str
    every_s: float = 15.0
    event: str = "SYSTEM.ERROR.OCCURRED"
    events: int = 4


SYMPTOMS: Mapping[str, Symptom] = {
    "ai-provider-outage": Symptom(
        ORCHESTRATOR, "error", "Health probe of {target} failed: 503", "provider_unavailable", "ai-provider"
    ),
    "ai-provider-slow": Symptom(
        ORCHESTRATOR,
        "warn",
        "{target} answers slowly: 19 s on average",
        "provider_slow",
        "ai-provider",
        30.0,
        "AI.PROVIDER.SLOW_RESPONSE",
        2,
    ),
    "git-rate-limit": Symptom(
        ORCHESTRATOR, "warn", "{target} rate limit exceeded, waiting for its reset", "rate_limit", "git-platform"
    ),
    "db-slow": Symptom(
        "api-0",
        "warn",
        "Slow query on {target}: 870 ms for SELECT FROM events",
        "db_timeout",
        "database",
        10.0,
        "SYSTEM.PERFORMANCE.SLOWDOWN",
    ),
    "db-connections-exhausted": Symptom(
        "api-0",
        "error",
        "Cannot get a connection to {target}: sorry, too many clients already",
        "db_connection",
        "database",
        8.0,
    ),
    "service-crash": Symptom(
        ORCHESTRATOR, "error", "{target} does not answer: connection refused", "worker_lost", "heartbeat", 10.0
    ),
    "error-burst": Symptom("target", "error", "Unhandled error in request pipeline", "internal_error", "http", 8.0),
    "memory-leak": Symptom(
        "target",
        "warn",
        "Heap usage is high, garbage collection takes 18 % of time",
        "memory_pressure",
        "system",
        30.0,
        "SYSTEM.RESOURCE.HIGH",
        2,
    ),
    "disk-filling": Symptom(
        "target",
        "warn",
        "Volume /app/data is filling up: ENOSPC soon",
        "disk_full",
        "system",
        30.0,
        "SYSTEM.RESOURCE.HIGH",
        2,
    ),
    "latency-creep": Symptom(
        "target",
        "warn",
        "Requests take longer than their budget of 500 ms",
        "slow_response",
        "http",
        20.0,
        "SYSTEM.PERFORMANCE.SLOWDOWN",
        3,
    ),
    "workflow-stuck": Symptom(
        ORCHESTRATOR,
        "error",
        "No workflow made progress: state lock is not released",
        "step_timeout",
        "workflow-engine",
        20.0,
        "WORKFLOW.STEP.TIMEOUT",
        3,
    ),
    "queue-backlog": Symptom(
        ORCHESTRATOR,
        "warn",
        "Task queue grows faster than it is worked off",
        "queue_backlog",
        "task-queue",
        20.0,
        "SYSTEM.PERFORMANCE.SLOWDOWN",
        3,
    ),
    "bad-deploy": Symptom(
        "target",
        "error",
        "TypeError in 1.8.1: config.retryPolicy is not iterable",
        "internal_error",
        "http",
        10.0,
    ),
    "network-loss": Symptom(
        ORCHESTRATOR, "error", "{target} missed 3 heartbeats: ETIMEDOUT", "network_error", "heartbeat", 10.0
    ),
}
