"""The availability page in a browser: strips that everyone can read, and maintenance from plan to cancellation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import card, expect_live
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.test_widths import PHONE, expect_no_overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
STRIP = "availability.strip:24h"
CARDS = (STRIP, "slo.levels", "slo.burn", "services.health")


@pytest.fixture(autouse=True)
def _no_maintenance(scene: Scene) -> Iterator[None]:
    yield
    scene.sql("delete from dashboard.maintenance")


def plan(page: Page, reason: str) -> None:
    """Announces maintenance of the api for the next hour."""
    page.get_by_role("button", name="Plan maintenance").click()
    expect(page.locator("#maintenance-start")).to_be_focused()
    page.locator("#maintenance-services").get_by_text("api").click()
    page.locator("#maintenance-reason").fill(reason)
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator("#maintenance-said")).to_have_text("Saved.")


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_the_page_opens_for_every_role(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/availability")
    expect_live(page, *CARDS)
    expect(page.locator("#maintenance")).to_contain_text("No maintenance has been announced yet.")
    may_change = 1 if role >= Role.OPERATOR else 0
    expect(page.get_by_role("button", name="Plan maintenance")).to_have_count(may_change)
    expect(page.locator("#maintenance-form")).to_have_count(may_change)


def test_the_words_of_a_cell_are_read_with_mouse_finger_and_keyboard(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/availability")
    expect_live(page, STRIP)
    strip, words = page.locator(".strip").first, page.locator(".strip-words")
    strip.locator(".strip-cell").nth(3).hover()
    expect(words).to_contain_text("orchestrator, ")
    before = words.inner_text()
    reached = strip.locator('.strip-cell[tabindex="0"]')
    expect(reached).to_have_count(1)
    reached.focus()
    expect(words).not_to_have_text(before)
    newest = words.inner_text()
    page.keyboard.press("Home")
    expect(words).not_to_have_text(newest)
    expect(words).to_contain_text("30 min unknown")  # the scene has two hours of history
    page.keyboard.press("ArrowRight")
    expect(strip.locator(".strip-cell").nth(1)).to_be_focused()
    expect(strip.locator(".strip-cell[title]")).to_have_count(0)


def test_the_length_of_the_strips_is_in_the_address(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/availability?from=now-6h")
    expect_live(page, STRIP)
    page.get_by_role("link", name="7 days").click()
    expect_live(page, "availability.strip:7d")
    assert "strip=7d" in page.url
    assert "from=now-6h" in page.url
    page.goto("/availability?strip=%3Cb%3E")
    expect_live(page, STRIP)


def test_maintenance_from_plan_to_cancellation(open_as: OpenAs, scene: Scene) -> None:
    page = open_as(Role.OPERATOR, "/availability?refresh=5")
    expect_live(page, *CARDS)
    plan(page, "<b>new</b> disks")
    row = page.locator("#maintenance tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("running")
    expect(row).to_contain_text("<b>new</b> disks")
    expect(page.locator("#maintenance-form")).to_be_hidden()
    assert scene.sql("select count(*) from dashboard.maintenance") == [(1,)], "saved twice, stored once"
    health = card(page, "services.health").locator("tr", has_text="api")
    expect(health).to_contain_text("maintenance")

    row.get_by_role("button", name="Edit").click()
    expect(page.locator("#maintenance-reason")).to_have_value("<b>new</b> disks")
    page.locator("#maintenance-end").fill("2020-01-01 10:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#maintenance-end-problem")).to_have_text("The end has to come after the start.")
    page.get_by_role("button", name="Close").click()

    row.get_by_text("Cancel", exact=True).click()
    row.get_by_role("button", name="Yes, cancel it").click()
    expect(row).to_contain_text("cancelled by operator")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(health).not_to_contain_text("maintenance")


def test_who_may_only_read_sees_the_list_and_no_button(open_as: OpenAs, scene: Scene) -> None:
    scene.sql(
        "insert into dashboard.maintenance (starts_at, ends_at, services, reason, created_by)"
        " values (now() - interval '1 hour', now() + interval '1 hour', '{}', 'new disks', 'olga')"
    )
    page = open_as(Role.READONLY, "/availability")
    expect(page.locator("#maintenance tbody tr")).to_contain_text("new disks")
    expect(page.locator("#maintenance [data-maintenance]")).to_have_count(0)


def test_everything_fits_a_phone_with_the_form_open(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, "/availability", viewport={"width": PHONE, "height": 740})
    expect_live(page, STRIP)
    plan(page, "x" * 300)
    page.get_by_role("button", name="Plan maintenance").click()
    expect(page.locator("#maintenance-form")).to_be_visible()
    expect_no_overflow(page, "form")
    for button in page.locator("#maintenance .button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 24
