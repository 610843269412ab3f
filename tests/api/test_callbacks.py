"""Callbacks that no page of ours would send are refused with 400, whatever is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Whole
from tests.auth.site import csrf_header

DEEP = b"[" * 1_000 + b"]" * 1_000
ROUTER = ".._pages_content.children..._pages_store.data.."
PLACE = {"pathname": "/overview", "search": ""}


@pytest.fixture(scope="module")
def browser(whole: Whole) -> Any:
    client = whole.signed_in("readonly")
    client.get("/overview")
    return client


def call(browser: Any, body: Any) -> Any:
    given = {"data": body, "content_type": "application/json"} if isinstance(body, bytes) else {"json": body}
    return browser.post("/_dash-update-component", headers=csrf_header(browser), **given)


def named(whole: str, **more: Any) -> dict[str, Any]:
    part, _, prop = whole.rpartition(".")
    return {"id": part, "property": prop, **more}


def routed(**place: Any) -> dict[str, Any]:
    """What the browser sends when it is somewhere else."""
    inputs = [named(f"_pages_location.{name}", value=value) for name, value in {**PLACE, **place}.items()]
    outputs = [named("_pages_content.children"), named("_pages_store.data")]
    return {"output": ROUTER, "outputs": outputs, "inputs": inputs, "changedPropIds": ["_pages_location.pathname"]}


@pytest.mark.parametrize(
    "place", [{}, {"pathname": "/"}, {"search": None}, {"search": "?from=now-1h"}, {"pathname": "/x"}]
)
def test_a_place_is_answered(browser: Any, place: dict[str, Any]) -> None:
    assert call(browser, routed(**place)).status_code == 200


@pytest.mark.parametrize(
    "place", [*({"pathname": value} for value in ("x", "", None, 7, ["/"])), {"search": 7}, {"search": ["?"]}], ids=str
)
def test_a_place_that_no_browser_is_at_is_refused(browser: Any, place: dict[str, Any]) -> None:
    answer = call(browser, routed(**place))
    assert answer.status_code == 400
    assert answer.get_json()["message"] == "The inputs are not those of the callback."


@pytest.mark.parametrize(
    "body",
    [
        b'{"output": %b, "inputs": []}' % DEEP,
        b'{"output": 7, "inputs": []}',
        b'{"output": null, "inputs": []}',
        b'{"output": "pulse.data", "outputs": {"id": %b, "property": "data"}, "inputs": []}' % DEEP,
        b'{"output": "pulse.data", "outputs": [{"id": %b, "property": "data"}], "inputs": []}' % DEEP,
        b'{"output": "pulse.data", "outputs": {"id": "pulse", "property": "data"}, "inputs": [{"id": %b}]}' % DEEP,
        b'{"output": "pulse.data", "inputs": [{"id": "tick", "property": %b}]}' % DEEP,
        b'{"output": "pulse.data", "inputs": [], "state": [{"id": %b, "property": ""}]}' % DEEP,
        DEEP,
    ],
    ids=lambda body: str(body[:60]),
)
def test_what_is_nested_where_a_name_belongs_is_refused(browser: Any, body: bytes) -> None:
    assert call(browser, body).status_code == 400


@pytest.mark.parametrize("value", [DEEP, b"7", b"null"], ids=["nested", "number", "null"])
def test_a_visit_that_is_no_text_is_dropped(browser: Any, value: bytes) -> None:
    body = b"""{"output": "pulse.data", "outputs": {"id": "pulse", "property": "data"},
        "inputs": [{"id": "tick", "property": "n_intervals", "value": 1},
                   {"id": "ask", "property": "data", "value": {"keys": [], "visit": %b}},
                   {"id": "nudge", "property": "data"}],
        "state": [{"id": "pulse", "property": "data"}, {"id": "reading", "property": "data"}],
        "changedPropIds": ["ask.data"]}"""
    answer = call(browser, body % value)
    assert answer.status_code == 200
    assert answer.get_json()["response"]["pulse"]["data"]["visit"] == ""


@pytest.mark.parametrize(("value", "status"), [(DEEP, 400), (b"7", 204)], ids=["nested", "number"])
def test_an_exploration_that_is_no_text_is_none(browser: Any, value: bytes, status: int) -> None:
    body = b"""{"output": "explored.children", "outputs": {"id": "explored", "property": "children"},
        "inputs": [{"id": "explorer-asked", "property": "data", "value": %b}], "changedPropIds": []}"""
    assert call(browser, body % value).status_code == status
