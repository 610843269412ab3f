"""The database over time: connections, pools, queries, transactions, cache, trouble inside, size."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.figures.series import Line
from app.figures.units import Unit
from app.sources.questions import At
from app.widgets import platform
from app.widgets.content import Content
from app.widgets.curves import Curves, curves
from app.widgets.database_status import POOL, QUERY_SECONDS
from app.widgets.widget import Given, Widget

_JOBS = platform.JOBS
ACTIVITY, STATS, SIZE = "pg_stat_activity_count", "pg_stat_database", "pg_database_size_bytes"
_TX_DURATION = "pg_stat_activity_max_tx_duration"
_RECORDED_BUCKETS = f"job_operation_le:{QUERY_SECONDS}_bucket:rate5m"


@dataclass(frozen=True)
class Present(Curves):
    """Curves without those that are zero throughout: the exporter names every state there could be."""

    def lines(self, given: Given) -> tuple[Line, ...]:
        """Every series that was ever more than zero; all of them when none was."""
        every = super().lines(given)
        return tuple(line for line in every if any(line.values) or any(line.before or ())) or every


def _counted(name: str) -> str:
    return f"sum(rate({STATS}_{name}[$rate]))"


def _recorded(name: str) -> str:
    return platform.recorded_rate(f"datname:{STATS}_{name}:rate5m")


_CONNECTIONS = Present(
    {"connections": f"sum by (state) ({ACTIVITY})"},
    Unit.COUNT,
    {"connections": platform.recorded_gauge(f"state:{ACTIVITY}:mean5m", "state")},
    by="state",
)


def _connections() -> Widget:
    """Connections by state, with a line for what the server allows."""

    def limited(allowed: float | None) -> Widget:
        limits = {} if allowed is None else {f"max_connections {allowed:,.0f}": allowed}
        return curves(
            "database.connections",
            "Connections by state",
            help="Connections to the server, with the most that it allows.",
            what=replace(_CONNECTIONS, limits=limits),
            metrics=(ACTIVITY,),
            href="/capacity#card-capacity-connections",
        )

    def draw(given: Given) -> Content:
        return limited(given.vector("allowed").scalar()).draw(given)

    base = limited(None)
    return replace(base, draw=draw, questions={**base.questions, "allowed": At("sum(pg_settings_max_connections)")})


def _pool(state: str) -> tuple[str, str]:
    where = f'{_JOBS},state="{state}"'
    return (
        f"sum by (job) ({POOL}{{{where}}})",
        platform.recorded_gauge(f"job_state:{POOL}:mean5m{{{where}}}", "job"),
    )


_ACTIVE, _RECORDED_ACTIVE = _pool("active")
_WAITING, _RECORDED_WAITING = _pool("waiting")

POOLS = curves(
    "database.poolshare",
    "Pools in use",
    help="The part of each service's pool connections that is in use, all instances together.",
    what=Curves(
        {"share": f"{_ACTIVE} / (sum by (job) (tamma_db_pool_size{{{_JOBS}}}) > 0)"},
        Unit.SHARE,
        {
            "share": f"{_RECORDED_ACTIVE} / "
            f"({platform.recorded_gauge(f'job:tamma_db_pool_size:mean5m{{{_JOBS}}}', 'job')} > 0)"
        },
        limits={"all of them": 1.0},
    ),
    metrics=(POOL,),
)

WAITING = curves(
    "database.waiting",
    "Queries that wait for a pool",
    help="Queries that found no free connection in their service's pool.",
    what=Curves({"waiting": _WAITING}, Unit.COUNT, {"waiting": _RECORDED_WAITING}),
    metrics=(POOL,),
)


def _quantile(share: str, by: str = "") -> tuple[str, str]:
    group = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile({share}, sum by ({group}) (rate({QUERY_SECONDS}_bucket{{{_JOBS}}}[$rate])))",
        f"histogram_quantile({share}, {platform.recorded_rate(f'{_RECORDED_BUCKETS}{{{_JOBS}}}', group)})",
    )


_QUANTILES = {"p50": _quantile("0.5"), "p95": _quantile("0.95"), "p99": _quantile("0.99")}
_BY_KIND = _quantile("0.95", "operation")

DURATIONS = curves(
    "database.durations",
    "Query duration",
    help="Within what time half, 95 % and 99 % of all services' queries were answered.",
    what=Curves(
        {name: raw for name, (raw, _) in _QUANTILES.items()},
        Unit.SECONDS,
        {name: recorded for name, (_, recorded) in _QUANTILES.items()},
        usual=frozenset({"p95"}),
    ),
    metrics=(f"{QUERY_SECONDS}_bucket",),
)

KINDS = curves(
    "database.kinds",
    "Query duration p95 by kind",
    help="Within what time 95 % of the queries of each kind were answered.",
    what=Curves({"p95": _BY_KIND[0]}, Unit.SECONDS, {"p95": _BY_KIND[1]}, by="operation"),
    metrics=(f"{QUERY_SECONDS}_bucket",),
)

_ENDS = {"committed": "xact_commit", "rolled back": "xact_rollback"}
TRANSACTIONS = curves(
    "database.transactions",
    "Transactions",
    help="Transactions that were committed and rolled back a second, of all databases.",
    what=Curves(
        {word: _counted(name) for word, name in _ENDS.items()},
        Unit.PER_SECOND,
        {word: _recorded(name) for word, name in _ENDS.items()},
        usual=frozenset({"committed"}),
    ),
    metrics=(f"{STATS}_xact_commit",),
)

HITS = curves(
    "database.hits",
    "Cache hits",
    help="The part of the pages read that PostgreSQL found in its own cache.",
    what=Curves(
        {"found in the cache": f"{_counted('blks_hit')} / ({_counted('blks_hit')} + {_counted('blks_read')} > 0)"},
        Unit.SHARE,
        {"found in the cache": f"{_recorded('blks_hit')} / ({_recorded('blks_hit')} + {_recorded('blks_read')} > 0)"},
        usual=True,
    ),
    metrics=(f"{STATS}_blks_hit",),
)

DEADLOCKS = curves(
    "database.deadlocks",
    "Deadlocks",
    help="Transactions a minute that PostgreSQL ended because they waited for each other.",
    what=Curves(
        {"deadlocks": f"{_counted('deadlocks')} * 60"},
        Unit.PER_MINUTE,
        {"deadlocks": f"{_recorded('deadlocks')} * 60"},
    ),
    metrics=(f"{STATS}_deadlocks",),
)

SPILLED = curves(
    "database.temporary",
    "Temporary files",
    help="Bytes a second that queries wrote to temporary files because their memory was too small.",
    what=Curves({"written": _counted("temp_bytes")}, Unit.BYTES_PER_SECOND),
    metrics=(f"{STATS}_temp_bytes",),
)

LONGEST = curves(
    "database.longest",
    "Longest transaction",
    help="For how long the oldest open transaction had been open, at most within each step.",
    # A step of one scrape may hold none: then it is the latest one.
    what=Curves(
        {"longest": f"max(max_over_time({_TX_DURATION}[$step])) or max({_TX_DURATION})"},
        Unit.SECONDS,
    ),
    metrics=(_TX_DURATION,),
)

LOCKS = curves(
    "database.locks",
    "Locks by mode",
    help="Locks held or waited for, by their mode.",
    what=Present({"locks": "sum by (mode) (pg_locks_count)"}, Unit.COUNT, by="mode"),
    metrics=("pg_locks_count",),
)

SIZES = curves(
    "database.size",
    "Size by database",
    help="Disk space of each database; the page on capacity tells when the disk will be full.",
    what=Curves(
        {"size": f"sum by (datname) ({SIZE})"},
        Unit.BYTES,
        {"size": platform.recorded_gauge(f"datname:{SIZE}:mean5m", "datname")},
        by="datname",
    ),
    metrics=(SIZE,),
    href="/capacity#card-capacity-databasesize",
)

WIDGETS = (
    *(_connections(), POOLS, WAITING, DURATIONS, KINDS, TRANSACTIONS),
    *(HITS, DEADLOCKS, SPILLED, LONGEST, LOCKS, SIZES),
)
