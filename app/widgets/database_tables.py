"""Who uses the database and how: the services' pools, the kinds of queries, the slowest statements."""

from __future__ import annotations

from collections.abc import Mapping

from app.access import Role
from app.figures.units import Unit, number_text
from app.health.phrases import percent_text
from app.health.services import SERVICES
from app.health.status import Status
from app.sources.questions import At
from app.widgets import platform
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.database_status import P95_LIMIT_S, POOL, QUERY_SECONDS
from app.widgets.resources import FULL
from app.widgets.service_scope import Scope, shown
from app.widgets.widget import Given, Widget

MOST_ROWS = 10
STATES = ("active", "idle", "waiting")
_JOBS = platform.JOBS
Pool = tuple[str, float | None, float | None, float | None, float | None]


def pools(given: Given) -> list[Pool]:
    """Service, connections in use, idle, queries that wait, and the pool's size; services without a pool left out."""
    sizes = given.vector("size").by("job")
    states = {(one.labels.get("job"), one.labels.get("state")): one.value for one in given.vector("states").samples}
    found = [(job, *(states.get((job, state)) for state in STATES), sizes.get(job)) for job in SERVICES]
    return [one for one in found if any(value is not None for value in one[1:])]  # type: ignore[misc]


def _pool_cells(job: str, active: float | None, idle: float | None, *rest: float | None) -> tuple[Cell, ...]:
    waiting, size = rest
    share = active / size if active is not None and size else None
    full = Status.DEGRADED if share is not None and share > FULL else None
    return (
        Cell(job, href=Scope(job).href),
        Cell(percent_text(share, 1), numeric=True, status=full),
        *(Cell(_count(value), numeric=True) for value in (active, idle)),
        Cell(_count(waiting), numeric=True, status=Status.DEGRADED if waiting else None),
        Cell(_count(size), numeric=True),
    )


def _count(value: float | None) -> str:
    return number_text(value, Unit.COUNT)[0]


def _draw_pools(given: Given) -> Grid:
    rows = tuple(_pool_cells(*one) for one in pools(given))
    return Grid(("Service", "Used", "In use", "Idle", "Waiting", "Size"), rows, "" if rows else "No pool is known.")


def _pools_table(given: Given) -> Table:
    names = (*STATES, "size")
    return Table((Column("service"), *(Column(name, Unit.COUNT) for name in names)), tuple(pools(given)))


POOLS = Widget(
    key="database.pools",
    title="Application pools",
    help="Connections of each service's own pools, all instances together. A query that waits has found none free.",
    source="Prometheus",
    questions={
        "states": At(f"sum by (job, state) ({POOL}{{{_JOBS}}})"),
        "size": At(f"sum by (job) (tamma_db_pool_size{{{_JOBS}}})"),
    },
    draw=_draw_pools,
    table=_pools_table,
    metrics=(POOL,),
    needed=frozenset({"states"}),
    columns=6,
)

_BUCKETS = f"sum by (le, operation) (rate({QUERY_SECONDS}_bucket{{{_JOBS}}}[$rate]))"
Operation = tuple[str, float | None, float | None, float | None]


def operations(given: Given) -> list[Operation]:
    """Kind of query, queries a second, median and p95 in seconds; the slowest first."""
    rates, p50, p95 = (
        {one.labels.get("operation", ""): one.value for one in given.vector(name).samples}
        for name in ("rate", "p50", "p95")
    )
    found = [(name, rate, p50.get(name), p95.get(name)) for name, rate in rates.items() if rate is not None]
    return sorted(found, key=lambda one: (-(one[3] or 0.0), one[0]))


def _operation_cells(one: Operation) -> tuple[Cell, ...]:
    name, rate, p50, p95 = one
    slow = Status.DEGRADED if p95 is not None and p95 > P95_LIMIT_S else None
    return (
        Cell(shown(name) if name else "all kinds"),
        Cell("".join(number_text(rate, Unit.PER_SECOND)), numeric=True),
        Cell("".join(number_text(p50, Unit.SECONDS)), numeric=True),
        Cell("".join(number_text(p95, Unit.SECONDS)), numeric=True, status=slow),
    )


def _draw_operations(given: Given) -> Grid:
    every = operations(given)
    rows = tuple(_operation_cells(one) for one in every[:MOST_ROWS])
    return Grid(("Kind", "Queries", "p50", "p95"), rows, _cut(len(rows), len(every)))


