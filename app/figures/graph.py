"""The dependency graph as a figure: shape tells the kind of a node, colour, sign and word its health."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Protocol

from app.figures import theme
from app.figures.layered import Picture, Point, layered
from app.figures.text import one_line, two_lines
from app.figures.units import Unit, number_text

NAME_BREADTH = 13
LONGEST_NAME, LONGEST_REASON = 80, 160
CURVE_PIECES = 8
NOT_MEASURED = "not measured"
# Beyond these the eye gains nothing and a phone loses its page.
COLUMNS = 4


class Node(Protocol):
    """What is drawn of a node; ``kind`` and ``status`` are words of ``theme.KIND_SYMBOLS`` and ``theme.STATUS``."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Edge(Protocol):
    """What is drawn of an edge: ``rate`` per second, ``error_share`` 0 to 1, ``p95_s`` seconds; None if unmeasured."""

    @property
    def caller(self) -> str: ...
    @property
    def callee(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def error_share(self) -> float | None: ...
    @property
    def p95_s(self) -> float | None: ...


@dataclass(frozen=True)
class _Drawn:
    """An edge with its curve, x in 0 to 1 and y in rows; ``dim`` when it is beside the point."""

    edge: Edge
    curve: tuple[Point, ...]
    dim: bool

    @property
    def down(self) -> bool:
        """Whether it runs downwards, as all do but those that close a cycle."""
        return self.curve[0][1] < self.curve[-1][1]


def dependency_graph(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    revision: str,
    about: Collection[str] | None = None,
    columns: int = COLUMNS,
) -> dict[str, Any]:
    """The figure of the graph, callers on top; the trace of nodes carries their names as ``customdata`` for clicks.

    Where things stand follows from names, kinds and edges alone, never from health. ``about`` names what to look at,
    as a node with its blast radius: all else is dimmed. Names are telemetry: they are escaped.
    """
    order = list(theme.KIND_SYMBOLS)
    groups = {node.name: f"{_rank(node.kind, order):02}" for node in nodes}
    picture = _in_rows(layered(groups, [(edge.caller, edge.callee) for edge in edges], columns=columns))
    shown = groups.keys() if about is None else frozenset(about)
    drawn = _curves(edges, picture, shown)
    traces = [*_lines(drawn), *_hovers(drawn), _marks(nodes, picture, shown), *_kinds(nodes)]
    layout = theme.graph_layout(revision=revision, rows=picture.rows, breadth=picture.breadth)
    meta = {"click": "node", "height": layout["height"]}
    return {"data": traces, "layout": layout | {"meta": meta, "annotations": _labels(nodes, picture, shown)}}


def _rank(kind: str, order: Sequence[str]) -> int:
    return order.index(kind) if kind in order else len(order)


def _in_rows(picture: Picture) -> Picture:
    """The picture with y counted in rows: a row has a fixed height, so that pixels can be counted in it."""
    last = picture.rows - 1
    positions = {name: (x, y * last) for name, (x, y) in picture.positions.items()}
    bends = {arc: tuple((x, y * last) for x, y in points) for arc, points in picture.bends.items()}
    return replace(picture, positions=positions, bends=bends)


def _curves(edges: Iterable[Edge], picture: Picture, shown: Collection[str]) -> list[_Drawn]:
    """The edges that can be drawn, dimmed ones first and the worst last, so that it lies on top of shared ways."""
    arcs = {(edge.caller, edge.callee) for edge in edges}
    found = []
    for edge in edges:
        arc = (edge.caller, edge.callee)
        if arc not in picture.bends:
            continue
        aside = theme.ASIDE if arc[::-1] in arcs else 0.0
        dim = edge.caller not in shown or edge.callee not in shown
        found.append(_Drawn(edge, _curve(_trimmed(arc, picture), aside), dim))
    return sorted(found, key=lambda one: (not one.dim, theme.STATUS_ORDER.get(one.edge.status, 0)))


def _trimmed(arc: tuple[str, str], picture: Picture) -> tuple[Point, ...]:
    """The way from below the caller's label to above the callee's mark; in a cycle's way back the other way round."""
    points = [picture.positions[arc[0]], *picture.bends[arc], picture.positions[arc[1]]]
    (x0, y0), (x1, y1) = points[0], points[-1]
    above = (theme.NODE_PX / 2 + theme.ARROW_PX / 2) / theme.ROW_PX
    upper, lower = (arc[0], arc[1]) if y0 < y1 else (arc[1], arc[0])
    below = _label_px(upper) / theme.ROW_PX
    points[0] = (x0, y0 + below) if upper == arc[0] else (x0, y0 - above)
    points[-1] = (x1, y1 - above) if lower == arc[1] else (x1, y1 + below + theme.ARROW_PX / 2 / theme.ROW_PX)
    return tuple(points)


def _label_px(name: str) -> float:
    """From the middle of a mark down to below its label."""
    lines = 2 + two_lines(name, NAME_BREADTH).count("<br>")
    return theme.NODE_PX / 2 + lines * theme.LABEL_LINE_PX + 4


def _curve(points: Sequence[Point], aside: float) -> tuple[Point, ...]:
    """A way through the points that is upright at each of them (cubic Béziers), bowed by ``aside`` to one hand."""
    found = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        pieces = 1 if x0 == x1 and not aside else CURVE_PIECES
        side = aside if y0 < y1 else -aside
        for at in range(1, pieces + 1):
            t = at / pieces
            across, along = t * t * (3 - 2 * t), t * (1.5 - 1.5 * t + t * t)
            found.append((x0 + (x1 - x0) * across + side * 4 * t * (1 - t), y0 + (y1 - y0) * along))
    return tuple((round(x, 3), round(y, 2)) for x, y in found)


def _lines(drawn: Sequence[_Drawn]) -> list[dict[str, Any]]:
    """For all edges that look alike one trace, and one with the heads of their arrows."""
    looks: dict[tuple[bool, str], list[_Drawn]] = {}
    for one in drawn:
        looks.setdefault((one.dim, _status(one.edge.status)), []).append(one)
    return [trace for (dim, status), alike in looks.items() for trace in _alike(alike, status, dim=dim)]


def _alike(alike: Sequence[_Drawn], status: str, *, dim: bool) -> list[dict[str, Any]]:
    points: list[tuple[float | None, float | None]] = []
    for one in alike:
        points += [*one.curve, (None, None)]
    unseen = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, "opacity": theme.DIM if dim else 1}
    line = {"shape": "spline", "smoothing": 0.6, "color": theme.STATUS[status], **theme.EDGE[status]}
    symbols = ["triangle-down" if one.down else "triangle-up" for one in alike]
    ends = {"symbol": symbols, "size": theme.ARROW_PX, "color": theme.STATUS[status], "line": {"width": 0}}
    return [
        {**unseen, "mode": "lines", **_xy(points), "connectgaps": False, "line": line},
        {**unseen, "mode": "markers", **_xy([one.curve[-1] for one in alike]), "marker": ends},
    ]


