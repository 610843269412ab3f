"""igraph in a process of its own: its layout has ended the process that asked for it, which must not be the web's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

LIMIT_S = 10.0
# Reads a question a line, so that one process can answer two; igraph is imported nowhere else.
_PROGRAM = """
import json, sys, igraph
for line in sys.stdin:
    count, edges, layers = json.loads(line)
    drawn = igraph.Graph(count, edges, directed=True).layout_sugiyama(layers=layers)
    routing = drawn.edge_routing if edges else []
    print(json.dumps([drawn.coords[:count], routing]), flush=True)
"""


@dataclass(frozen=True)
class Drawn:
    """Where igraph puts each node (x, and y for its layer), and the bends of each edge in its order."""

    coords: Sequence[Sequence[float]]
    routing: Sequence[Sequence[Sequence[float]]]


def sugiyama(count: int, edges: Sequence[tuple[int, int]], *, layers: Sequence[int] | None = None) -> Drawn | None:
    """igraph's layout of a directed graph in layers, which may be given; None when it gave none within ten seconds."""
    question = json.dumps([count, list(edges), list(layers) if layers is not None else None])
    try:
        ran = subprocess.run(  # noqa: S603  our own program, with numbers for input
            [sys.executable, "-c", _PROGRAM],
            input=question,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )
        coords, routing = json.loads(ran.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return Drawn(coords, routing)


def by_depth(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """A layer for each node without igraph: how many steps it lies below those that nothing calls, cycles cut."""
    callees: dict[int, list[int]] = {at: [] for at in range(count)}
    called = set()
    for caller, callee in edges:
        callees[caller].append(callee)
        called.add(callee)
    layers: dict[int, int] = {}
    for top in (*(at for at in range(count) if at not in called), *range(count)):
        if top not in layers:
            layers[top] = 0
            _below(top, callees, layers)
    return [layers[at] for at in range(count)]


def _below(top: int, callees: dict[int, list[int]], layers: dict[int, int]) -> None:
    level = [top]
    while level:
        found = [one for at in level for one in callees[at] if one not in layers]
        for one in found:
            layers[one] = layers[level[0]] + 1
        level = list(dict.fromkeys(found))