def _cut(count: int, every: int) -> str:
    return f"{count} of {every} shown, the slowest." if count < every else ""


def _operations_table(given: Given) -> Table:
    columns = (Column("operation"), Column("queries", Unit.PER_SECOND), *(Column(n, Unit.SECONDS) for n in _QUANTILES))
    return Table(columns, tuple(operations(given)))


_QUANTILES = {"p50": "0.5", "p95": "0.95"}
OPERATIONS = Widget(
    key="database.operations",
    title="Queries by kind",
    help="Queries that the services sent a second, and how long half and 95 % of them took at most, over five minutes "
    "at the end of the range.",
    source="Prometheus",
    questions={
        "rate": At(f"sum by (operation) (rate({QUERY_SECONDS}_count{{{_JOBS}}}[$rate]))"),
        **{name: At(f"histogram_quantile({share}, {_BUCKETS})") for name, share in _QUANTILES.items()},
    },
    draw=_draw_operations,
    table=_operations_table,
    metrics=(f"{QUERY_SECONDS}_count",),
    needed=frozenset({"rate"}),
    columns=6,
)

STATEMENTS = "pg_stat_statements"
NOT_COLLECTED = (
    "Missing: nobody collects statistics of statements. Add pg_stat_statements to shared_preload_libraries and restart "
    "PostgreSQL, run create extension pg_stat_statements, and start postgres_exporter with "
    "--collector.stat_statements."
)
Statement = tuple[str, str, float | None, float | None, float | None]


def statements(given: Given) -> list[Statement]:
    """Statement, database, seconds each took on average, how often it ran, seconds in all; the dearest first."""
    calls = {_identity(one.labels): one.value for one in given.vector("calls").samples}
    texts = {one.labels.get("queryid", ""): one.labels.get("query", "") for one in given.vector("texts").samples}
    found: list[Statement] = []
    for one in given.vector("seconds").samples:
        (number, database), ran = _identity(one.labels), calls.get(_identity(one.labels))
        mean = one.value / ran if one.value is not None and ran else None
        found.append((texts.get(number) or f"statement {number}", database, mean, ran, one.value))
    known = [one for one in found if one[4]]
    return sorted(known, key=lambda one: -(one[4] or 0.0))


def _identity(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("queryid", ""), labels.get("datname", "")


def _draw_statements(given: Given) -> Grid:
    every = statements(given)
    rows = tuple(_statement_cells(one) for one in every[:MOST_ROWS])
    columns = ("Statement", "Database", "Mean", "Runs in 1 h", "Time in 1 h")
    if given.vector("seconds").samples:
        return Grid(columns, rows, _cut(len(rows), len(every)) if rows else "No statement ran in the last hour.")
    return Grid(columns, (), NOT_COLLECTED)


def _statement_cells(one: Statement) -> tuple[Cell, ...]:
    text, database, mean, runs, total_s = one
    return (
        Cell(shown(text)),
        Cell(shown(database)),
        Cell("".join(number_text(mean, Unit.SECONDS)), numeric=True),
        Cell(_count(runs), numeric=True),
        Cell("".join(number_text(total_s, Unit.SECONDS)), numeric=True),
    )


def _statements_table(given: Given) -> Table:
    columns = (Column("statement"), Column("database"), Column("mean", Unit.SECONDS), Column("runs", Unit.COUNT))
    return Table((*columns, Column("time", Unit.SECONDS)), tuple(statements(given)))


def _increase(name: str) -> str:
    return f"sum by (queryid, datname) (increase({STATEMENTS}_{name}_total[1h]))"


SLOWEST = Widget(
    key="database.statements",
    title="Dearest statements",
    help="Statements by the time they took in the hour before the end of the range, as pg_stat_statements counts it.",
    source="Prometheus",
    questions={
        "servers": At("count(up)"),
        "seconds": At(_increase("seconds"), every_s=60),
        "calls": At(_increase("calls"), every_s=60),
        "texts": At(f"max by (queryid, query) ({STATEMENTS}_query_id)", every_s=60),
    },
    draw=_draw_statements,
    table=_statements_table,
    metrics=(f"{STATEMENTS}_seconds_total",),
    needed=frozenset({"servers"}),
    role=Role.OPERATOR,
    columns=12,
)

WIDGETS = (POOLS, OPERATIONS, SLOWEST)
