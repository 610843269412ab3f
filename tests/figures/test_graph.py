"""The graph's figure: still, readable on both themes, its health in sign, word and colour, its names never obeyed."""

from __future__ import annotations

import html
import json
from dataclasses import replace

import pytest

from app.figures import theme
from app.figures.graph import dependency_graph
from app.health.dependencies import Calls, Edge, Node, architecture, blast_radius
from app.health.status import Status
from app.health.topology import Kind, Need
from tests.ui.test_contrast import contrast

CARDS = ("#ffffff", "#171e27")
CALLS = [
    Calls("workers", "openai", Kind.AI_PROVIDER, 2.0, 0.125, 9.5),
    Calls("orchestrator", "openai", Kind.AI_PROVIDER, 1.0, 0.0, 9.5),
    Calls("workers", "gitlab", Kind.GIT_PLATFORM, 1.0, 0.9, 0.5),
]
WHOLE = architecture((), calls=CALLS, up={"postgres": 1.0})
EDGES = [edge for edge in WHOLE.edges if edge.need is not Need.NONE]


def marks(figure: dict) -> dict:
    return next(trace for trace in figure["data"] if "customdata" in trace)


def lines(figure: dict) -> list[dict]:
    return [trace for trace in figure["data"] if trace["mode"] == "lines"]


def words(figure: dict) -> dict[str, str]:
    texts = [note["text"].split("</b><br>") for note in figure["layout"]["annotations"]]
    return {name.removeprefix("<b>").replace("<br>", ""): word for name, word in texts}


def test_health_changes_no_position() -> None:
    well = dependency_graph(WHOLE.nodes, EDGES, revision="key")
    ill_nodes = [replace(node, status=Status.UNHEALTHY, reason="it burns") for node in WHOLE.nodes]
    ill_edges = [replace(edge, status=Status.UNHEALTHY, reason="it burns") for edge in EDGES]
    ill = dependency_graph(ill_nodes, ill_edges, revision="key", about={"openai"})
    assert [marks(well)[axis] for axis in "xy"] == [marks(ill)[axis] for axis in "xy"]
    assert {figure["layout"]["uirevision"] for figure in (well, ill)} == {"key"}


def test_a_node_has_its_name_for_clicks_and_sign_word_and_colour_for_its_health() -> None:
    figure = dependency_graph(WHOLE.nodes, EDGES, revision="key")
    trace = marks(figure)
    assert trace["customdata"] == [node.name for node in WHOLE.nodes]
    at = trace["customdata"].index("gitlab")
    assert (trace["text"][at], trace["marker"]["color"][at]) == ("✕", theme.STATUS["unhealthy"])
    assert words(figure)["gitlab"] == "unhealthy"
    assert words(figure)["postgres"] == "healthy"
    assert words(figure)["redis"] == "not measured"
    assert (
        trace["hovertext"][at]
        == "<b>gitlab</b>, Git platform<br>unhealthy: from workers: 90.0% of calls fail (limit 5%)"
    )


def test_every_kind_has_a_shape_and_a_word_of_its_own() -> None:
    assert set(theme.KIND_SYMBOLS) == set(theme.KIND_WORDS) == {str(kind) for kind in Kind}
    assert len(set(theme.KIND_SYMBOLS.values())) == len(Kind)
    figure = dependency_graph(WHOLE.nodes, EDGES, revision="key")
    legend = {trace["name"] for trace in figure["data"] if "name" in trace}
    assert legend == set(theme.KIND_WORDS.values())


def test_the_numbers_of_an_edge_are_in_its_hover_alone() -> None:
    figure = dependency_graph(WHOLE.nodes, EDGES, revision="key")
    (hovers,) = [trace for trace in figure["data"] if trace["mode"] == "markers" and "hovertext" in trace]
    title = "<b>workers → openai</b><br>degraded: 12.5% of calls fail (limit 5%)"
    assert f"{title}<br>calls 2.00/s<br>failing 12.5%<br>p95 9.50 s" in hovers["hovertext"]
    assert "<b>api → redis</b><br>not measured" in hovers["hovertext"]
    assert "12.5" not in json.dumps(figure["layout"])


