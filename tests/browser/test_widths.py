"""Nothing overflows: on a phone, on a tablet, in both themes, for every role."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.addresses import ADDRESSES, expect_drawn
from tests.browser.cards import card, expect_live, graph, open_menu
from tests.browser.conftest import OpenAs, sign_in
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PHONE, TABLET = 360, 768
HEIGHT = 740
EVERYWHERE = (*ADDRESSES, "/no/such/page")


def expect_no_overflow(page: Page, what: str) -> None:
    """The document is no wider than the window; charts take a window's new width a little later."""
    with suppress(AssertionError):
        wait_until(lambda: not sticking_out(page))
    assert sticking_out(page) == [], what


def sticking_out(page: Page) -> list[str]:
    """The beginnings of elements that make the document wider than the window."""
    script = """() => {
        const width = document.documentElement.clientWidth;
        const out = [...document.querySelectorAll("body *")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width && (box.right > width + 1 || box.left < -1);
        });
        const over = document.documentElement.scrollWidth > width + 1;
        return over ? out.slice(0, 5).map((one) => one.outerHTML.slice(0, 120)) : [];
    }"""
    found: list[str] = page.evaluate(script)
    return found


# Every page with all of its cards, and the homes, which differ by role.
@pytest.mark.parametrize(
    ("role", "addresses"),
    [(Role.ADMIN, EVERYWHERE), (Role.DEVELOPER, ("/",)), (Role.OPERATOR, ("/",)), (Role.READONLY, ("/",))],
    ids=lambda one: one.word if isinstance(one, Role) else "",
)
def test_no_page_is_wider_than_the_window(open_as: OpenAs, role: Role, addresses: tuple[str, ...]) -> None:
    page = open_as(role, addresses[0], viewport={"width": PHONE, "height": HEIGHT}, color_scheme="light")
    for address in addresses:
        if address != addresses[0]:
            page.goto(address)
        expect_drawn(page)
        for width in (PHONE, TABLET):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
                expect_no_overflow(page, f"{address} at {width} px, {scheme}")
        page.set_viewport_size({"width": PHONE, "height": HEIGHT})


def test_charts_fit_a_phone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, viewport={"width": PHONE, "height": HEIGHT})
    expect_live(page)
    for key in ("api.latency", "resources.disk"):
        chart = graph(page, key).locator("svg").first
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        assert PHONE * 0.7 <= box["width"] <= PHONE
        assert box["x"] >= 0


def test_charts_follow_a_window_that_is_turned(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, viewport={"width": PHONE, "height": HEIGHT})
    expect_live(page)
    page.set_viewport_size({"width": HEIGHT, "height": PHONE})
    chart, outer = graph(page, "api.latency").locator("svg").first, card(page, "api.latency")
    outer.scroll_into_view_if_needed()
    width = int((outer.bounding_box() or {"width": 0})["width"])
    expect(chart).to_have_attribute("width", str(round((graph(page, "api.latency").bounding_box() or {})["width"])))
    assert width > PHONE / 2
    expect_no_overflow(page, "turned")


def test_menus_of_a_phone_stay_on_it(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, viewport={"width": PHONE, "height": HEIGHT})
    expect_live(page)
    for key in ("status.overall", "api.latency"):
        item = open_menu(page, key).locator("[data-export]").first
        item.scroll_into_view_if_needed()
        box = item.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE
        assert box["height"] >= 24, "room for a thumb (WCAG 2.2, 2.5.8)"
        expect_no_overflow(page, f"menu of {key}")


def test_sign_in_on_a_phone(stranger: Page) -> None:
    stranger.set_viewport_size({"width": PHONE, "height": HEIGHT})
    stranger.goto("/login")
    for scheme in ("light", "dark"):
        stranger.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        expect_no_overflow(stranger, f"sign-in, {scheme}")
    sign_in(stranger, "readonly")
    expect_live(stranger, "status.overall")
