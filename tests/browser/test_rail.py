"""The navigation: on a desk with words or without, on a phone as a bar with a sheet; by mouse, thumb and keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from app.ui.rail import FIRST, GROUPS, grouped
from pages.registry import PAGES
from tests.browser.conftest import OpenAs

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PHONE = {"width": 360, "height": 740}
LEAST_TAP = 44


def rail(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Pages")


def links(page: Page) -> list[str]:
    expect(rail(page).get_by_role("link").first).to_be_visible()
    return [text.strip() for text in rail(page).get_by_role("link").all_inner_texts()]


def test_every_page_of_the_navigation_stands_in_one_group() -> None:
    pages = [page for page in PAGES if page.in_navigation][FIRST:]
    assert [page for _, members in grouped(pages) for page in members] == pages
    assert GROUPS[-1][1] == (), "what nobody named stands last"


def test_all_pages_of_a_role_are_there_in_their_order(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/profile")
    assert links(page) == [one.title for one in PAGES if one.in_navigation]


def test_the_rail_is_narrowed_by_a_button_and_stays_so(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/profile", viewport={"width": 1_440, "height": 900})
    wide = rail(page).bounding_box()
    button = rail(page).get_by_role("button", name="Narrow")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    narrow = rail(page).bounding_box()
    assert wide is not None
    assert narrow is not None
    assert narrow["width"] < wide["width"] / 2
    expect(rail(page).get_by_role("link", name="Services", exact=True)).to_be_visible()  # its name stays
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_phone_has_four_pages_within_the_thumbs_reach_and_a_sheet_for_the_rest(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/profile", viewport=PHONE)
    titles = [one.title for one in PAGES if one.in_navigation]
    assert links(page) == titles[:FIRST]
    more = rail(page).get_by_role("button", name="More")
    for one in [*rail(page).get_by_role("link").all(), more]:
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= LEAST_TAP
        assert box["width"] >= LEAST_TAP
        assert box["y"] + box["height"] <= PHONE["height"]
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    assert links(page) == titles
    rail(page).get_by_role("link", name=titles[-1]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(titles[-1])
    expect(more).to_have_attribute("aria-expanded", "false")


def test_the_sheet_is_walked_by_keyboard_and_closed_by_escape(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/profile", viewport=PHONE)
    more = rail(page).get_by_role("button", name="More")
    more.focus()
    page.keyboard.press("Enter")
    rest = page.locator(".rail-rest a")
    expect(rest.first).to_be_focused()
    page.keyboard.press("Tab")
    expect(rest.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_have_attribute("aria-expanded", "false")
    expect(more).to_be_focused()
    expect(rest.first).to_be_hidden()


def test_a_click_beside_the_sheet_closes_it(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/profile", viewport=PHONE)
    more = rail(page).get_by_role("button", name="More")
    more.click()
    page.get_by_role("heading", level=1).click()
    expect(more).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize(("path", "title"), [("/services", "Services"), ("/services/api", "Services"), ("/", "Home")])
def test_the_page_one_is_on_is_marked_and_no_other(open_as: OpenAs, path: str, title: str) -> None:
    page = open_as(Role.READONLY, path)
    marked = rail(page).locator("[aria-current]")
    expect(marked).to_have_count(1)
    expect(marked).to_have_text(title)
    expect(marked).to_have_attribute("aria-current", "page" if path.count("/") == 1 else "true")


def test_the_theme_is_named_beside_its_sign(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/profile", viewport={"width": 1_440, "height": 900})
    toggle = page.locator("[data-theme-toggle]")
    for word in ("System", "Light", "Dark"):
        expect(toggle.get_by_text(word)).to_be_visible()
        toggle.click()
