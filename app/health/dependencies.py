"""How each part of the platform and each connection is, from what was measured, and what a fault takes with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.health.status import ERROR_SHARE_LIMIT, ServiceStatus, Status
from app.health.topology import API, EXTERNAL_CALLERS, EXTERNAL_KINDS, KIND_WORDS, LINKS, NODES, Kind, Link, Need

# More than half of the calls failing is no longer "some".
BROKEN_SHARE = 0.5
MOST_EXTERNALS = 12
NO_CALLS = "no calls"
# From here on a connection is degraded. Providers: 60 s, where their histogram ends, since the length of an answer
# decides its time. A query usually takes less than a fifth of its limit.
P95_LIMITS_S: Mapping[Kind, float] = {
    Kind.AI_PROVIDER: 60.0,
    Kind.GIT_PLATFORM: 5.0,
    Kind.SERVICE: 2.0,
    Kind.DATABASE: 0.25,
}


@dataclass(frozen=True)
class Calls:
    """What was measured from ``caller`` to ``callee`` of that ``kind``.

    ``rate`` in calls per second, ``error_share`` 0 to 1, ``p95_s`` in seconds; None where nothing was measured.
    """

    caller: str
    callee: str
    kind: Kind
    rate: float | None = None
    error_share: float | None = None
    p95_s: float | None = None


@dataclass(frozen=True)
class Node:
    """A part of the platform; ``reason`` is empty when it is healthy."""

    name: str
    kind: Kind
    status: Status
    reason: str


@dataclass(frozen=True)
class Edge:
    """A connection with what was measured on it; units as in ``Calls``."""

    caller: str
    callee: str
    status: Status
    reason: str
    rate: float | None = None
    error_share: float | None = None
    p95_s: float | None = None
    need: Need = Need.REQUIRED


@dataclass(frozen=True)
class Architecture:
    """The whole platform; ``left_out`` names the externals beyond ``MOST_EXTERNALS`` of a kind."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reached:
    """A node ``distance`` connections away, first met from ``via``; ``fallback`` when every way there has one."""

    name: str
    distance: int
    via: str
    fallback: bool = False


def edge_status(calls: Calls | None) -> tuple[Status, str]:
    """The status of a connection with its reason; what is not measured is unknown, never healthy.

    Unhealthy above ``BROKEN_SHARE`` of failing calls; degraded above the error limit of services, or from the p95
    limit of the callee's kind on.
    """
    if calls is None or (calls.rate is None and calls.error_share is None and calls.p95_s is None):
        return Status.UNKNOWN, "not measured"
    if calls.rate == 0:
        return Status.UNKNOWN, NO_CALLS
    share, limit_s = calls.error_share, P95_LIMITS_S.get(calls.kind)
    if share is not None and share > ERROR_SHARE_LIMIT:
        reason = f"{share:.1%} of calls fail (limit {ERROR_SHARE_LIMIT:.0%})"
        return Status.UNHEALTHY if share > BROKEN_SHARE else Status.DEGRADED, reason
    if calls.p95_s is not None and limit_s is not None and calls.p95_s >= limit_s:
        return Status.DEGRADED, f"p95 {calls.p95_s:.3g} s (limit {limit_s:g} s)"
    if share is None and calls.p95_s is None:
        return Status.UNKNOWN, "neither failures nor durations are measured"
    return Status.HEALTHY, ""


def node_status(name: str, *, up: float | None = None, edges: Iterable[Edge] = ()) -> tuple[Status, str]:
    """The status of what is no service: from ``up`` (1 or 0 as its exporter says) and the connections to it.

    Unhealthy when it says so itself, or when all callers that were measured find it so; degraded when some caller
    finds it other than healthy. What nobody called is as unknown as what nobody measured, and says so.
    """
    if up is not None and up != 1:
        return Status.UNHEALTHY, f"{name} does not answer"
    edges = tuple(edges)
    known = [edge for edge in edges if edge.callee == name and edge.status is not Status.UNKNOWN]
    worst = max(known, key=lambda edge: edge.status.severity, default=None)
    if worst is None:
        idle = any(edge.callee == name and edge.reason == NO_CALLS for edge in edges)
        return (Status.UNKNOWN, NO_CALLS if idle else "not measured") if up is None else (Status.HEALTHY, "")
    if worst.status is Status.HEALTHY:
        return Status.HEALTHY, ""
    broken = up is None and all(edge.status is Status.UNHEALTHY for edge in known)
    return Status.UNHEALTHY if broken else Status.DEGRADED, f"from {worst.caller}: {worst.reason}"


