"""A database's eventful past: states, pools, slow queries, deadlocks, a restart, an exporter that was away."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from tests.servers.samples import Point, Samples
from tests.widgets.past import END, INSTANCES, MOMENTS

BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, math.inf)
# Seconds before END: the exporter was not scraped, PostgreSQL began anew.
AWAY, RESTART = (3_000, 2_400), 1_800
ALLOWED, RESERVED = 100.0, 3.0
MIB = 1024 * 1024
SERVER = {"job": "postgres", "instance": "postgres-0"}
STATES = {"active": 9, "idle": 60, "idle in transaction": 3}
OPERATIONS = {"api": ("select", "insert"), "workers": ("insert",), "orchestrator": ("update", "")}


def seen() -> list[int]:
    """The scrapes of the exporter."""
    return [at for at in MOMENTS if not END - AWAY[0] <= at < END - AWAY[1]]


def samples() -> Samples:
    """All of it, always the same."""
    found, chance = Samples(), random.Random(11)
    found.add("up", SERVER, [(at, 1) for at in MOMENTS])
    _exporter(found, chance)
    for job, instances in INSTANCES.items():
        for instance in instances:
            _service(found, chance, {"job": job, "instance": instance})
    return found


def _exporter(found: Samples, chance: random.Random) -> None:
    def gauge(name: str, more: dict[str, str], value: Callable[[int], float]) -> None:
        found.add(name, SERVER | more, [(at, value(at)) for at in seen()])

    gauge("pg_up", {}, lambda _: 1)
    gauge("pg_settings_max_connections", {}, lambda _: ALLOWED)
    gauge("pg_settings_superuser_reserved_connections", {}, lambda _: RESERVED)
    for database in ("tamma", "postgres"):
        for state, most in STATES.items():
            gauge(
                "pg_stat_activity_count", {"datname": database, "state": state}, lambda _, n=most: chance.randrange(n)
            )
        gauge("pg_stat_activity_count", {"datname": database, "state": "disabled"}, lambda _: 0)
        seconds = lambda _: chance.uniform(0, 30)  # noqa: E731
        gauge("pg_stat_activity_max_tx_duration", {"datname": database, "state": "active"}, seconds)
        for mode in ("accesssharelock", "exclusivelock"):
            gauge("pg_locks_count", {"datname": database, "mode": mode}, lambda _: chance.randrange(5))
        start = 200 * MIB if database == "tamma" else 8 * MIB
        gauge("pg_database_size_bytes", {"datname": database}, lambda at, s=start: s + 100.0 * (at - MOMENTS[0]))
        for name, most in (("xact_commit", 90), ("xact_rollback", 4), ("blks_hit", 9_000), ("blks_read", 700)):
            _counter(found, f"pg_stat_database_{name}", database, lambda n=most: chance.randrange(n))
        _counter(found, "pg_stat_database_deadlocks", database, lambda: float(chance.random() < 0.05))
        _counter(found, "pg_stat_database_temp_bytes", database, lambda: chance.choice((0.0, 0.0, 5e6)))


def _counter(found: Samples, name: str, database: str, rise: Callable[[], float]) -> None:
    points: list[Point] = []
    reached, before = 1_000.0, MOMENTS[0]
    for at in seen():
        reached = rise() if before < END - RESTART <= at else reached + rise()
        points.append((at, reached))
        before = at
    # The exporter's counters have no _total: to OpenMetrics they are of no known type.
    found.add(name, SERVER | {"datname": database}, points, "unknown")


def _service(found: Samples, chance: random.Random, labels: dict[str, str]) -> None:
    for state, most in (("active", 15), ("idle", 9), ("waiting", 2)):
        points = [(at, float(chance.randrange(most))) for at in MOMENTS]
        found.add("tamma_db_pool_connections", labels | {"state": state}, points)
    if labels["instance"] != "workers-2":  # one that does not tell its size
        found.add("tamma_db_pool_size", labels, [(at, 20) for at in MOMENTS])
    for operation in OPERATIONS.get(labels["job"], ()):
        _queries(found, chance, labels | ({"operation": operation} if operation else {}))


def _queries(found: Samples, chance: random.Random, labels: dict[str, str]) -> None:
    slow = labels["job"] == "workers"
    drawn = [[chance.lognormvariate(-1.5 if slow else -5, 1) for _ in range(chance.randrange(12))] for _ in MOMENTS]
    name = "tamma_db_query_duration_seconds"
    for bound in BOUNDS:
        le = "+Inf" if bound == math.inf else str(bound)
        rises = [sum(one <= bound for one in many) for many in drawn]
        found.add(f"{name}_bucket", labels | {"le": le}, _added(rises), "histogram")
    found.add(f"{name}_count", labels, _added([len(many) for many in drawn]), "histogram")
    found.add(f"{name}_sum", labels, _added([sum(many) for many in drawn]), "histogram")


def _added(rises: list[int] | list[float]) -> list[Point]:
    points: list[Point] = []
    reached = 0.0
    for at, rise in zip(MOMENTS, rises, strict=True):
        reached += rise
        points.append((at, reached))
    return points
