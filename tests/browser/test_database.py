"""The database's page: for every role, without an exporter, on a phone, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.access import Role
from app.views.database import DATABASE
from tests.browser.cards import card, expect_state, message
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.test_widths import HEIGHT, PHONE, expect_no_overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAGE = "/database"


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_every_role_opens_it_and_statements_are_for_operators(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, PAGE)
    expect(page.get_by_role("heading", name="Application pools")).to_be_visible()
    shown = [key for key in DATABASE.keys if key != "database.statements" or role >= Role.OPERATOR]
    assert [one.get_attribute("data-widget") for one in page.locator("[data-widget]").all()] == shown


def test_without_an_exporter_every_card_says_that_there_is_no_such_series(open_as: OpenAs) -> None:
    """The quiet platform has neither an exporter nor queries: nothing is healthy, nothing is zero."""
    page = open_as(Role.OPERATOR, PAGE)
    for key in DATABASE.keys:
        if key != "database.statements":
            expect_state(page, key, "missing")
            expect(message(page, key)).to_contain_text("Prometheus has no series")
    expect_state(page, "database.statements", "live")
    expect(card(page, "database.statements")).to_contain_text("create extension pg_stat_statements")
    expect(page.get_by_text(re.compile("healthy"))).to_have_count(0)


def test_when_prometheus_is_away_every_card_says_so(open_as: OpenAs, scene: Scene) -> None:
    scene.prometheus.switch("refuse")
    page = open_as(Role.READONLY, f"{PAGE}?from=now-37m")
    expect_state(page, "database.status", "failed")
    expect(message(page, "database.status")).to_contain_text("Prometheus")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(open_as: OpenAs, scheme: str) -> None:
    page = open_as(Role.OPERATOR, PAGE, viewport={"width": PHONE, "height": HEIGHT}, color_scheme=scheme)
    expect_state(page, "database.statements", "live")
    expect_no_overflow(page, PAGE)


def test_the_menu_of_a_card_is_reached_by_keyboard(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, PAGE)
    menu = card(page, "database.connections").locator("summary")
    menu.focus()
    page.keyboard.press("Enter")
    expect(card(page, "database.connections").get_by_role("link", name="More about this")).to_be_visible()
