"""Each role sees its own navigation and pages, and no other's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.access import PERMISSIONS, Role, permits
from pages.registry import PAGES
from tests.browser.cards import CALLBACKS, expect_live
from tests.browser.conftest import OpenAs
from tests.browser.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
NAVIGATION = {role: [page.title for page in PAGES if page.in_navigation and permits(role, page.role)] for role in Role}
CHECKS = ("database", "prometheus", "event store", "log files", "memory", "disk")


def navigation(page: Page) -> list[str]:
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(links.first).to_be_visible()
    return [text.strip() for text in links.all_inner_texts()]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_profile_says_who_one_is_and_what_one_may(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/profile")
    content = page.get_by_role("main")
    expect(content.get_by_role("heading", name=role.word)).to_be_visible()
    expect(content.get_by_text(f"Role: {role.word}")).to_be_visible()
    shown = {}
    for row in content.get_by_role("row").all()[1:]:
        permission, granted = row.get_by_role("cell").all_inner_texts()
        shown[permission.strip()] = granted.strip()
    assert shown == {
        name: "yes" if role >= needed else f"needs {needed.word} or above" for name, needed in PERMISSIONS.items()
    }
    assert navigation(page) == NAVIGATION[role]
    expect(page.get_by_role("heading", level=1)).to_have_text("Profile")
    expect(page).to_have_title("Profile · Tamma system health")


def test_an_admin_goes_to_the_dashboards_health_and_back(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    links = page.get_by_role("navigation", name="Pages")
    links.get_by_role("link", name="Dashboard health").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard health")
    expect(links.get_by_role("link", name="Dashboard health")).to_have_attribute("aria-current", "page")
    for check in CHECKS:
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=check, exact=True))
        expect(row.get_by_role("cell", name="healthy", exact=True)).to_be_visible()
    links.get_by_role("link", name="Overview").click()
    expect(links.get_by_role("link", name="Overview")).to_have_attribute("aria-current", "page")
    expect(links.locator("[aria-current]")).to_have_count(1)
    expect_live(page)


@pytest.mark.parametrize("role", [role for role in Role if role < Role.ADMIN], ids=lambda role: role.word)
def test_others_are_told_that_the_dashboards_health_is_not_theirs(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/admin/system")
    expect(page.get_by_text("Not permitted")).to_be_visible()
    expect(page.get_by_text("Dashboard health needs the role admin or above.")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    assert navigation(page) == NAVIGATION[role]


def test_what_an_admins_page_asks_is_not_answered_to_others(open_as: OpenAs, watch: Watch) -> None:
    admin = open_as(Role.ADMIN, "/admin/system")
    expect(admin.get_by_role("cell", name="database", exact=True)).to_be_visible()
    (asked,) = [one for one in watch.asked(CALLBACKS) if "health-checks" in (one.post_data or "")]
    other = open_as(Role.DEVELOPER, "/profile")
    token = next(one["value"] for one in other.context.cookies() if one["name"].endswith("_csrf_token"))
    headers = {"Content-Type": "application/json", "X-CSRFToken": token}
    reply = other.request.post(CALLBACKS, data=asked.post_data or "", headers=headers)
    assert reply.status == 204
    assert reply.body() == b""


def test_a_page_that_is_not_there_says_so(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, "/no/such/page")
    expect(page.get_by_role("heading", name="No such page")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Overview").click()
    expect_live(page)


def test_pages_changed_in_quick_succession_end_on_the_last(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN)
    links = page.get_by_role("navigation", name="Pages")
    for _ in range(3):
        links.get_by_role("link", name="Dashboard health").click()
        links.get_by_role("link", name="Overview").click()
    expect_live(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
