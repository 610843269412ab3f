"""Whether the database is fine, and everything that is not, each with its number and its limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.figures.units import Unit, number_text
from app.health.phrases import percent_text, span_text
from app.health.status import Status
from app.sources.questions import At
from app.widgets import platform
from app.widgets.content import Badge, Cell, Column, Grid, Number, Table
from app.widgets.resources import FULL
from app.widgets.service_scope import Scope, shown
from app.widgets.widget import Given, Widget

QUERY_SECONDS = "tamma_db_query_duration_seconds"
POOL = "tamma_db_pool_connections"
# The alert's limit for queries, and as many as it takes to speak of a percentile.
P95_LIMIT_S, LEAST_QUERIES = 0.2, 100
LONG_TRANSACTION_S = 600.0
# Below this share pages come from the disk too often; of so few reads a second a share says nothing.
LEAST_HITS, LEAST_READS = 0.9, 100.0
_JOBS = platform.JOBS
_HIT, _READ = (f"sum(rate(pg_stat_database_blks_{name}[$rate]))" for name in ("hit", "read"))
_BUCKETS = f"rate({QUERY_SECONDS}_bucket{{{_JOBS}}}[$rate])"
_MANY = f"sum by (job) (increase({QUERY_SECONDS}_count{{{_JOBS}}}[$rate])) >= {LEAST_QUERIES}"

_ASKED = {
    "up": (Unit.COUNT, "min(pg_up)"),
    "connections": (Unit.COUNT, "sum(pg_stat_activity_count)"),
    "allowed": (Unit.COUNT, "sum(pg_settings_max_connections)"),
    "reserved": (Unit.COUNT, "sum(pg_settings_superuser_reserved_connections)"),
    "p95": (Unit.SECONDS, f"histogram_quantile(0.95, sum by (le) ({_BUCKETS}))"),
    "hits": (Unit.SHARE, f"{_HIT} / ({_HIT} + {_READ} > 0)"),
    "reads": (Unit.PER_SECOND, _READ),
    "deadlocks": (Unit.COUNT, "sum(increase(pg_stat_database_deadlocks[$rate]))"),
    "transaction": (Unit.SECONDS, "max(pg_stat_activity_max_tx_duration)"),
    "unwritten": (Unit.COUNT, f"sum(increase(tamma_event_store_write_errors_total{{{_JOBS}}}[$rate]))"),
    "size": (Unit.BYTES, "sum(pg_database_size_bytes)"),
    "grown": (Unit.BYTES, "sum(pg_database_size_bytes) - sum(pg_database_size_bytes offset 1d)"),
}
_BY_SERVICE = {
    "slow": f"histogram_quantile(0.95, sum by (le, job) ({_BUCKETS})) > {P95_LIMIT_S} and on (job) {_MANY}",
    "waiting": f'sum by (job) ({POOL}{{{_JOBS},state="waiting"}}) > 0',
}
# What each question is about that may stand out.
_JUDGED = {
    **dict.fromkeys(("connections", "allowed", "reserved"), "connections"),
    "waiting": "queries that wait",
    "slow": "slow queries",
    "hits": "cache hits",
    "reads": "cache hits",
    "deadlocks": "deadlocks",
    "transaction": "open transactions",
    "unwritten": "events not written",
}
QUESTIONS = {name: At(promql) for name, (_, promql) in _ASKED.items()} | {
    name: At(promql) for name, promql in _BY_SERVICE.items()
}


@dataclass(frozen=True)
class Concern:
    """Something that is not fine, in words, and where to look."""

    status: Status
    words: str
    href: str


def concerns(given: Given) -> list[Concern]:
    """Everything that is not fine, the worst first."""
    found = [*_unreachable(given), *_connections(given), *_waiting(given), *_slow(given), *_inside(given)]
    return sorted(found, key=lambda one: -one.status.severity)


def _number(given: Given, name: str) -> float | None:
    return given.vector(name).scalar()


def _many(count: float, one: str, several: str) -> str:
    """A number of things in words; what was counted is at least one."""
    whole = max(1, round(count))
    return f"{whole:,} {one if whole == 1 else several}"


def _unreachable(given: Given) -> list[Concern]:
    found = []
    if _number(given, "up") == 0:
        found.append(Concern(Status.UNHEALTHY, "PostgreSQL does not answer its exporter", "/services/postgres"))
    if unwritten := _number(given, "unwritten"):
        words = f"{_many(unwritten, 'event', 'events')} could not be written within 5 minutes"
        found.append(Concern(Status.UNHEALTHY, words, "/services"))
    return found


def _connections(given: Given) -> list[Concern]:
    used, allowed = _number(given, "connections"), _number(given, "allowed")
    if used is None or not allowed or used / allowed <= FULL:
        return []
    none_left = allowed - used <= (_number(given, "reserved") or 0)
    words = f"{used:,.0f} of {allowed:,.0f} connections taken" + (", none left for services" if none_left else "")
    return [Concern(Status.UNHEALTHY if none_left else Status.DEGRADED, words, "#card-database-connections")]


def _waiting(given: Given) -> list[Concern]:
    return [
        Concern(
            Status.DEGRADED,
            f"{shown(job)}: {_many(waiting, 'query waits', 'queries wait')} for a connection",
            Scope(job).href,
        )
        for job, waiting in sorted(given.vector("waiting").by("job").items())
        if waiting
    ]


def _slow(given: Given) -> list[Concern]:
    limit = "".join(number_text(P95_LIMIT_S, Unit.SECONDS))
    return [
        Concern(
            Status.DEGRADED,
            f"{shown(job)}: p95 of queries {''.join(number_text(p95, Unit.SECONDS))} (limit {limit})",
            "#card-database-durations",
        )
        for job, p95 in sorted(given.vector("slow").by("job").items())
        if p95 is not None
    ]


def _inside(given: Given) -> list[Concern]:
    found = []
    if deadlocks := _number(given, "deadlocks"):
        words = f"{_many(deadlocks, 'deadlock', 'deadlocks')} within 5 minutes"
        found.append(Concern(Status.DEGRADED, words, "#card-database-deadlocks"))
    open_s = _number(given, "transaction")
    if open_s is not None and open_s > LONG_TRANSACTION_S:
        words = f"a transaction has been open for {span_text(open_s)}"
        found.append(Concern(Status.DEGRADED, words, "#card-database-longest"))
    hits, reads = _number(given, "hits"), _number(given, "reads")
    if hits is not None and hits < LEAST_HITS and (reads or 0) > LEAST_READS:
        words = f"{percent_text(hits, 1)} of pages found in the cache (limit {LEAST_HITS:.0%})"
        found.append(Concern(Status.DEGRADED, words, "#card-database-hits"))
    return found


def _draw_status(given: Given) -> Badge:
    found = concerns(given)
    if found:
        status, reason, href = found[0].status, found[0].words, here(found[0].href)
    elif _number(given, "up") is None:
        status, reason, href = Status.UNKNOWN, "no exporter tells of PostgreSQL: there is no pg_up", "/services"
    else:
        status, reason, href = *_answering(given), "/services/postgres"
    return Badge(status, reason, href, _facts(given))


def _answering(given: Given) -> tuple[Status, str]:
    """The status of a database of which nothing bad is known; what got no answer may be bad."""
    if missing := unanswered(given):
        return Status.UNKNOWN, f"PostgreSQL answers; not known: {', '.join(missing)}"
    if _taken(given) is None:
        return Status.HEALTHY, "PostgreSQL answers; how many connections are taken is not known"
    return Status.HEALTHY, "PostgreSQL answers, with connections to spare"


def unanswered(given: Given) -> tuple[str, ...]:
    """In words, what might stand out and got no answer."""
    return tuple(dict.fromkeys(words for name, words in _JUDGED.items() if name in given.unanswered))


def _taken(given: Given) -> float | None:
    """The share of the connections allowed that is taken; None where one of both is unknown."""
    used, allowed = _number(given, "connections"), _number(given, "allowed")
    return used / allowed if used is not None and allowed else None


def here(href: str) -> str:
    """The address of a card of this page."""
    return f"/database{href}" if href.startswith("#") else href


def _facts(given: Given) -> tuple[Number, ...]:
    used, allowed, share = _number(given, "connections"), _number(given, "allowed"), _taken(given)
    p95, hits, grown = _number(given, "p95"), _number(given, "hits"), _number(given, "grown")
    return (
        Number(
            "Connections",
            percent_text(share, 1),
            note="" if used is None or allowed is None else f"{used:,.0f} of {allowed:,.0f}",
            alarming=share is not None and share > FULL,
            href="/database#card-database-connections",
        ),
        Number(
            "Queries p95",
            *number_text(p95, Unit.SECONDS),
            alarming=p95 is not None and p95 > P95_LIMIT_S,
            href="/database#card-database-durations",
        ),
        Number("Cache hits", percent_text(hits, 1), href="/database#card-database-hits"),
        Number(
            "Size",
            *number_text(_number(given, "size"), Unit.BYTES),
            note="" if grown is None else f"{_grown_text(grown)} in 24 h",
            href="/capacity#card-capacity-databasesize",
        ),
    )


def _grown_text(grown: float) -> str:
    sign = "+" if grown > 0 else "−" if grown < 0 else ""
    return sign + "".join(number_text(abs(grown), Unit.BYTES))


def _draw_concerns(given: Given) -> Grid:
    rows = tuple(
        (Cell(one.status.value, status=one.status), Cell(one.words, href=here(one.href))) for one in concerns(given)
    )
    return Grid(("Status", "What"), rows, " ".join(_remarks(given, found=bool(rows))))


def _remarks(given: Given, *, found: bool) -> Iterator[str]:
    missing = unanswered(given)
    if not found:
        yield "Nothing stands out of what is known." if missing else "Nothing stands out."
        if _number(given, "up") is None:
            yield "What only the exporter knows is not known."
    if missing:
        yield f"Not known: {', '.join(missing)}."


def _status_table(given: Given) -> Table:
    columns = tuple(Column(name, unit) for name, (unit, _) in _ASKED.items())
    return Table(columns, (tuple(_number(given, name) for name in _ASKED),))


def _concerns_table(given: Given) -> Table:
    rows = tuple((one.status.value, one.words) for one in concerns(given))
    return Table((Column("status"), Column("what")), rows)


STATUS = Widget(
    key="database.status",
    title="Database",
    help="Healthy while PostgreSQL answers, at most 90 % of its connections are taken, no query waits for a pool, p95 "
    "of queries stays under 200 ms, and there is no deadlock and no transaction of over 10 minutes.",
    source="Prometheus",
    questions=QUESTIONS,
    draw=_draw_status,
    table=_status_table,
    metrics=("pg_up", f"{QUERY_SECONDS}_count"),
    needed=frozenset({"up", "p95"}),
    columns=6,
    href="/services/postgres",
)
CONCERNS = Widget(
    key="database.concerns",
    title="What is not fine",
    help="Everything of the database that is beyond its limit at the end of the range, the worst first.",
    source="Prometheus",
    questions=QUESTIONS,
    draw=_draw_concerns,
    table=_concerns_table,
    metrics=("pg_up", f"{QUERY_SECONDS}_count"),
    needed=frozenset({"up", "p95"}),
    columns=6,
)

WIDGETS = (STATUS, CONCERNS)
