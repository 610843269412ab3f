"""A known past of the platform: samples whose every number on the page can be worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.servers.samples import Samples

SCRAPE_S = 15
INSTANCES = {
    "orchestrator": ("orchestrator-0",),
    "workers": ("workers-0", "workers-1", "workers-2"),
    "api": ("api-0", "api-1"),
    "dashboard": ("dashboard-0",),
}
BUCKETS = ("0.01", "0.05", "0.1", "0.5", "1", "2", "5", "10", "+Inf")
# Requests that each scrape adds to each bucket of one instance: 100 in all, half of them within 50 ms.
PER_BUCKET = {"0.01": 20, "0.05": 30, "0.1": 20, "0.5": 20, "1": 6, "2": 4}
ERRORS_PER_SCRAPE = {"orchestrator": 1, "workers": 3, "api": 2, "dashboard": 0}
MIB = 1024 * 1024


def scrapes(start: int, end: int) -> list[int]:
    """The moments of all scrapes of a span, on the grid of fifteen seconds."""
    return list(range(-(-start // SCRAPE_S) * SCRAPE_S, end + 1, SCRAPE_S))


def quiet_platform(start: int, end: int) -> Samples:
    """Everything up, everything constant: rates and percentiles are the same at every moment."""
    samples, moments = Samples(), scrapes(start, end)
    for job, instances in INSTANCES.items():
        for instance in instances:
            _instance(samples, job, instance, moments)
    samples.add("tamma_workflows_active_total", {"job": "orchestrator"}, [(at, 4) for at in moments])
    _host(samples, moments)
    return samples


def _instance(samples: Samples, job: str, instance: str, moments: list[int]) -> None:
    labels = {"job": job, "instance": instance}

    def rising(per_scrape: float) -> list[tuple[float, float]]:
        return [(at, position * per_scrape) for position, at in enumerate(moments)]

    samples.add("up", labels, [(at, 1) for at in moments])
    samples.add("process_cpu_seconds_total", labels, rising(1.5), "counter")  # a tenth of a core
    samples.add("process_resident_memory_bytes", labels, [(at, 100 * MIB) for at in moments])
    for kind, unit, value in (("disk", "bytes", 50 * MIB), ("network", "bytes_per_second", 2_048)):
        samples.add(
            "tamma_system_resources", labels | {"resource_type": kind, "unit": unit}, [(at, value) for at in moments]
        )
    errors = {**labels, "error_type": "timeout", "severity": "high", "component": "engine"}
    samples.add("tamma_errors_total", errors, rising(ERRORS_PER_SCRAPE[job]), "counter")
    if job != "workers":
        _requests(samples, labels, moments, status="200", share=0.99)
        _requests(samples, labels, moments, status="503", share=0.01)


def _requests(samples: Samples, labels: dict[str, str], moments: list[int], *, status: str, share: float) -> None:
    name = "tamma_api_response_duration_seconds"
    labels = labels | {"endpoint": "_api_v1_issues", "method": "GET", "status_code": status, "user_type": "user"}
    reached = 0.0
    for bucket in BUCKETS:
        reached += PER_BUCKET.get(bucket, 0) * share
        points = [(at, position * reached) for position, at in enumerate(moments)]
        samples.add(f"{name}_bucket", labels | {"le": bucket}, points, "histogram")
    samples.add(f"{name}_sum", labels, [(at, position * 10.0) for position, at in enumerate(moments)], "histogram")
    points = [(at, position * reached) for position, at in enumerate(moments)]
    samples.add(f"{name}_count", labels, points, "histogram")


def _host(samples: Samples, moments: list[int]) -> None:
    labels = {"job": "node", "instance": "tamma-host"}
    for mode, per_scrape in (("idle", 11.25), ("user", 3.75)):  # a quarter of the only processor in use
        points = [(at, position * per_scrape) for position, at in enumerate(moments)]
        samples.add("node_cpu_seconds_total", labels | {"cpu": "0", "mode": mode}, points, "counter")
    gauges: dict[str, tuple[dict[str, str], float]] = {
        "node_memory_MemTotal_bytes": ({}, 8_000 * MIB),
        "node_memory_MemAvailable_bytes": ({}, 6_000 * MIB),
        "node_filesystem_size_bytes": ({"mountpoint": "/", "device": "vda", "fstype": "ext4"}, 1_000 * MIB),
        "node_filesystem_avail_bytes": ({"mountpoint": "/", "device": "vda", "fstype": "ext4"}, 400 * MIB),
    }
    for name, (more, value) in gauges.items():
        samples.add(name, labels | more, [(at, value) for at in moments])
    for name in ("node_network_receive_bytes_total", "node_network_transmit_bytes_total"):
        points = [(at, position * 15_360.0) for position, at in enumerate(moments)]  # 1 KiB a second
        samples.add(name, labels | {"device": "eth0"}, points, "counter")


def write_start(url: str, service: str, at: float) -> None:
    """A SYSTEM.STARTED event of a service."""
    _execute(
        url,
        "insert into events (id, type, timestamp, tags, data) values (%s, 'SYSTEM.STARTED', %s, %s, '{}')",
        (uuid4(), _moment(at), Jsonb({"service": service})),
    )


def write_run(url: str, *, started: float, completed: float | None, status: str) -> None:
    """A workflow run."""
    _execute(
        url,
        "insert into workflow_runs (id, issue_id, workflow_name, started_at, completed_at, status)"
        " values (%s, '7', 'issue-to-merge', %s, %s, %s)",
        (str(uuid4()), _moment(started), None if completed is None else _moment(completed), status),
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _execute(url: str, statement: str, values: tuple[Any, ...]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement, values)
