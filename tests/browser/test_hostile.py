"""Text from elsewhere stays text."""

from __future__ import annotations

import json
from urllib.parse import quote
from xml.etree import ElementTree

import orjson
import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from app.figures.series import Line, time_series
from app.figures.units import Unit
from app.health.status import Status
from app.ui.render import render
from app.widgets.content import Badge, Cell, Grid, Number, Numbers
from tests.browser.cards import api, card, curves, expect_live, export, graph, message, show
from tests.browser.conftest import OpenAs, sign_in
from tests.browser.scene import HOSTILE, HOSTILE_LONG
from tests.browser.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
FIRST_WORD = "<img src=x"


@pytest.fixture(scope="module")
def overview(lasting: OpenAs) -> Page:
    page = lasting(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    return page


def expect_harmless(page: Page) -> None:
    """No element was made of the text, and nothing in it was run."""
    expect(page.locator("img[src=x], script:has-text('pwned'), [onerror]")).to_have_count(0)
    assert "pwned" not in page.title()


def test_series_with_hostile_labels_do_no_harm(overview: Page) -> None:
    expect_harmless(overview)
    for key in ("errors.rate", "api.rate"):
        assert "api" in curves(overview, key)
        assert all("<" not in name for name in curves(overview, key))
    status = api(overview, "/api/dashboard/system-status")
    assert [one["name"] for one in status["services"]] == ["orchestrator", "workers", "api", "dashboard"]


def test_hostile_names_of_curves_are_drawn_as_text(overview: Page) -> None:
    chart = graph(overview, "api.rate")
    for name in (HOSTILE, HOSTILE_LONG):
        lines = [Line(name, (1.0, 2.0, 3.0)), Line("api", (2.0, 2.0, 2.0))]
        figure = time_series(lines, (0, 15, 30), revision="hostile", unit=Unit.COUNT)
        show(overview, "figure", "api.rate", "figure", figure)
        expect(chart.locator("text", has_text=FIRST_WORD).first).to_be_attached()
        expect_harmless(overview)
        chart.hover()  # the hover label has the name too
        root = ElementTree.parse(export(overview, "api.rate", "svg").path()).getroot()
        assert not [one for one in root.iter() if one.tag.rpartition("}")[2] in {"img", "script", "foreignObject"}]
        assert any(FIRST_WORD in text for text in root.itertext())
        expect_harmless(overview)


def test_hostile_words_in_cards_are_text(overview: Page) -> None:
    pictures = {
        "services.health": Grid((HOSTILE, HOSTILE), ((Cell(HOSTILE), Cell(HOSTILE, status=Status.UNKNOWN)),)),
        "api.now": Numbers((Number(HOSTILE, HOSTILE, HOSTILE, note=HOSTILE),)),
        "status.overall": Badge(Status.DEGRADED, HOSTILE, HOSTILE, (Number(HOSTILE, "1"),)),
    }
    try:
        for key, content in pictures.items():
            show(overview, "body", key, "children", orjson.loads(render(content)))
            expect(card(overview, key).get_by_text(FIRST_WORD).first).to_be_attached()
    finally:
        expect_harmless(overview)


def test_a_hostile_message_of_a_tick_is_text(overview: Page) -> None:
    pulse = {
        "visit": HOSTILE,
        "problem": HOSTILE,
        "cards": {"api.now": ["stale", "1", 1, 15, HOSTILE], HOSTILE: ["live", "1", 1, 15, HOSTILE]},
        "now": 1,
        "from": 0,
        "to": 60,
        "live": True,
    }
    overview.evaluate("pulse => window.dash_clientside.set_props('pulse', { data: pulse })", pulse)
    expect(message(overview, "api.now")).to_contain_text("cannot be answered")
    expect(overview.locator("#range-problem")).to_contain_text(FIRST_WORD)
    overview.evaluate("pulse => window.dash_clientside.set_props('pulse', { data: pulse })", pulse | {"problem": ""})
    expect(message(overview, "api.now")).to_contain_text(FIRST_WORD)
    expect_harmless(overview)


def test_hostile_parameters_are_text(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/profile")
    for name in ("from", "to"):
        page.goto(f"/overview?{name}={quote(HOSTILE)}")
        expect(page.locator("#range-problem")).to_contain_text(FIRST_WORD)
        expect_harmless(page)
    page.goto(f"/overview?refresh={quote(HOSTILE)}&unknown={quote(HOSTILE)}")
    expect_live(page)
    expect_harmless(page)


def test_a_hostile_address_is_no_page(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/" + quote(HOSTILE.replace("/", "").replace("\n", "")))
    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    expect_harmless(page)


def test_a_hostile_name_at_sign_in_is_text(stranger: Page, watch: Watch) -> None:
    watch.expect("401")
    stranger.goto("/login")
    name = '"><img src=x onerror=\'document.title="pwned"\'>'
    sign_in(stranger, name)
    expect(stranger.get_by_role("alert")).to_be_visible()
    expect(stranger.locator("input[name=username]")).to_have_value(name)
    expect_harmless(stranger)
    stranger.goto(f"/login?next={quote('/' + HOSTILE)}")
    expect_harmless(stranger)


def test_a_hostile_key_is_answered_as_text(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/profile")
    reply = page.request.get("/api/dashboard/widgets/" + quote(HOSTILE.replace("/", "")))
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("application/json")
    assert FIRST_WORD in json.loads(reply.text())["message"]
