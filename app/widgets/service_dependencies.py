"""What a service calls and who calls it, each with what was measured between them."""

from __future__ import annotations

from app.figures.units import Unit, number_text
from app.health.dependencies import Edge
from app.health.services import SERVICES
from app.health.status import Status
from app.health.topology import EXTERNAL_KINDS, NODES, PROMETHEUS, Kind, Need
from app.widgets.architecture_measured import QUESTIONS, measured
from app.widgets.content import Cell, Column, Grid, Table
from app.widgets.external_scope import external_address
from app.widgets.service_scope import Scope, family, shown
from app.widgets.widget import Given, Widget

_CALLS, _CALLED_BY = "calls", "called by"


def dependency_rows(given: Given, name: str) -> list[tuple[str, str, Kind, Status, str, Edge]]:
    """Direction, the other's name, kind, status and reason, and the connection; what it calls first."""
    found = measured(given)
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
    if kind in EXTERNAL_KINDS:
        return external_address(name, kind)
    return "/architecture"


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
        source="Prometheus, event store",
        questions=QUESTIONS,
        draw=lambda given: _draw(given, name),
        table=lambda given: _table(given, name),
        metrics=("up",),
        needed=frozenset({"up"}),
        columns=12 if name in SERVICES or name in NODES else 6,
        href="/architecture",
    )


FAMILIES = (family("service.dependencies", _dependencies, examples=("api", "workers", "postgres")),)
