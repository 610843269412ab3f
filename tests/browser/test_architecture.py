"""The dependency graph in the browser: choosing a part by mouse, touch, keyboard and address; nothing moves."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from tests.browser.cards import card, expect_live, graph
from tests.browser.conftest import OpenAs
from tests.browser.scene import HOSTILE
from tests.browser.test_keyboard import tab_to
from tests.browser.test_widths import HEIGHT, PHONE, TABLET, expect_no_overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WHOLE, PARTS = "architecture.graph:", "architecture.parts"
BLAST_OF_WORKERS = {"workers", "orchestrator", "api", "ingress"}


def about(name: str) -> str:
    return f"architecture.about:{name}"


def nodes(page: Page, chosen: str = "") -> dict[str, Any]:
    """Opacity and place on the graph of each part."""
    script = """graph => {
        const {customdata, marker, x, y} = graph.data.find(trace => trace.customdata);
        return Object.fromEntries(customdata.map((name, at) => [name, [marker.opacity[at], x[at], y[at]]]));
    }"""
    found: dict[str, Any] = graph(page, f"{WHOLE}{chosen}").evaluate(script)
    return found


def place(page: Page, name: str, chosen: str = "", below: float = 0) -> tuple[float, float]:
    """Where in the window a part is drawn."""
    graph(page, f"{WHOLE}{chosen}").scroll_into_view_if_needed()
    script = """(graph, name) => {
        const one = graph.data.find(trace => trace.customdata), at = one.customdata.indexOf(name);
        const {xaxis, yaxis} = graph._fullLayout, box = graph.getBoundingClientRect();
        return [box.left + xaxis._offset + xaxis.l2p(one.x[at]), box.top + yaxis._offset + yaxis.l2p(one.y[at])];
    }"""
    x, y = graph(page, f"{WHOLE}{chosen}").evaluate(script, name)
    return x, y + below


def part(page: Page, key: str, name: str) -> Locator:
    return card(page, key).get_by_role("link", name=name, exact=True)


def expect_chosen(page: Page, name: str) -> None:
    expect_live(page, f"{WHOLE}{name}", about(name), PARTS)
    assert page.evaluate("() => new URL(location.href).searchParams.get('about')") == name
    expect(card(page, about(name)).locator(".card-title")).to_have_text(f"About {name}")


def expect_whole(page: Page) -> None:
    expect_live(page, WHOLE, PARTS)
    expect(page.locator('[data-widget^="architecture.about:"]')).to_have_count(0)


@pytest.fixture
def page(open_as: OpenAs) -> Page:
    found = open_as(Role.READONLY, "/architecture?from=now-15m")
    expect_whole(found)
    return found


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_everybody_sees_it(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/architecture")
    expect_whole(page)
    expect(part(page, PARTS, "postgres")).to_be_visible()
    expect(page.locator("[data-page-title]")).to_have_text("Architecture")


def test_a_click_on_a_part_shows_what_a_fault_of_it_takes_with_it(page: Page) -> None:
    before = nodes(page)
    page.mouse.click(*place(page, "workers"))
    expect_chosen(page, "workers")
    after = nodes(page, "workers")
    assert {name for name, (opacity, _, _) in after.items() if opacity == 1} == BLAST_OF_WORKERS
    assert {name: at[1:] for name, at in after.items()} == {name: at[1:] for name, at in before.items()}, "it stays put"
    assert "from=now-15m" in page.url, "the range goes along"
    drawer = card(page, about("workers"))
    far = drawer.get_by_role("row").filter(has_text="2 steps, via orchestrator")
    expect(far).to_have_count(2)
    expect(far).to_contain_text(["api", "ingress"])
    expect(drawer.locator(".grid-remark")).to_contain_text("5 of 14 workflow steps")


def test_back_forward_and_a_second_click_let_it_go(page: Page) -> None:
    page.mouse.click(*place(page, "workers"))
    expect_chosen(page, "workers")
    page.mouse.click(*place(page, "postgres", "workers"))
    expect_chosen(page, "postgres")
    page.go_back()
    expect_chosen(page, "workers")
    page.go_back()
    expect_whole(page)
    page.go_forward()
    expect_chosen(page, "workers")
    page.mouse.click(*place(page, "workers", "workers"))
    expect_whole(page)


def test_a_name_under_a_part_can_be_pressed(page: Page) -> None:
    page.mouse.click(*place(page, "dashboard", below=22))
    expect_chosen(page, "dashboard")


def test_the_links_do_the_same_by_keyboard(page: Page) -> None:
    tab_to(page, f'[data-widget="{PARTS}"] a[href$="about=redis"]')
    page.keyboard.press("Enter")
    expect_chosen(page, "redis")
    expect(card(page, about("redis"))).to_contain_text("not measured")
    part(page, about("redis"), "Whole platform").focus()
    page.keyboard.press("Enter")
    expect_whole(page)


def test_an_address_opens_what_it_names(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, "/architecture?about=orchestrator")
    expect_chosen(page, "orchestrator")
    itself = card(page, about("orchestrator")).get_by_role("link", name="orchestrator", exact=True)
    expect(itself.first).to_have_attribute("href", "/services/orchestrator")


@pytest.mark.parametrize("name", [HOSTILE, "x" * 400, "no such part"])
def test_an_address_that_names_nothing_shows_the_platform(open_as: OpenAs, name: str) -> None:
    page = open_as(Role.READONLY, f"/architecture?about={quote(name, safe='')}")
    expect_live(page, PARTS)
    expect(page).not_to_have_title(re.compile("pwned"))
    if name == "no such part":
        expect(card(page, about(name))).to_contain_text("No part of this name")
    else:
        expect_whole(page)


def test_a_part_and_a_connection_say_how_they_are(page: Page) -> None:
    page.mouse.move(*place(page, "api"))
    hover = page.locator(".hoverlayer")
    expect(hover).to_contain_text("api, service")
    expect(hover).to_contain_text("healthy")
    script = """graph => {
        const one = graph.data.find(trace => trace.marker?.opacity === 0);
        const at = one.hovertext.findIndex(text => text.includes("ingress → api"));
        const {xaxis, yaxis} = graph._fullLayout, box = graph.getBoundingClientRect();
        return [box.left + xaxis._offset + xaxis.l2p(one.x[at]), box.top + yaxis._offset + yaxis.l2p(one.y[at])];
    }"""
    x, y = graph(page, WHOLE).evaluate(script)
    page.mouse.move(x, y)
    expect(hover).to_contain_text("ingress → api")
    expect(hover).to_contain_text("calls 13.3/s")
    expect(hover).to_contain_text("failing 1.00%")


@pytest.mark.parametrize("address", ["/architecture", "/architecture?about=postgres"])
def test_nothing_overflows(open_as: OpenAs, address: str) -> None:
    page = open_as(Role.READONLY, address, viewport={"width": PHONE, "height": HEIGHT})
    expect_live(page, PARTS)
    for width in (PHONE, TABLET):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            expect_no_overflow(page, f"{address} at {width} px, {scheme}")


def test_a_phone_shows_the_part_that_was_chosen(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/architecture", viewport={"width": PHONE, "height": HEIGHT}, has_touch=True)
    expect_whole(page)
    link = part(page, PARTS, "postgres")
    link.scroll_into_view_if_needed()
    box = link.bounding_box() or {}
    assert box["height"] >= 24, "room for a thumb (WCAG 2.2, 2.5.8)"
    link.tap()
    expect_chosen(page, "postgres")
    expect(card(page, about("postgres")).locator(".card-title")).to_be_in_viewport()


def test_a_touch_on_a_part_chooses_it(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/architecture", viewport={"width": PHONE, "height": HEIGHT}, has_touch=True)
    expect_whole(page)
    page.touchscreen.tap(*place(page, "orchestrator"))
    expect_chosen(page, "orchestrator")
