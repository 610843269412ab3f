"""Each role's home: what is on it, whether its links lead where they say, and how it stands on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.access import Role, permits
from app.views.homes import HOMES
from app.widgets.registry import find
from tests.browser.cards import card
from tests.browser.conftest import OpenAs
from tests.browser.test_widths import expect_no_overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PHONE = {"width": 360, "height": 740}


def settled(page: Page, key: str) -> None:
    """The card has got its answer, whatever it is."""
    expect(card(page, key)).not_to_have_attribute("data-state", "loading")


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_each_role_lands_on_its_own_home(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    cards = page.locator("[data-widget]")
    expect(cards.first).to_be_visible()
    shown = [one.get_attribute("data-widget") for one in cards.all()]
    allowed = [key for key in HOMES[role].keys if (widget := find(key)) and permits(role, widget.role)]
    assert shown == allowed
    assert shown[0] == "status.overall", "is it fine?"
    for key in allowed:
        settled(page, key)
    assert page.locator('[data-state="failed"]').count() == 0


def test_only_admins_see_the_dashboards_own_checks(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/")
    expect(page.get_by_role("cell", name="prometheus", exact=True)).to_be_visible()
    page.get_by_role("link", name="Readiness checks of this dashboard").click()
    expect(page).to_have_url(re.compile(r"/admin/system"))
    other = open_as(Role.DEVELOPER, "/")
    settled(other, "status.overall")
    expect(other.get_by_text("Readiness checks of this dashboard")).to_have_count(0)


def test_an_operator_is_told_that_no_alert_fires(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, "/")
    expect(card(page, "alerts.firing").get_by_text("No alert fires.")).to_be_visible()


def test_a_young_prometheus_says_that_it_has_too_little_history(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, "/")
    expect(card(page, "unusual.now").get_by_text(re.compile(r"Not enough history for \d+ of \d+\."))).to_be_visible()


def test_a_slow_endpoint_leads_to_its_service(open_as: OpenAs) -> None:
    page = open_as(Role.DEVELOPER, "/")
    table = card(page, "api.slowest")
    link = table.locator("tbody tr").first.get_by_role("link").last
    name = link.inner_text()
    link.click()
    expect(page).to_have_url(re.compile(f"/services/{re.escape(name)}"))
    rail = page.get_by_role("navigation", name="Pages")
    expect(rail.get_by_role("link", name="Services", exact=True)).to_have_attribute("aria-current", "true")


def test_a_change_says_its_meaning_in_a_word(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/")
    settled(page, "trends.runs")
    for change in card(page, "trends.runs").locator(".change-better, .change-worse").all():
        expect(change).to_have_text(re.compile(r", (better|worse)$"))


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_a_home_fits_a_phone(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/", viewport=PHONE)
    settled(page, "unusual.now")
    expect_no_overflow(page, f"home of {role.word}")
