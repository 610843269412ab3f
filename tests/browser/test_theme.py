"""Light, dark or as the system."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import expect_live
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def expect_theme(page: Page, chosen: str, shown: str) -> None:
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme-choice", chosen)
    expect(root).to_have_attribute("data-bs-theme", shown)


def ground(page: Page) -> str:
    colour: str = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    return colour


def test_the_theme_goes_through_its_three_settings_and_is_kept(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, color_scheme="dark")
    toggle = page.locator("[data-theme-toggle]")
    expect_theme(page, "system", "dark")
    dark = ground(page)
    toggle.click()
    expect_theme(page, "light", "light")
    expect(toggle).to_have_attribute("aria-label", re.compile("light"))
    assert ground(page) != dark
    page.reload()
    expect_theme(page, "light", "light")
    toggle.click()
    expect_theme(page, "dark", "dark")
    assert ground(page) == dark
    page.reload()
    expect_theme(page, "dark", "dark")
    toggle.click()
    expect_theme(page, "system", "dark")


def test_the_systems_theme_is_followed_while_the_page_is_open(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, color_scheme="light")
    expect_live(page)
    expect_theme(page, "system", "light")
    page.emulate_media(color_scheme="dark")
    expect_theme(page, "system", "dark")
    page.emulate_media(color_scheme="light")
    expect_theme(page, "system", "light")


def test_a_choice_holds_for_all_tabs_and_for_sign_in(open_as: OpenAs, scene: Scene) -> None:
    page = open_as(Role.OPERATOR, color_scheme="light")
    page.locator("[data-theme-toggle]").click()
    page.locator("[data-theme-toggle]").click()
    expect_theme(page, "dark", "dark")
    other = page.context.new_page()
    other.goto("/profile")
    expect_theme(other, "dark", "dark")
    page.context.clear_cookies()
    other.goto("/profile")
    expect(other.locator("input[name=password]")).to_be_visible()
    expect_theme(other, "dark", "dark")
