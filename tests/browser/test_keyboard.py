"""Everything that the mouse does, the keyboard does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import card, expect_live, preset
from tests.browser.conftest import OpenAs

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MOST_TABS = 60


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.fixture(scope="module")
def overview(lasting: OpenAs) -> Page:
    page = lasting(Role.READONLY)
    expect_live(page)
    return page


def test_the_first_stop_skips_to_the_content(overview: Page) -> None:
    overview.keyboard.press("Tab")
    expect(overview.get_by_role("link", name="Skip to content")).to_be_focused()
    overview.keyboard.press("Enter")
    expect(overview.locator("#content")).to_be_focused()


def test_a_cards_menu_opens_closes_and_gives_the_focus_back(overview: Page) -> None:
    menu = card(overview, "api.now").locator("details")
    tab_to(overview, '[data-widget="api.now"] summary')
    overview.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    overview.keyboard.press("Tab")
    expect(menu.locator(".menu-item").first).to_be_focused()
    overview.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_a_cards_menu_saves_by_keyboard(overview: Page) -> None:
    menu = card(overview, "api.now").locator("details")
    menu.locator("summary").focus()
    overview.keyboard.press("Enter")
    tab_to(overview, '[data-widget="api.now"] [data-export="csv"]')
    with overview.expect_download() as download:
        overview.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_only_one_menu_is_open(overview: Page) -> None:
    first, second = (card(overview, key).locator("details") for key in ("api.now", "resources.host"))
    first.locator("summary").click()
    expect(first).to_have_attribute("open", "")
    second.locator("summary").click()
    expect(first).not_to_have_attribute("open", "")
    overview.get_by_role("heading", level=1).click()
    expect(second).not_to_have_attribute("open", "")


def test_a_range_and_a_theme_are_chosen_by_keyboard(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, color_scheme="light")
    expect_live(page)
    tab_to(page, '[data-range="now-6h"]')
    page.keyboard.press("Enter")
    expect(preset(page, "6h")).to_have_attribute("aria-pressed", "true")
    expect(preset(page, "6h")).to_be_focused()
    tab_to(page, "[data-theme-toggle]")
    page.keyboard.press("Space")
    expect(page.locator("html")).to_have_attribute("data-theme-choice", "light")
