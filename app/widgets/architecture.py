"""The platform as a graph: every part and connection with its health, and what a fault of one takes with it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from app.figures.graph import COLUMNS, dependency_graph
from app.figures.units import Unit
from app.health.dependencies import Architecture, Node, Reached, blast_radius, reached_by
from app.health.services import SERVICES
from app.health.status import Status
from app.health.topology import EXTERNAL_KINDS, KIND_WORDS, NODES, STEPS, Kind, Need, steps_affected
from app.widgets import platform
from app.widgets.architecture_measured import QUESTIONS, measured
from app.widgets.content import Cell, Chart, Column, Content, Grid, Table
from app.widgets.external_scope import external_address
from app.widgets.widget import BadArgument, Family, Given, Widget

LONGEST_NAME = 200
GRAPH_PX = 726
# With more externals than this the many lines leave room for few names in a row of a phone.
MANY_EXTERNALS, FEW = 8, 3
_SOURCE = "Prometheus, event store"
_METRICS = (platform.UP,)
_PAGES = {Kind.DATABASE: "/database"}


def address(name: str) -> str:
    """Where a part of the platform is shown with what depends on it."""
    return f"/architecture?about={quote(name, safe='')}"


def _named(argument: str) -> str:
    """The name of a part. Raises BadArgument for what can be none; which there are is known to telemetry alone."""
    if len(argument) > LONGEST_NAME or not argument.isprintable() or argument != argument.strip():
        raise BadArgument(f"a name has at most {LONGEST_NAME} printable characters")
    return argument


def _find(whole: Architecture, name: str) -> Node | None:
    return next((node for node in whole.nodes if node.name == name), None)


def _widget(
    key: str,
    title: str,
    *,
    help: str,
    draw: Callable[[Given], Content],
    table: Callable[[Given], Table],
    columns: int,
) -> Widget:
    """A card about the whole architecture, of which only the services' scrapes have to be known."""
    return Widget(
        key=key,
        title=title,
        help=help,
        source=_SOURCE,
        questions=QUESTIONS,
        draw=draw,
        table=table,
        chart=key.startswith("architecture.graph"),
        metrics=_METRICS,
        needed=frozenset({"up"}),
        columns=columns,
        height=GRAPH_PX,
    )


def _graph(argument: str) -> Widget:
    """The graph with what suffers from a fault of the named part bright, or all of it without a name."""
    name = _named(argument)

    def draw(given: Given) -> Chart:
        whole = measured(given)
        about = {name, *(one.name for one in blast_radius(whole.edges, name))} if _find(whole, name) else None
        edges = [edge for edge in whole.edges if edge.need is not Need.NONE]
        left_out = f"{len(whole.left_out)} more externals are not drawn." if whole.left_out else ""
        columns = FEW if len(whole.nodes) > len(NODES) + MANY_EXTERNALS else COLUMNS
        figure = dependency_graph(whole.nodes, edges, revision="architecture.graph", about=about, columns=columns)
        return Chart(figure, remarks=(left_out,) if left_out else ())

    return _widget(
        f"architecture.graph:{argument}",
        "Who depends on whom",
        help="Callers stand above what they call. Shape is the kind, colour, sign and word are the health, at the end "
        "of the page's range. A click on a part shows what a fault of it takes with it.",
        draw=draw,
        table=lambda given: _edges_table(measured(given)),
        columns=8,
    )


def _edges_table(whole: Architecture) -> Table:
    columns = (
        *(Column("caller"), Column("callee"), Column("status"), Column("reason"), Column("without it")),
        *(Column("calls", Unit.PER_SECOND), Column("failing", Unit.SHARE), Column("p95", Unit.SECONDS)),
    )
    rows = tuple(
        (
            *(edge.caller, edge.callee, edge.status.value, edge.reason, _NEEDS[edge.need]),
            *(edge.rate, edge.error_share, edge.p95_s),
        )
        for edge in whole.edges
    )
    return Table(columns, rows)


_NEEDS = {Need.REQUIRED: "cannot work", Need.FALLBACK: "has another way", Need.NONE: "does not notice"}


