"""An eventful past: resets, gaps, outages, slow and failed requests, numbers that are none. Seeded, so always the same.

Scrapes stand at seven seconds past each slot of fifteen, so that no sample lies on the edge of a range.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise

from tests.servers.samples import Kind, Point, Samples

SCRAPE_S = 15
END = 1_789_999_200  # a full hour
NOW = END + 11.0  # four seconds after the last scrape
FIRST = END - 3 * 3_600
MOMENTS = tuple(range(FIRST + 7, END + 8, SCRAPE_S))
LAST = MOMENTS[-1]
INSTANCES = {
    "orchestrator": ("orchestrator-0",),
    "workers": ("workers-0", "workers-1", "workers-2"),
    "api": ("api-0", "api-1"),
    "dashboard": ("dashboard-0",),
}
Span = tuple[int, int]
# Seconds before END. Down: the scrape failed. Gone: there was no scrape.
DOWN: dict[str, tuple[Span, ...]] = {
    "orchestrator-0": ((5_400, 4_800), (700, 655)),
    "api-0": ((2_000, 1_700),),
    "api-1": ((100, -60),),  # still down at the end
}
GONE: dict[str, tuple[Span, ...]] = {
    "workers-0": ((3_000, 2_400),),
    "api-1": ((1_850, 1_500),),
    "dashboard-0": ((7_200, 6_600), (1_315, 1_240)),
}
RESTARTS = {"orchestrator-0": (4_800, 655), "api-0": (1_700,), "api-1": (1_500,), "workers-2": (900, 870)}
BOUNDS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, math.inf)
QUIET = {"dashboard-0": 1_800}  # no request since so many seconds before END
MIB = 1024 * 1024


def eventful() -> Samples:
    """All samples of the past."""
    samples, chance = Samples(), random.Random(53)
    for job, instances in INSTANCES.items():
        for instance in instances:
            _instance(samples, chance, {"job": job, "instance": instance})
    samples.add("up", {"job": "postgres", "instance": "postgres-0"}, [(at, 0) for at in MOMENTS])
    _host(samples, chance)
    return samples


def _among(spans: tuple[Span, ...], at: float) -> bool:
    return any(END - begin <= at < END - end for begin, end in spans)


def _instance(samples: Samples, chance: random.Random, labels: dict[str, str]) -> None:
    name = labels["instance"]
    scraped = [at for at in MOMENTS if not _among(GONE.get(name, ()), at)]
    alive = [at for at in scraped if not _among(DOWN.get(name, ()), at)]
    samples.add("up", labels, [(at, float(at in set(alive))) for at in scraped])

    def add(metric: str, more: dict[str, str], points: list[Point], kind: Kind = "gauge") -> None:
        samples.add(metric, labels | more, points, kind)

    def counter(metric: str, more: dict[str, str], most: float) -> None:
        rises = [chance.uniform(0, most) for _ in alive]
        add(metric, more, _rising(name, alive, rises), "counter")

    counter("process_cpu_seconds_total", {}, 9)
    resident = [(at, chance.uniform(80, 300) * MIB) for at in alive]
    if name == "dashboard-0":
        resident = [(at, math.nan if END - 900 <= at < END - 600 else value) for at, value in resident]
    add("process_resident_memory_bytes", {}, resident)
    disk = [(at, chance.uniform(1, 9) * 1024 * MIB) for at in alive]
    if name == "workers-1":
        disk = [(at, math.inf if END - 450 <= at < END - 300 else value) for at, value in disk]
    add("tamma_system_resources", {"resource_type": "disk", "unit": "bytes"}, disk)
    add("tamma_system_resources", {"resource_type": "disk", "unit": "percent"}, [(at, 50) for at in alive])
    network = [(at, chance.uniform(0, 10 * MIB)) for at in alive]
    add("tamma_system_resources", {"resource_type": "network", "unit": "bytes_per_second"}, network)
    if labels["job"] != "dashboard":
        for kind in ("timeout", "refused"):
            counter("tamma_errors_total", {"error_type": kind, "severity": "high", "component": "engine"}, 3)
    if labels["job"] == "orchestrator":
        add("tamma_workflows_active_total", {}, [(at, float(chance.randrange(9))) for at in alive])
    if labels["job"] != "workers":
        for status, most in (("200", 40), ("404", 3), *((("503", 4),) if labels["job"] != "dashboard" else ())):
            _requests(samples, chance, labels | {"status_code": status}, alive, most)


def _requests(samples: Samples, chance: random.Random, labels: dict[str, str], alive: list[int], most: int) -> None:
    """A histogram of requests, some of them slower than the last finite bucket."""
    labels = labels | {"endpoint": "_api_v1_issues", "method": "GET", "user_type": "user"}
    quiet_from = END - QUIET[labels["instance"]] if labels["instance"] in QUIET else math.inf
    rises: list[list[float]] = []
    for at in alive:
        requests = 0 if at >= quiet_from else chance.randrange(most + 1)
        seconds = [chance.lognormvariate(-2, 2) for _ in range(requests)]
        rises.append([float(sum(one <= bound for one in seconds)) for bound in BOUNDS])
    metric = "tamma_api_response_duration_seconds"
    for at, bound in enumerate(BOUNDS):
        le = "+Inf" if bound == math.inf else str(bound)
        points = _rising(labels["instance"], alive, [one[at] for one in rises])
        samples.add(f"{metric}_bucket", labels | {"le": le}, points, "histogram")
    points = _rising(labels["instance"], alive, [one[-1] for one in rises])
    samples.add(f"{metric}_count", labels, points, "histogram")
    samples.add(f"{metric}_sum", labels, points, "histogram")


def _rising(instance: str, alive: list[int], rises: list[float]) -> list[Point]:
    """A counter that begins anew at each restart of its instance."""
    restarts = [END - before for before in RESTARTS.get(instance, ())]
    points, reached = [], 500.0
    for before, (at, rise) in zip([alive[0], *alive], zip(alive, rises, strict=True), strict=False):
        if any(before < restart <= at for restart in restarts):
            reached = 0.0
        reached += rise
        points.append((at, reached))
    return points


def _host(samples: Samples, chance: random.Random) -> None:
    labels = {"job": "node", "instance": "host"}
    boot = END - 1_000
    for cpu in ("0", "1"):
        shares = [chance.uniform(0.1, 0.9) for _ in MOMENTS]
        for mode in ("idle", "user"):
            points, reached = [], 9_000.0
            for before, (at, share) in zip((FIRST, *MOMENTS), zip(MOMENTS, shares, strict=True), strict=False):
                reached = 0.0 if before < boot <= at else reached + SCRAPE_S * (share if mode == "idle" else 1 - share)
                points.append((at, reached))
            samples.add("node_cpu_seconds_total", labels | {"cpu": cpu, "mode": mode}, points, "counter")
    samples.add("node_memory_MemTotal_bytes", labels, [(at, 8_000 * MIB) for at in MOMENTS])
    available = [(at, chance.uniform(500, 7_000) * MIB) for at in MOMENTS]
    samples.add("node_memory_MemAvailable_bytes", labels, available)
    for mount, size, least in (("/", 1_000, 20), ("/data", 5_000, 10)):
        more = labels | {"mountpoint": mount, "device": "vda", "fstype": "ext4"}
        samples.add("node_filesystem_size_bytes", more, [(at, size * MIB) for at in MOMENTS])
        free = [(at, chance.uniform(least, 50) * MIB) for at in MOMENTS]
        samples.add("node_filesystem_avail_bytes", more, free)
    for device in ("eth0", "eth1", "lo", "docker0", "veth12", "br-4"):
        for way in ("receive", "transmit"):
            points, reached = [], 0.0
            for before, at in pairwise((FIRST, *MOMENTS)):
                reached = 0.0 if before < boot <= at else reached + chance.uniform(0, 10**6)
                points.append((at, reached))
            samples.add(f"node_network_{way}_bytes_total", labels | {"device": device}, points, "counter")


# The event store: services by the names that events use, seconds before END; a start after NOW is a clock ahead.
STARTS = (
    *(("orchestrator", before) for before in (90_000, 4_790, 650)),
    *(("worker", before) for before in (50_000, 860)),
    ("workers", 895),
    ("api", 1_490.5),
    ("api", -3_000),
)


def runs() -> tuple[tuple[float, float | None, str], ...]:
    """(started, ended, status) of workflow runs: some running, some just before, at and after the edges."""
    chance = random.Random(5)
    ended = []
    for _ in range(400):
        begun = END - chance.uniform(0, 20_000)
        status = chance.choice(("success", "success", "success", "failed", "cancelled"))
        ended.append((begun, begun + chance.uniform(1, 3_000), status))
    edges = [(END - 9_000, END - before, "success") for before in (3_600, 900, 600, 0, -5, -10.5, -12)]
    running = [(END - before, None, "running") for before in (10, 500, 90_000)]
    return (*ended, *edges, *running)
