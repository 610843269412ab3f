"""The tick's shortcut answers what Dash itself would answer, and refuses what Dash would stumble over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from dash import Dash, html

from app.access import Role
from app.drawn import Drawn, State
from app.refresh import Refresher
from callbacks import tick as tick_callback

DRAWN = {
    "api.latency": Drawn(State.LIVE, b'{"data":[],"layout":{}}', "v1", as_of=7.0, every_s=15, start=1, end=7),
    "api.now": Drawn(State.LIVE, b'{"props":{},"type":"Dl","namespace":"dash_html_components"}', "v2", as_of=7.0),
    "errors.rate": Drawn(State.FAILED, message='no "answer" <b>'),
}


class Fixed(Refresher):
    """Answers every tick alike."""

    def __init__(self) -> None:
        pass

    def tick(self, *_asked: Any, **_named: Any) -> dict[str, Drawn]:
        """The drawn cards of this module."""
        return DRAWN

    def picture(self, version: str) -> bytes | None:
        """None is kept."""
        return None


def caught_up(told: Mapping[str, float], _role: Role | None) -> bool:
    """Has heard of what was made before the year 2001."""
    return max(told.values(), default=0) < 1e9


def body(**asked: Any) -> dict[str, Any]:
    """A request as dash-renderer sends it."""
    return {
        "output": tick_callback.OUTPUT,
        "outputs": {"id": "pulse", "property": "data"},
        "inputs": [
            {"id": "tick", "property": "n_intervals", "value": 1},
            {"id": "ask", "property": "data", "value": {"keys": list(DRAWN), "visit": "1", **asked}},
            {"id": "nudge", "property": "data"},
        ],
        "changedPropIds": ["tick.n_intervals"],
        "state": [{"id": "pulse", "property": "data"}, {"id": "reading", "property": "data"}],
    }


def answers(asked: dict[str, Any]) -> tuple[Any, Any]:
    """Dash's answer and the shortcut's, without the moment they were given at."""
    app = Dash(__name__, suppress_callback_exceptions=True)
    app.layout = html.Div()
    shortcut = tick_callback.register(app, Fixed(), lambda: Role.READONLY, caught_up)
    dash = app.server.test_client().post("/_dash-update-component", json=asked)
    found = [json.loads(dash.data), orjson.loads(shortcut(asked).data)]
    for one in found:
        del one["response"]["pulse"]["data"]["now"]
    return found[0], found[1]


@pytest.mark.parametrize("asked", [{}, {"from": "now-24h", "to": "now"}, {"from": "now-1y"}], ids=str)
def test_it_answers_as_dash_does(asked: dict[str, Any]) -> None:
    by_dash, by_shortcut = answers(body(**asked))
    assert by_shortcut == by_dash


def test_it_leaves_out_what_the_browser_has() -> None:
    asked = body()
    asked["state"][0]["value"] = {"visit": "1", "cards": {"api.now": ["live", "v2", 7.0, 0, "", 0, 0]}}
    by_dash, by_shortcut = answers(asked)
    assert by_shortcut == by_dash
    ((place, update),) = by_shortcut["sideUpdate"].items()
    assert place == '{"key":"api.latency","part":"body"}'
    assert update["children"]["props"]["figure"] == {"version": "v1", "data": [], "layout": {}}


def test_a_graph_that_is_there_is_given_its_next_picture_alone() -> None:
    asked = body()
    asked["state"][0]["value"] = {"visit": "1", "cards": {"api.latency": ["live", "v0", 7.0, 0, "", 0, 0]}}
    by_dash, by_shortcut = answers(asked)
    assert by_shortcut == by_dash
    assert by_shortcut["sideUpdate"]['{"key":"api.latency","part":"figure"}'] == {
        "figure": {"version": "v1", "data": [], "layout": {}}
    }


@pytest.mark.parametrize(
    "visit", [7, None, {}, orjson.loads(b"[" * 1_000 + b"]" * 1_000)], ids=["7", "null", "{}", "[…]"]
)
def test_a_visit_that_is_no_text_is_none(visit: Any) -> None:
    app = Dash(__name__)
    shortcut = tick_callback.register(app, Fixed(), lambda: Role.READONLY, caught_up)
    assert orjson.loads(shortcut(body(visit=visit)).data)["response"]["pulse"]["data"]["visit"] == ""


@pytest.mark.parametrize("asked", [None, 7, [], {}, {"keys": "api.now"}], ids=str)
def test_it_has_nothing_to_say_where_no_page_is_asked_for(asked: Any) -> None:
    app = Dash(__name__)
    shortcut = tick_callback.register(app, Fixed(), lambda: Role.READONLY, caught_up)
    request = body()
    request["inputs"][1]["value"] = asked
    assert shortcut(request).status_code == 204


@pytest.mark.parametrize(
    ("nudge", "again"),
    [
        ({"keys": ["api.now"], "told": {"alerts": 999_999_999.5, "workflows": 0}}, False),
        ({"keys": ["api.now"], "told": {"alerts": 1_000_000_000.5}}, True),
        ({"keys": ["api.now"], "told": {"alerts": "2001", "status": None, "events": True}}, False),
        ({"keys": ["api.now"], "told": [2e9]}, False),
        ({"keys": ["api.now"]}, False),
    ],
    ids=str,
)
def test_a_process_that_is_behind_what_was_told_is_asked_again(nudge: dict[str, Any], again: bool) -> None:
    asked = body() | {"changedPropIds": ["nudge.data"]}
    asked["inputs"][2]["value"] = nudge
    by_dash, by_shortcut = answers(asked)
    assert by_shortcut == by_dash
    assert by_shortcut["response"]["pulse"]["data"]["again"] is again


def test_news_for_all_cards_leave_nothing_unseen() -> None:
    """What was awaited before is asked for now."""
    for keys, again in ((list(DRAWN), False), (["api.now"], True)):
        asked = body() | {"changedPropIds": ["nudge.data"]}
        asked["inputs"][2]["value"] = {"keys": keys}
        asked["state"][0]["value"] = {"visit": "1", "again": True, "cards": {}}
        assert answers(asked)[1]["response"]["pulse"]["data"]["again"] is again
