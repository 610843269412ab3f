"""What a service calls and who calls it, each with what was measured between them."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.health.dependencies import Architecture, Calls, Edge, architecture
from app.health.services import SERVICES
from app.health.status import Status
from app.health.topology import EXTERNAL_KINDS, NODES, POSTGRES, PROMETHEUS, Kind, Need
from app.sources.questions import At, Question
from app.widgets import platform
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.service_scope import Scope, family, shown
from app.widgets.status import services
from app.widgets.widget import Given, Widget

# What is called: the label that names it, its counter, the label and values of a failure, its histogram of seconds.
_CALLED = {
    Kind.AI_PROVIDER: ("provider", "tamma_ai_requests_total", "outcome", "tamma_ai_request_duration_seconds"),
    Kind.GIT_PLATFORM: ("platform", "tamma_platform_api_calls_total", "status", "tamma_platform_api_latency_seconds"),
}
_FAILURES = "failure|timeout|error"
_DATABASE_SECONDS = "tamma_db_query_duration_seconds"
_CALLS, _CALLED_BY = "calls", "called by"


def _measured() -> dict[str, Question]:
    """The platform's whole traffic: the same questions for every service, so all of them share the answers."""
    questions: dict[str, Question] = {
        "database rate": At(f"sum by (job) (rate({_DATABASE_SECONDS}_count{{{platform.JOBS}}}[$rate]))"),
        "database p95": At(_p95(_DATABASE_SECONDS, "job")),
    }
    for kind, (label, counter, outcome, seconds) in _CALLED.items():
        groups = f"job, {label}"
        every = f"sum by ({groups}) (rate({counter}{{{platform.JOBS}}}[$rate]))"
        failed = f'sum by ({groups}) (rate({counter}{{{platform.JOBS},{outcome}=~"{_FAILURES}"}}[$rate]))'
        questions |= {
            f"{kind} rate": At(every),
            f"{kind} failed": At(f"({failed} or {every} * 0) / ({every} > 0)"),
            f"{kind} p95": At(_p95(seconds, groups)),
        }
    return questions


def _p95(histogram: str, groups: str) -> str:
    return f"histogram_quantile(0.95, sum by (le, {groups}) (rate({histogram}_bucket{{{platform.JOBS}}}[$rate])))"


_QUESTIONS: dict[str, Question] = {
    "up": At(platform.UP),
    "errors": At(platform.ERROR_SHARE),
    "p95": At(platform.quantile("0.95", "job")),
    "database up": At("max(pg_up)"),
    "prometheus up": At('max(up{job="prometheus"})'),
    **_measured(),
}


def _calls(given: Given) -> list[Calls]:
    found = []
    for kind, (label, *_) in _CALLED.items():
        rates, failed, p95 = (_pairs(given, f"{kind} {what}", label) for what in ("rate", "failed", "p95"))
        found += [Calls(*pair, kind, rate, failed.get(pair), p95.get(pair)) for pair, rate in rates.items()]
    rates, p95 = (_pairs(given, f"database {what}", "") for what in ("rate", "p95"))
    found += [Calls(job, POSTGRES, Kind.DATABASE, rate, None, p95.get((job, ""))) for (job, _), rate in rates.items()]
    return found


def _pairs(given: Given, name: str, label: str) -> dict[tuple[str, str], float | None]:
    samples = given.vector(name).samples
    return {(one.labels.get("job", ""), one.labels.get(label, "")): one.value for one in samples}


def _architecture(given: Given) -> Architecture:
    up = {POSTGRES: given.vector("database up").scalar(), PROMETHEUS: given.vector("prometheus up").scalar()}
    return architecture(services(given), calls=_calls(given), up=up)


def dependency_rows(given: Given, name: str) -> list[tuple[str, str, Kind, Status, str, Edge]]:
    """Direction, the other's name, kind, status and reason, and the connection; what it calls first."""
    found = _architecture(given)
    nodes = {node.name: node for node in found.nodes}
    edges = [edge for edge in found.edges if edge.need is not Need.NONE and edge.caller != edge.callee]
    pairs = [(_CALLS, edge.callee, edge) for edge in edges if edge.caller == name]
    pairs += [(_CALLED_BY, edge.caller, edge) for edge in edges if edge.callee == name]
    return [
        (way, other, nodes[other].kind, nodes[other].status, nodes[other].reason, edge) for way, other, edge in pairs
    ]


def _draw(given: Given, name: str) -> Grid:
    rows = tuple(_cells(row) for row in dependency_rows(given, name))
    return Grid(("Direction", "Name", "Status", "Calls", "Failed", "p95"), rows)


def _cells(row: tuple[str, str, Kind, Status, str, Edge]) -> tuple[Cell, ...]:
    way, other, kind, status, reason, edge = row
    return (
        Cell(way, note="has another way" if edge.need is Need.FALLBACK and way == _CALLS else ""),
        Cell(shown(other), href=_href(other, kind)),
        Cell("", status=status, note=shown(reason.removeprefix(f"{other}: ")) if reason else ""),
        Cell("".join(number_text(edge.rate, Unit.PER_SECOND)), numeric=True),
        Cell("".join(number_text(edge.error_share, Unit.SHARE)), numeric=True),
        Cell("".join(number_text(edge.p95_s, Unit.SECONDS)), numeric=True),
    )


def _href(name: str, kind: Kind) -> str:
    if kind is Kind.SERVICE or name == PROMETHEUS:
        return f"/services/{name}"
    if kind is Kind.DATABASE:
        return "/database"
    return "/external" if kind in EXTERNAL_KINDS else "/architecture"


def _table(given: Given, name: str) -> Table:
    columns = (
        *(Column("direction"), Column("name"), Column("kind"), Column("status"), Column("reason")),
        *(Column("calls", Unit.PER_SECOND), Column("failed", Unit.SHARE), Column("p95", Unit.SECONDS)),
    )
    rows = tuple(
        (way, other, kind.value, status.value, reason, edge.rate, edge.error_share, edge.p95_s)
        for way, other, kind, status, reason, edge in dependency_rows(given, name)
    )
    return Table(columns, rows)


def _dependencies(key: str, scope: Scope) -> Widget:
    name = scope.service
    return Widget(
        key=key,
        title="Dependencies",
        help="What the service calls and what calls it: the health of each, and calls per second, share of failed "
        "ones and p95 between the two where they are measured, over five minutes at the end of the range.",
        source="Prometheus",
        questions=_QUESTIONS,
        draw=lambda given: _draw(given, name),
        table=lambda given: _table(given, name),
        metrics=("up",),
        needed=frozenset({"up"}),
        columns=12 if name in SERVICES or name in NODES else 6,
        href="/architecture",
    )


FAMILIES = (family("service.dependencies", _dependencies, examples=("api", "workers", "postgres")),)
