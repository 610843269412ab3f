"""Health of parts and connections by hand-made cases; what a fault takes with it, against a search of all ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.demo.simulation.steps import STEP_SPECS
from app.health.dependencies import (
    MOST_EXTERNALS,
    Calls,
    Edge,
    architecture,
    blast_radius,
    edge_status,
    node_status,
    reached_by,
)
from app.health.services import SERVICES
from app.health.status import Status, service_status
from app.health.topology import AI_STEPS, GIT_STEPS, LINKS, NODES, STEPS, WORKER_STEPS, Kind, Need, steps_affected


def calls(**measured: float | None) -> Calls:
    return Calls("workers", "openai", Kind.AI_PROVIDER, **measured)


@pytest.mark.parametrize(
    ("measured", "status", "reason"),
    [
        (None, Status.UNKNOWN, "not measured"),
        (calls(), Status.UNKNOWN, "not measured"),
        (calls(rate=0.0, error_share=0.0), Status.UNKNOWN, "no calls"),
        (calls(rate=1.0), Status.UNKNOWN, "neither failures nor durations are measured"),
        (calls(rate=1.0, error_share=0.0), Status.HEALTHY, ""),
        (calls(p95_s=59.9), Status.HEALTHY, ""),
        (calls(rate=1.0, error_share=0.05, p95_s=2.0), Status.HEALTHY, ""),
        (calls(rate=1.0, error_share=0.051), Status.DEGRADED, "5.1% of calls fail (limit 5%)"),
        (calls(rate=1.0, error_share=0.5), Status.DEGRADED, "50.0% of calls fail (limit 5%)"),
        (calls(rate=1.0, error_share=0.51), Status.UNHEALTHY, "51.0% of calls fail (limit 5%)"),
        (calls(rate=1.0, error_share=0.0, p95_s=60.0), Status.DEGRADED, "p95 60 s (limit 60 s)"),
        (Calls("api", "postgres", Kind.DATABASE, 9, None, 0.25), Status.DEGRADED, "p95 0.25 s (limit 0.25 s)"),
        (Calls("api", "redis", Kind.QUEUE, 9, None, 99.0), Status.HEALTHY, ""),
    ],
)
def test_an_edge_is_as_measured(measured: Calls | None, status: Status, reason: str) -> None:
    assert edge_status(measured) == (status, reason)


def seen(*words: str) -> tuple[Edge, ...]:
    return tuple(Edge(f"caller{at}", "x", Status(word), f"is {word}") for at, word in enumerate(words))


def test_what_nobody_called_is_said_to_be_idle() -> None:
    idle = Edge("workers", "x", Status.UNKNOWN, "no calls")
    assert node_status("x", edges=[*seen("unknown"), idle]) == (Status.UNKNOWN, "no calls")
    assert node_status("x", edges=[idle, *seen("healthy")]) == (Status.HEALTHY, "")


@pytest.mark.parametrize(
    ("up", "words", "status", "reason"),
    [
        (None, (), "unknown", "not measured"),
        (None, ("unknown",), "unknown", "not measured"),
        (1.0, ("unknown",), "healthy", ""),
        (1.0, (), "healthy", ""),
        (0.0, ("healthy",), "unhealthy", "x does not answer"),
        (None, ("healthy", "unknown"), "healthy", ""),
        (None, ("healthy", "unhealthy"), "degraded", "from caller1: is unhealthy"),
        (None, ("unhealthy", "unhealthy", "unknown"), "unhealthy", "from caller0: is unhealthy"),
        (1.0, ("unhealthy",), "degraded", "from caller0: is unhealthy"),
    ],
)
def test_a_node_is_what_it_says_and_what_its_callers_see(
    up: float | None, words: tuple[str, ...], status: str, reason: str
) -> None:
    assert node_status("x", up=up, edges=seen(*words)) == (Status(status), reason)


def externals(*names: str, kind: Kind = Kind.AI_PROVIDER) -> list[Calls]:
    return [Calls("workers", name, kind, 1.0, 0.0, 1.0) for name in names]


def test_nothing_measured_leaves_nothing_green() -> None:
    made = architecture(())
    assert {node.name for node in made.nodes} == set(NODES)
    assert {edge.status for edge in made.edges} == {Status.UNKNOWN}
    assert {node.status for node in made.nodes} == {Status.UNKNOWN}


def test_measured_numbers_stand_on_their_edge_alone() -> None:
    made = architecture((), calls=[Calls("api", "postgres", Kind.DATABASE, 3.0, 0.25, 0.04)])
    measured = [edge for edge in made.edges if edge.rate is not None]
    assert measured == [
        Edge("api", "postgres", Status.DEGRADED, "25.0% of calls fail (limit 5%)", 3.0, 0.25, 0.04, Need.REQUIRED)
    ]


def test_services_keep_the_status_they_have_elsewhere() -> None:
    made = architecture([service_status("api", {"a": 1.0, "b": 0.0})])
    api = next(node for node in made.nodes if node.name == "api")
    assert (api.status, api.reason) == (Status.DEGRADED, "api: 1 of 2 instances up")


def test_externals_come_from_what_is_measured_and_are_called_by_orchestrator_and_workers() -> None:
    made = architecture((), calls=[*externals("openai"), *externals("gitlab", kind=Kind.GIT_PLATFORM)])
    kinds = {node.name: node.kind for node in made.nodes}
    assert (kinds["openai"], kinds["gitlab"]) == (Kind.AI_PROVIDER, Kind.GIT_PLATFORM)
    links = {(edge.caller, edge.callee): edge for edge in made.edges}
    assert links["workers", "openai"].status is Status.HEALTHY
    assert links["orchestrator", "openai"].reason == "not measured"
    assert links["gitlab", "api"].need is Need.NONE
    assert ("openai", "api") not in links


def test_a_provider_called_like_a_part_of_the_platform_is_another_node() -> None:
    made = architecture((), calls=[*externals("api", "gitlab", " "), *externals("gitlab", kind=Kind.GIT_PLATFORM)])
    names = [node.name for node in made.nodes]
    assert len(names) == len(set(names))
    assert {"api", "api (AI provider)", "gitlab (AI provider)", "gitlab (Git platform)"} <= set(names)
    assert next(node for node in made.nodes if node.name == "api").kind is Kind.SERVICE
    assert next(edge for edge in made.edges if edge.callee == "gitlab (AI provider)" and edge.rate).caller == "workers"


def test_of_many_providers_those_left_out_are_named() -> None:
    names = [f"p{at:03}" for at in range(MOST_EXTERNALS + 3)]
    made = architecture((), calls=externals(*names))
    assert made.left_out == tuple(names[MOST_EXTERNALS:])
    assert sum(node.kind is Kind.AI_PROVIDER for node in made.nodes) == MOST_EXTERNALS


def test_health_moves_no_node_and_no_edge() -> None:
    good = architecture((), calls=externals("b", "a"))
    bad = architecture((), calls=[Calls("workers", name, Kind.AI_PROVIDER, 1.0, 1.0, 9.0) for name in ("a", "b")])
    assert [node.name for node in good.nodes] == [node.name for node in bad.nodes]
    assert [(e.caller, e.callee) for e in good.edges] == [(e.caller, e.callee) for e in bad.edges]


def test_the_declared_links_join_declared_nodes_once() -> None:
    pairs = [(link.caller, link.callee) for link in LINKS]
    assert len(pairs) == len(set(pairs))
    assert {name for pair in pairs for name in pair} <= set(NODES)
    assert set(SERVICES) <= set(NODES)


def test_a_providers_fault_reaches_its_callers_and_theirs() -> None:
    edges = architecture((), calls=externals("openai")).edges
    assert [(one.name, one.distance, one.via) for one in blast_radius(edges, "openai")] == [
        ("orchestrator", 1, "openai"),
        ("workers", 1, "openai"),
        ("api", 2, "orchestrator"),
        ("ingress", 2, "orchestrator"),
    ]


def test_what_has_a_fallback_says_so() -> None:
    edges = architecture(()).edges
    assert all(one.fallback for one in blast_radius(edges, "redis"))
    assert not any(one.fallback for one in blast_radius(edges, "postgres"))
    assert {one.name for one in reached_by(edges, "workers") if one.fallback} == {"redis"}


def test_scrapes_and_webhooks_carry_no_fault() -> None:
    edges = architecture((), calls=externals("gitlab", kind=Kind.GIT_PLATFORM)).edges
    assert {one.name for one in blast_radius(edges, "api")} == {"ingress"}
    assert reached_by(edges, "prometheus") == ()


def test_two_that_need_each_other_end_the_walk() -> None:
    edges = architecture(()).edges
    assert "workers" in {one.name for one in blast_radius(edges, "orchestrator")}
    assert "orchestrator" in {one.name for one in blast_radius(edges, "workers")}
    assert blast_radius(edges, "nobody") == ()


PAIRS = st.lists(st.tuples(*[st.sampled_from("abcdef")] * 2), max_size=14, unique=True)


@given(PAIRS, st.sampled_from("abcdef"))
def test_distances_are_those_of_all_pairs(pairs: list[tuple[str, str]], start: str) -> None:
    """Floyd and Warshall's way to the same numbers."""
    far = {(a, b): 1.0 if (a, b) in pairs else float("inf") for a in "abcdef" for b in "abcdef"}
    for k in "abcdef":
        for a in "abcdef":
            for b in "abcdef":
                far[a, b] = min(far[a, b], far[a, k] + far[k, b])
    edges = [Edge(a, b, Status.UNKNOWN, "") for a, b in pairs]
    up = {one.name: one.distance for one in blast_radius(edges, start)}
    down = {one.name: one.distance for one in reached_by(edges, start)}
    assert up == {a: far[a, start] for a in "abcdef" if a != start and far[a, start] < 9}
    assert down == {b: far[start, b] for b in "abcdef" if b != start and far[start, b] < 9}


def test_the_steps_are_those_of_the_platform() -> None:
    assert tuple(spec.name for spec in STEP_SPECS) == STEPS
    for wanted, mark in ((AI_STEPS, "ai:"), (GIT_STEPS, "git:")):
        assert {s.name for s in STEP_SPECS if any(call.startswith(mark) for call in s.calls)} == wanted
    assert {spec.name for spec in STEP_SPECS if spec.on_worker} == WORKER_STEPS


@pytest.mark.parametrize(
    ("name", "kind", "steps"),
    [
        ("postgres", Kind.DATABASE, STEPS),
        ("orchestrator", Kind.SERVICE, STEPS),
        ("redis", Kind.QUEUE, ()),
        ("api", Kind.SERVICE, ()),
        ("gitlab", Kind.GIT_PLATFORM, tuple(step for step in STEPS if step in GIT_STEPS)),
        ("workers", Kind.AI_PROVIDER, tuple(step for step in STEPS if step in AI_STEPS)),
    ],
)
def test_the_steps_that_a_fault_holds_up(name: str, kind: Kind, steps: tuple[str, ...]) -> None:
    assert steps_affected(name, kind) == steps
