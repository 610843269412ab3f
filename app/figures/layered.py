"""Where the nodes of a directed graph stand and which way its edges run: in layers, callers above what they call.

Layers, order and bend points are igraph's (Sugiyama's method); rows too wide for a phone are broken, edges to one node
share their way, and x is spread so that long edges run straight and labels have room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from app.figures.apart import Drawn, by_depth, sugiyama

Point = tuple[float, float]
Arc = tuple[str, str]
SWEEPS = 24
# Room between neighbours of a row, in widths of a node: two nodes, a node and a passing edge, two passing edges.
ROOM = {2: 1.0, 1: 0.45, 0: 0.18}


@dataclass(frozen=True)
class Picture:
    """Positions in 0 to 1, x to the right and y downwards, and the bend points of each arc, without its ends.

    ``rows`` counts the layers, ``breadth`` the widths of a node from the leftmost to the rightmost position.
    """

    positions: Mapping[str, Point]
    bends: Mapping[Arc, tuple[Point, ...]]
    rows: int
    breadth: float


@dataclass
class _Slot:
    """A place in a row: a node, or a passage of long edges. ``near`` are its neighbours in other rows."""

    row: int
    x: float
    node: bool
    near: list[int] = field(default_factory=list)


def layered(groups: Mapping[str, str], arcs: Iterable[Arc], *, columns: int = 4) -> Picture:
    """The picture of the nodes (name to group) and arcs (caller, callee), at most ``columns`` nodes in a row.

    Nodes of a group share a row where they can. The same elements give the same picture, in whatever order they come.
    Arcs to or from unknown nodes, to itself, and repeated ones are left out; cycles are allowed.
    """
    known = frozenset(arc for arc in arcs if arc[0] != arc[1] and arc[0] in groups and arc[1] in groups)
    nodes = sorted(groups.items(), key=lambda node: (node[1], node[0]))
    return _layered(tuple(nodes), tuple(sorted(known)), max(1, columns))


@lru_cache(maxsize=64)
def _layered(nodes: tuple[tuple[str, str], ...], arcs: tuple[Arc, ...], columns: int) -> Picture:
    if not nodes:
        return Picture({}, {}, 0, 0.0)
    number = {name: at for at, (name, _) in enumerate(nodes)}
    edges = [(number[caller], number[callee]) for caller, callee in arcs]
    first = sugiyama(len(nodes), edges)
    layers = by_depth(len(nodes), edges) if first is None else [round(y) for _, y in first.coords]
    rows = _broken(layers, [group for _, group in nodes], columns)
    drawn = sugiyama(len(nodes), edges, layers=rows) or _plain(rows, len(edges))
    slots, paths = _slots(drawn.coords, rows, arcs=edges, routing=drawn.routing)
    _spread(slots)
    return _scaled([name for name, _ in nodes], arcs, slots=slots, paths=paths)


def _plain(rows: Sequence[int], edges: int) -> Drawn:
    """Nodes one beside the other and straight edges, where igraph gave no picture."""
    return Drawn([(float(rows[:at].count(row)), float(row)) for at, row in enumerate(rows)], [[]] * edges)


def _broken(layers: Sequence[int], groups: Sequence[str], columns: int) -> list[int]:
    """The row of each node: a layer of more than ``columns`` nodes goes on in the next row, groups kept together."""
    rows = [0] * len(layers)
    first = 0
    for layer in sorted(set(layers)):
        members = [at for at, one in enumerate(layers) if one == layer]
        filled: list[list[int]] = []
        for group in dict.fromkeys(groups[at] for at in members):
            alike = [at for at in members if groups[at] == group]
            for start in range(0, len(alike), columns):
                piece = alike[start : start + columns]
                if filled and len(filled[-1]) + len(piece) <= columns:
                    filled[-1] += piece
                else:
                    filled.append(piece)
        for offset, row in enumerate(filled):
            for at in row:
                rows[at] = first + offset
        first += len(filled)
    return rows


def _slots(
    coords: Sequence[Sequence[float]],
    rows: Sequence[int],
    *,
    arcs: Sequence[tuple[int, int]],
    routing: Sequence[Sequence[Sequence[float]]],
) -> tuple[list[_Slot], list[list[int]]]:
    """Nodes first, then the passages; and for each arc the slots it runs through, its ends included."""
    slots = [_Slot(row, coords[at][0], True) for at, row in enumerate(rows)]
    passages: dict[tuple[int, int], int] = {}
    met: dict[int, list[float]] = {}
    paths = []
    for (caller, callee), bends in zip(arcs, routing, strict=True):
        path = [caller]
        for x, y in bends:
            at = passages.setdefault((round(y), callee), len(slots))
            if at == len(slots):
                slots.append(_Slot(round(y), x, False))
            met.setdefault(at, []).append(x)
            path.append(at)
        paths.append([*path, callee])
    for at, xs in met.items():
        slots[at].x = sum(xs) / len(xs)
    for path in paths:
        for here, there in pairwise(path):
            slots[here].near.append(there)
            slots[there].near.append(here)
    return slots, paths


def _spread(slots: list[_Slot]) -> None:
    """Move every slot towards the mean of its neighbours, row by row, keeping the order and the room between."""
    rows: dict[int, list[_Slot]] = {}
    for slot in slots:
        rows.setdefault(slot.row, []).append(slot)
    for row in rows.values():
        row.sort(key=lambda slot: slot.x)
    order = [rows[at] for at in sorted(rows)]
    for sweep in range(SWEEPS):
        for row in order if sweep % 2 else reversed(order):
            wanted = [sum(slots[at].x for at in slot.near) / len(slot.near) if slot.near else slot.x for slot in row]
            for slot, x in zip(row, _apart(row, wanted), strict=True):
                slot.x = x


def _apart(row: Sequence[_Slot], wanted: Sequence[float]) -> list[float]:
    """The positions nearest to those wanted (least squares) with room between neighbours: pool adjacent violators."""
    room = [0.0]
    for left, right in pairwise(row):
        room.append(room[-1] + ROOM[left.node + right.node])
    pools: list[tuple[float, int]] = []
    for x, taken in zip(wanted, room, strict=True):
        pools.append((x - taken, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, n), (other, m) = pools[-2], pools[-1]
            pools[-2:] = [((one * n + other * m) / (n + m), n + m)]
    level = [x for x, count in pools for _ in range(count)]
    return [x + taken for x, taken in zip(level, room, strict=True)]


def _scaled(
    names: Sequence[str], arcs: Sequence[Arc], *, slots: Sequence[_Slot], paths: Sequence[list[int]]
) -> Picture:
    left, right = min(slot.x for slot in slots), max(slot.x for slot in slots)
    last = max(slot.row for slot in slots)

    def point(at: int) -> Point:
        x = (slots[at].x - left) / (right - left) if right > left else 0.5
        return round(x, 4), round(slots[at].row / last, 4) if last else 0.5

    positions = {name: point(at) for at, name in enumerate(names)}
    bends = {arc: tuple(point(at) for at in path[1:-1]) for arc, path in zip(arcs, paths, strict=True)}
    return Picture(positions, bends, last + 1, right - left)
