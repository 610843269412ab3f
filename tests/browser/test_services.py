"""The services and the page of one: for every role, narrowed by filters, on a phone, for names that are none."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import card, curves, expect_live, expect_state, number
from tests.browser.conftest import OpenAs
from tests.browser.scene import HOSTILE
from tests.browser.test_widths import HEIGHT, PHONE, expect_no_overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
API = "/services/api"
NO_SUCH = "No service of that name. There are:"


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_every_role_sees_the_services_and_operators_their_events(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/services")
    expect_live(page, "services.now", "services.infrastructure", "api.rate", "errors.share", "services.latency")
    card(page, "services.now").get_by_role("link", name="api", exact=True).click()
    expect(page.get_by_role("navigation", name="Where you are")).to_contain_text("api")
    expect_live(page, "service.header:api", "service.now:api", "service.rate:api", "service.endpoints:api")
    expect(card(page, "service.header:api").get_by_role("link", name="every instance answers")).to_be_visible()
    expect(card(page, "service.events:api")).to_have_count(1 if role >= Role.OPERATOR else 0)


def test_numbers_of_a_service_are_those_of_its_samples(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, API)
    expect_live(page, "service.now:api", "service.errors:api", "service.latency:api")
    # 100 requests a scrape from each of two instances, one in a hundred of them failed; a tenth of a core each.
    expect(number(page, "service.now:api", "Requests")).to_contain_text("13.3/s")
    expect(number(page, "service.now:api", "Failed")).to_contain_text("1.00%")
    expect(number(page, "service.now:api", "CPU")).to_contain_text("20.0%")
    assert set(curves(page, "service.latency:api")) == {"p50", "p95", "p99"}


def test_an_instance_narrows_the_page_and_its_chip_widens_it_again(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, f"{API}?from=now-15m")
    expect_live(page, "service.instances:api")
    card(page, "service.instances:api").get_by_role("link", name="api-1").click()
    chip = page.get_by_role("group", name="Filters").get_by_role("link")
    expect(chip).to_contain_text("instance")
    expect(chip).to_contain_text("api-1")
    expect_live(page, "service.now:api?instance=api-1")
    expect(number(page, "service.now:api?instance=api-1", "Requests")).to_contain_text("6.67/s")
    assert query(page) == {"instance": ["api-1"], "from": ["now-15m"]}
    chip.focus()
    page.keyboard.press("Enter")
    expect_live(page, "service.now:api")
    expect(number(page, "service.now:api", "Requests")).to_contain_text("13.3/s")
    assert query(page) == {"from": ["now-15m"]}
    page.go_back()
    expect_live(page, "service.now:api?instance=api-1")


def test_filters_add_up_and_a_link_has_them_all(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, f"{API}?instance=api-0")
    key = "?instance=api-0&endpoint=_api_v1_issues"
    expect_live(page, "service.endpoints:api?instance=api-0")
    card(page, "service.endpoints:api?instance=api-0").get_by_role("link", name="_api_v1_issues").click()
    expect_live(page, f"service.rate:api{key}", f"service.errortypes:api{key}")
    card(page, f"service.errortypes:api{key}").get_by_role("link", name="timeout").click()
    expect_live(page, f"service.errors:api{key}&error=timeout")
    assert query(page) == {"instance": ["api-0"], "endpoint": ["_api_v1_issues"], "error": ["timeout"]}
    assert set(curves(page, f"service.errors:api{key}&error=timeout")) >= {"timeout"}
    expect(page.get_by_role("group", name="Filters").get_by_role("link")).to_have_count(3)


def test_workers_have_no_http_charts(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/services/worker")  # events call them so
    expect_live(page, "service.header:workers", "service.errors:workers", "service.cpu:workers")
    expect(page.locator('[data-widget^="service.rate:"], [data-widget^="service.latency:"]')).to_have_count(0)
    expect_state(page, "service.calls:workers", "missing")


@pytest.mark.parametrize("name", ["nobody", "<img src=x onerror=alert(1)>", 'a"}) or up #', "é/../admin"])
def test_a_name_of_nothing_is_answered_with_what_there_is(open_as: OpenAs, name: str) -> None:
    page = open_as(Role.READONLY, f"/services/{quote(name, safe='')}")
    expect(page.get_by_text(NO_SUCH)).to_be_visible()
    expect(page.get_by_role("navigation", name="Where you are")).to_contain_text(name)
    expect(page.locator("[data-widget]:visible")).to_have_count(1)
    page.get_by_role("main").get_by_role("link", name="orchestrator", exact=True).click()
    expect_live(page, "service.header:orchestrator")
    expect(page.locator('[data-widget="service.now:orchestrator"]')).to_be_visible()


def test_a_hostile_job_has_a_page_and_stays_text(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/services")
    expect_live(page, "services.infrastructure")
    card(page, "services.infrastructure").get_by_role("link", name=re.compile("^<img")).first.click()
    head = page.locator('[data-widget^="service.header:"]')
    expect(head).to_have_attribute("data-state", "live")
    expect(head.get_by_role("link", name="0 of 1 instances up")).to_be_visible()
    expect(page).not_to_have_title("pwned")
    assert HOSTILE.split()[0] in page.get_by_role("navigation", name="Where you are").inner_text()


def test_a_name_without_end_is_refused_in_words(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/services/" + quote("ü" * 400))
    expect(page.get_by_role("heading", name="No service of that name")).to_be_visible()


@pytest.mark.parametrize("address", ["/services", API, "/services/workers", "/services/postgres", "/services/nobody"])
def test_nothing_sticks_out_on_a_phone(open_as: OpenAs, address: str) -> None:
    long = "?instance=" + "x" * 300 + "&error=" + quote("<b>" * 100) if address == API else ""
    page = open_as(Role.OPERATOR, address + long, viewport={"width": PHONE, "height": HEIGHT})
    expect(page.locator("[data-widget]").first).to_have_attribute("data-state", "live")
    expect_no_overflow(page, address)
    for link in page.locator(".chip, .trail a").all():
        box = link.bounding_box()
        assert box is not None
        assert box["height"] >= 24, "room for a thumb (WCAG 2.2, 2.5.8)"