def test_edges_run_from_below_the_callers_label_to_above_the_callee() -> None:
    nodes = [Node(name, Kind.SERVICE, Status.HEALTHY, "") for name in ("a", "b")]
    figure = dependency_graph(nodes, [Edge("a", "b", Status.HEALTHY, "")], revision="key")
    (line,) = lines(figure)
    assert 0.3 < line["y"][0] < 0.6
    assert 0.75 < line["y"][-2] < 0.9
    heads = figure["data"][figure["data"].index(line) + 1]
    assert heads["marker"]["symbol"] == ["triangle-down"]
    assert heads["y"] == [line["y"][-2]]


def test_both_directions_of_a_pair_can_be_told_apart() -> None:
    nodes = [Node(name, Kind.SERVICE, Status.HEALTHY, "") for name in ("a", "b")]
    edges = [Edge("a", "b", Status.HEALTHY, ""), Edge("b", "a", Status.UNHEALTHY, "")]
    one, other = lines(dependency_graph(nodes, edges, revision="key"))
    middle = len(one["x"]) // 2 - 1
    assert one["x"][middle] != pytest.approx(other["x"][middle], abs=0.02)
    assert {one["line"]["dash"], one["line"]["width"]} != {other["line"]["dash"], other["line"]["width"]}


def test_the_blast_radius_stays_and_all_else_is_dimmed() -> None:
    about = {one.name for one in blast_radius(WHOLE.edges, "openai")} | {"openai"}
    trace = marks(dependency_graph(WHOLE.nodes, EDGES, revision="key", about=about))
    bright = {name for name, one in zip(trace["customdata"], trace["marker"]["opacity"], strict=True) if one == 1}
    assert bright == {"openai", "workers", "orchestrator", "api", "ingress"}


@pytest.mark.parametrize("word", theme.STATUS)
@pytest.mark.parametrize("ground", CARDS)
def test_colours_of_health_are_seen_on_both_cards_and_their_signs_on_them(word: str, ground: str) -> None:
    assert contrast(theme.STATUS[word], ground) >= 3
    assert contrast(theme.STATUS[word], "#ffffff") >= 3
    assert word in theme.STATUS_SIGNS and word in theme.EDGE and word in theme.STATUS_ORDER


def test_all_words_of_health_are_known_to_the_theme() -> None:
    assert {str(status) for status in Status} <= set(theme.STATUS)


@pytest.mark.parametrize(
    "name", ['<img src=x onerror="alert(1)">', "a\nb\\c'd", "&lt;b&gt;", "%{customdata}", "<&" * 2_048, ""]
)
def test_names_are_shown_and_never_obeyed(name: str) -> None:
    nodes = [Node(name, Kind.AI_PROVIDER, Status.DEGRADED, name), Node("workers", Kind.SERVICE, Status.HEALTHY, "")]
    figure = dependency_graph(nodes, [Edge("workers", name, Status.DEGRADED, name)], revision="key")
    json.dumps(figure, allow_nan=False)
    texts = [*marks(figure)["hovertext"], *(note["text"] for note in figure["layout"]["annotations"])]
    texts += [text for trace in figure["data"] if trace["mode"] == "markers" for text in trace.get("hovertext", ())]
    for text in texts:
        bare = text.replace("<b>", "").replace("</b>", "").replace("<br>", "")
        assert "<" not in bare and ">" not in bare
        assert len(html.unescape(text)) < 500


def test_nothing_can_be_drawn_and_a_strange_word_is_unknown() -> None:
    json.dumps(dependency_graph([], [], revision="key"), allow_nan=False)

    class Strange:
        name, kind, status, reason = "x", "thing", "on fire", ""

    trace = marks(dependency_graph([Strange()], [], revision="key"))
    assert trace["marker"]["color"] == [theme.STATUS["unknown"]]
    assert trace["hovertext"] == ["<b>x</b>, other<br>unknown"]