def architecture(
    services: Iterable[ServiceStatus],
    *,
    calls: Iterable[Calls] = (),
    up: Mapping[str, float | None] | None = None,
) -> Architecture:
    """The declared parts and the externals that were measured, each with its health.

    ``up`` answers for what is no service, by node name (``{"postgres": 1.0}``). Which nodes and edges there are, and
    their order, depends on names alone. Of two measurements of one connection the last counts.
    """
    externals, renamed = _externals(calls)
    measured = {(one.caller, one.callee): one for one in renamed}
    links = (*LINKS, *_external_links(externals, sorted(measured)))
    edges = tuple(_edge(link, measured.get((link.caller, link.callee))) for link in links)
    found = {service.name: service for service in services}
    nodes = tuple(
        _node(name, kind, service=found.get(name), up=(up or {}).get(name), edges=edges)
        for name, kind in {**NODES, **externals}.items()
    )
    left_out = sorted({one.callee for one in renamed if one.kind in EXTERNAL_KINDS} - set(externals))
    return Architecture(nodes, edges, tuple(left_out))


def blast_radius(edges: Iterable[Edge], name: str) -> tuple[Reached, ...]:
    """Everything that suffers when ``name`` is down, nearest first: its callers, theirs, and so on, without itself.

    Pushes and scrapes carry no fault. What is reached only over a connection with a fallback says so.
    """
    return _reach(name, [(edge.callee, edge.caller, edge.need) for edge in edges])


def reached_by(edges: Iterable[Edge], name: str) -> tuple[Reached, ...]:
    """Everything that ``name`` depends on, nearest first, directly and through others; pushes and scrapes left out."""
    return _reach(name, [(edge.caller, edge.callee, edge.need) for edge in edges])


def _externals(calls: Iterable[Calls]) -> tuple[dict[str, Kind], tuple[Calls, ...]]:
    """The externals to draw, by kind and name since health must not move them, and the calls by names of nodes.

    Telemetry may call a provider like a part of the platform, or like a Git platform: its kind tells it apart.
    """
    calls = tuple(calls)
    kinds: dict[str, set[Kind]] = {name: {kind} for name, kind in NODES.items()}
    for one in calls:
        kinds.setdefault(one.callee, set()).add(one.kind)
    renamed = tuple(
        replace(one, callee=f"{one.callee} ({KIND_WORDS[one.kind]})")
        if one.kind in EXTERNAL_KINDS and (len(kinds[one.callee]) > 1 or not one.callee.strip())
        else one
        for one in calls
    )
    shown: dict[str, Kind] = {}
    for kind in EXTERNAL_KINDS:
        shown |= dict.fromkeys(sorted({one.callee for one in renamed if one.kind is kind})[:MOST_EXTERNALS], kind)
    return shown, renamed


def _external_links(externals: Mapping[str, Kind], measured: Sequence[tuple[str, str]]) -> Iterable[Link]:
    """Who always calls outside, and whoever else of the platform was seen to; a Git platform sends webhooks back."""
    for name, kind in externals.items():
        seen = (caller for caller, callee in measured if callee == name and caller in NODES)
        yield from (Link(caller, name) for caller in dict.fromkeys((*EXTERNAL_CALLERS, *seen)))
        if kind is Kind.GIT_PLATFORM:
            yield Link(name, API, Need.NONE)


def _edge(link: Link, calls: Calls | None) -> Edge:
    status, reason = edge_status(calls)
    edge = Edge(link.caller, link.callee, status, reason, need=link.need)
    return edge if calls is None else replace(edge, rate=calls.rate, error_share=calls.error_share, p95_s=calls.p95_s)


def _node(name: str, kind: Kind, *, service: ServiceStatus | None, up: float | None, edges: tuple[Edge, ...]) -> Node:
    if service is not None and kind is Kind.SERVICE:
        return Node(name, kind, service.status, service.reason)
    return Node(name, kind, *node_status(name, up=up, edges=edges))


def _reach(start: str, steps: Sequence[tuple[str, str, Need]]) -> tuple[Reached, ...]:
    hard = _walk(start, [(here, there) for here, there, need in steps if need is Need.REQUIRED])
    reached = _walk(start, [(here, there) for here, there, need in steps if need is not Need.NONE])
    return tuple(replace(one, fallback=one.name not in hard) for one in reached.values())


def _walk(start: str, steps: Iterable[tuple[str, str]]) -> dict[str, Reached]:
    """Breadth first, each node once, so that a cycle ends by itself; among equals by name."""
    beyond: dict[str, set[str]] = {}
    for here, there in steps:
        beyond.setdefault(here, set()).add(there)
    found: dict[str, Reached] = {}
    waiting = deque([(start, 0)])
    while waiting:
        here, distance = waiting.popleft()
        for there in sorted(beyond.get(here, set()) - {start, *found}):
            found[there] = Reached(there, distance + 1, here)
            waiting.append((there, distance + 1))
    return found