def _xy(points: Iterable[tuple[float | None, float | None]]) -> dict[str, list[float | None]]:
    found = list(points)
    return {"x": [x for x, _ in found], "y": [y for _, y in found]}


def _hovers(drawn: Sequence[_Drawn]) -> list[dict[str, Any]]:
    """Unseen points along the edges, each with the edge's numbers."""
    points = [
        (one.curve[round((len(one.curve) - 1) * part)], one.edge)
        for one in drawn
        if not one.dim
        for part in (0.15, 0.4, 0.7)
    ]
    if not points:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            **_xy(point for point, _ in points),
            "marker": {"size": 12, "opacity": 0},
            "hoverinfo": "text",
            "hovertext": [_edge_text(edge) for _, edge in points],
            "showlegend": False,
        }
    ]


def _edge_text(edge: Edge) -> str:
    title = f"<b>{one_line(edge.caller, LONGEST_NAME)} → {one_line(edge.callee, LONGEST_NAME)}</b>"
    numbers = [
        f"{word} {''.join(number_text(value, unit))}"
        for word, value, unit in (
            ("calls", edge.rate, Unit.PER_SECOND),
            ("failing", edge.error_share, Unit.SHARE),
            ("p95", edge.p95_s, Unit.SECONDS),
        )
        if value is not None
    ]
    return "<br>".join((title, _health_text(edge.status, edge.reason), *numbers))


def _health_text(status: str, reason: str) -> str:
    word = _word(status, reason)
    return word if not reason or reason == word else f"{word}: {one_line(reason, LONGEST_REASON)}"


def _word(status: str, reason: str) -> str:
    """The status; "not measured" is not the same as "unknown", which may be a fault of measuring."""
    return NOT_MEASURED if reason == NOT_MEASURED else _status(status)


def _marks(nodes: Sequence[Node], picture: Picture, shown: Collection[str]) -> dict[str, Any]:
    """The nodes: a filled shape with the sign of its health."""
    statuses = [_status(node.status) for node in nodes]
    return {
        "type": "scatter",
        "mode": "markers+text",
        **_xy(picture.positions[node.name] for node in nodes),
        "customdata": [node.name for node in nodes],
        "text": [theme.STATUS_SIGNS[status] for status in statuses],
        "textfont": {"color": "#FFFFFF", "size": 14, "weight": 700},
        "hoverinfo": "text",
        "hovertext": [_node_text(node) for node in nodes],
        "marker": {
            "symbol": [theme.KIND_SYMBOLS.get(node.kind, "circle") for node in nodes],
            "size": [round(theme.NODE_PX * theme.KIND_SIZES.get(node.kind, 1)) for node in nodes],
            "color": [theme.STATUS[status] for status in statuses],
            "opacity": [1 if node.name in shown else theme.DIM for node in nodes],
            "line": {"width": 0},
        },
        "cliponaxis": False,
        "showlegend": False,
    }


def _node_text(node: Node) -> str:
    title = f"<b>{one_line(node.name, LONGEST_NAME)}</b>, {_kind(node.kind)}"
    return f"{title}<br>{_health_text(node.status, node.reason)}"


def _labels(nodes: Sequence[Node], picture: Picture, shown: Collection[str]) -> list[dict[str, Any]]:
    return [_label(node, picture.positions[node.name], dim=node.name not in shown) for node in nodes]


def _label(node: Node, place: Point, *, dim: bool) -> dict[str, Any]:
    """Name and word under a node; as an annotation, whose colour the style sheet knows."""
    return {
        **{"x": place[0], "y": place[1], "xanchor": "center", "yanchor": "top", "yshift": -theme.NODE_PX // 2},
        "text": f"<b>{two_lines(node.name, NAME_BREADTH)}</b><br>{_word(node.status, node.reason)}",
        "showarrow": False,
        "font": {"size": 11},
        "opacity": 0.45 if dim else 1,
    }


def _kinds(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """The legend: which shape is which kind."""
    there = {node.kind for node in nodes}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": _kind(kind),
            "x": [None],
            "y": [None],
            "marker": {"symbol": symbol, "size": 11, "color": theme.STATUS["unknown"]},
            "hoverinfo": "skip",
        }
        for kind, symbol in theme.KIND_SYMBOLS.items()
        if kind in there
    ]


def _kind(kind: str) -> str:
    return theme.KIND_WORDS.get(kind, "other")


def _status(status: str) -> str:
    """The word as a key of the theme: one it does not know is unknown."""
    return str(status) if status in theme.STATUS else "unknown"
