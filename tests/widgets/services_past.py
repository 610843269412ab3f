"""The eventful past with what services show besides: starts, versions, calls, tasks, steps, and a job that went."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

from tests.servers.samples import Point, Samples
from tests.widgets.past import DOWN, END, GONE, INSTANCES, MOMENTS, RESTARTS, eventful

CALL_BOUNDS = (0.5, 1, 5, 10, 30, 60, math.inf)
QUERY_BOUNDS = (0.001, 0.01, 0.1, 1, math.inf)
STEP_BOUNDS = (30, 60, 300, 600, math.inf)
# The last scrape of a job that went, in seconds before END.
GHOST_UNTIL = 2_400
HOSTILE = 'a"}) or vector(1) #\\\n<b>$rate'


def samples() -> Samples:
    """All of it, always the same."""
    found, chance = eventful(), random.Random(97)
    for job, instances in INSTANCES.items():
        for instance in instances:
            _process(found, chance, {"job": job, "instance": instance})
    for instance in ("orchestrator-0", *INSTANCES["workers"]):
        _calls(found, chance, {"job": instance.partition("-")[0], "instance": instance})
    for number, instance in enumerate(INSTANCES["workers"]):
        labels = {"job": "workers", "instance": instance, "worker_id": f"workers_{number}"}
        found.add("tamma_worker_current_task", labels, [(at, float(chance.randrange(2))) for at in _alive(instance)])
    for step in ("CODE_GENERATION", "MERGE"):
        labels = {"job": "orchestrator", "instance": "orchestrator-0", "step_name": step}
        histogram(found, "tamma_workflow_step_duration_seconds", labels, STEP_BOUNDS, lambda: chance.uniform(1, 900))
    for endpoint in ("_api_v1_tasks", HOSTILE):
        labels = {"job": "api", "instance": "api-0", "endpoint": endpoint, "status_code": "200"}
        seconds = lambda: chance.uniform(0, 3)  # noqa: E731
        histogram(found, "tamma_api_response_duration_seconds", labels, (0.1, 1, 2, 5, math.inf), seconds)
    for error in (HOSTILE, "never"):
        labels = {"job": "api", "instance": "api-0", "error_type": error}
        rises = [float(error != "never" and chance.random() < 0.1) for _ in _alive("api-0")]
        found.add("tamma_errors_total", labels, rising("api-0", rises), "counter")
    ghost = [at for at in MOMENTS if at < END - GHOST_UNTIL]
    found.add("up", {"job": "ghost", "instance": "ghost-0"}, [(at, 1) for at in ghost])
    found.add("up", {"job": "workers", "instance": "workers-9"}, [(at, 1) for at in ghost])
    found.add("pg_up", {"job": "postgres", "instance": "postgres-0"}, [(at, 1) for at in MOMENTS])
    return found


def _alive(instance: str) -> list[int]:
    """The scrapes that an instance answered."""
    spans = (*DOWN.get(instance, ()), *GONE.get(instance, ()))
    return [at for at in MOMENTS if not any(END - begin <= at < END - end for begin, end in spans)]


def started(instance: str, at: float) -> float:
    """When the process began that runs at a moment."""
    return max((END - before for before in RESTARTS.get(instance, ()) if END - before <= at), default=END - 99_000)


def _process(found: Samples, chance: random.Random, labels: dict[str, str]) -> None:
    instance = labels["instance"]
    alive = _alive(instance)
    found.add("process_start_time_seconds", labels, [(at, float(started(instance, at))) for at in alive])
    found.add("nodejs_eventloop_lag_seconds", labels, [(at, chance.uniform(0, 0.1)) for at in alive])
    found.add("process_open_fds", labels, [(at, float(chance.randrange(20, 90))) for at in alive])
    version = "1_8_1" if instance == "api-1" else "1_8_0"
    found.add("tamma_build_info", labels | {"version": version}, [(at, 1) for at in alive])
    histogram(
        found, "tamma_db_query_duration_seconds", labels, QUERY_BOUNDS, lambda: 10 ** chance.uniform(-4, 0), most=9
    )


def _calls(found: Samples, chance: random.Random, labels: dict[str, str]) -> None:
    instance = labels["instance"]
    parts = (
        ("provider", "tamma_ai_requests", "outcome", "anthropic"),
        ("platform", "tamma_platform_api_calls", "status", "github"),
    )
    for label, name, outcome, called in parts:
        for word, likely in (("success", 0.9), ("failure", 0.2), ("timeout", 0.05)):
            rises = [float(chance.random() < likely) for _ in _alive(instance)]
            found.add(f"{name}_total", labels | {label: called, outcome: word}, rising(instance, rises), "counter")
    for label, name, called in (
        ("provider", "tamma_ai_request_duration_seconds", "anthropic"),
        ("platform", "tamma_platform_api_latency_seconds", "github"),
    ):
        histogram(found, name, labels | {label: called}, CALL_BOUNDS, lambda: chance.expovariate(0.1))


def histogram(
    found: Samples,
    name: str,
    labels: dict[str, str],
    bounds: Iterable[float],
    seconds: Callable[[], float],
    *,
    most: int = 3,
) -> None:
    """A histogram of so many observations a scrape at most."""
    instance = labels["instance"]
    drawn = [[seconds() for _ in range(at % (most + 1))] for at in range(len(_alive(instance)))]
    for bound in bounds:
        le = "+Inf" if bound == math.inf else str(bound)
        rises = [float(sum(one <= bound for one in many)) for many in drawn]
        found.add(f"{name}_bucket", labels | {"le": le}, rising(instance, rises), "histogram")
    found.add(f"{name}_count", labels, rising(instance, [float(len(many)) for many in drawn]), "histogram")
    found.add(f"{name}_sum", labels, rising(instance, [sum(many) for many in drawn]), "histogram")


def rising(instance: str, rises: list[float]) -> list[Point]:
    """A counter that begins anew with each process of its instance."""
    points, reached, process = [], 50.0, None
    for at, rise in zip(_alive(instance), rises, strict=True):
        if process is not None and started(instance, at) != process:
            reached = 0.0
        process = started(instance, at)
        reached += rise
        points.append((at, reached))
    return points
