"""A browser whose clock is wrong: ages, ranges and links are by the server's."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import expect_live
from tests.browser.conftest import OpenAs

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
HOURS_S = [-3 * 3_600, 3 * 3_600]


def open_with_clock(open_as: OpenAs, off_s: int) -> Page:
    page = open_as(Role.READONLY, "/login", viewport={"width": 1_280, "height": 900})
    page.clock.set_system_time(datetime.fromtimestamp(time.time() + off_s, UTC))
    page.goto("/overview")
    expect_live(page, "api.rate", "workflows.counts")
    return page


@pytest.mark.parametrize("off_s", HOURS_S)
def test_a_wrong_clock_neither_ages_cards_nor_moves_ranges(open_as: OpenAs, off_s: int) -> None:
    page = open_with_clock(open_as, off_s)
    expect(page.locator('[data-widget="workflows.counts"] [data-age]')).not_to_have_attribute("data-level", "red")
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Earlier").click()
    page.wait_for_url(lambda url: "from=20" in url)
    query = parse_qs(urlsplit(page.url).query)
    end = datetime.fromisoformat(query["to"][0]).timestamp()
    assert abs(end - (time.time() - 7_200)) < 120, "two hours before now, by the server's clock"
    expect(page.locator("#range-problem")).to_be_hidden()