def _about(argument: str) -> Widget:
    """What one part depends on, and what depends on it."""
    name = _named(argument)
    if not name:
        raise BadArgument("the name of a part")

    def draw(given: Given) -> Grid:
        whole = measured(given)
        node = _find(whole, name)
        if node is None:
            return Grid((), (), "No part of this name is declared or was measured at the end of the range.")
        return _drawer(whole, node)

    return _widget(
        f"architecture.about:{argument}",
        f"About {name}" if len(name) <= 40 else f"About {name[:39]}…",
        help="The part's health, what it needs, directly and through others, and what suffers when it is down. "
        "A step is one connection.",
        draw=draw,
        table=lambda given: _about_table(measured(given), name),
        columns=4,
    )


def _drawer(whole: Architecture, node: Node) -> Grid:
    health = {one.name: one for one in whole.nodes}
    itself = Cell(node.name, note=KIND_WORDS[node.kind], href=_page(node))
    rows = [(Cell("This part"), itself, _health(node))]
    for heading, reached in _surroundings(whole, node.name):
        for at, one in enumerate(reached):
            part = Cell(one.name, note=_way(one), href=address(one.name))
            rows.append((Cell("" if at else heading), part, _health(health[one.name])))
        if not reached:
            rows.append((Cell(heading), Cell("nothing"), Cell("")))
    rows.append((Cell(""), Cell("Whole platform", href="/architecture"), Cell("")))
    return Grid(("", "Part", "Health"), tuple(rows), _steps_words(node))


def _surroundings(whole: Architecture, name: str) -> tuple[tuple[str, tuple[Reached, ...]], ...]:
    return (("Needs", reached_by(whole.edges, name)), ("Suffers without it", blast_radius(whole.edges, name)))


def _way(one: Reached) -> str:
    far = "directly" if one.distance == 1 else f"{one.distance} steps, via {one.via}"
    return f"{far}; has another way" if one.fallback else far


def _health(node: Node) -> Cell:
    return Cell("", status=node.status, note=node.reason)


def _page(node: Node) -> str:
    """The page that shows more of a part; none of what has no page."""
    if node.kind in EXTERNAL_KINDS:
        return external_address(node.name, node.kind)
    return f"/services/{node.name}" if node.name in SERVICES else _PAGES.get(node.kind, "")


def _steps_words(node: Node) -> str:
    steps = steps_affected(node.name, node.kind)
    if not steps:
        return "No workflow step needs it."
    some = " of the runs that use it" if node.kind in (Kind.AI_PROVIDER, Kind.GIT_PLATFORM) else ""
    which = "All" if len(steps) == len(STEPS) else f"{len(steps)} of"
    return f"{which} {len(STEPS)} workflow steps{some} need it: {', '.join(steps)}."


def _about_table(whole: Architecture, name: str) -> Table:
    columns = (Column("relation"), Column("part"), Column("status"), Column("reason"), Column("distance"))
    health = {one.name: one for one in whole.nodes}
    rows: list[tuple[str, ...]] = []
    if name in health:
        rows.append(("this part", name, health[name].status.value, health[name].reason, ""))
    for heading, reached in _surroundings(whole, name):
        for one in reached:
            node = health[one.name]
            rows.append((heading.lower(), one.name, node.status.value, node.reason, _way(one)))
    return Table(columns, tuple(rows))


def _draw_parts(given: Given) -> Grid:
    whole = measured(given)
    rows = tuple(
        (Cell(node.name, note=KIND_WORDS[node.kind], href=address(node.name)), _health(node))
        for node in sorted(whole.nodes, key=_by_harm)
    )
    left_out = f"{len(rows)} of {len(rows) + len(whole.left_out)} shown." if whole.left_out else ""
    return Grid(("Part", "Health"), rows, left_out)


def _by_harm(node: Node) -> int:
    """What is amiss comes first; what is never measured does not count as that."""
    return -node.status.severity if node.status in (Status.DEGRADED, Status.UNHEALTHY) else 0


def _parts_table(given: Given) -> Table:
    columns = (Column("part"), Column("kind"), Column("status"), Column("reason"))
    rows = ((node.name, KIND_WORDS[node.kind], node.status.value, node.reason) for node in measured(given).nodes)
    return Table(columns, tuple(rows))


PARTS = _widget(
    "architecture.parts",
    "Parts of the platform",
    help="Every part with its health and the reason; what is amiss comes first. A link shows what depends on the part.",
    draw=_draw_parts,
    table=_parts_table,
    columns=4,
)

WIDGETS = (PARTS,)
FAMILIES = (
    Family("architecture.graph", _graph, ("", "postgres", "no such part")),
    Family("architecture.about", _about, ("postgres", "workers", "no such part")),
)
