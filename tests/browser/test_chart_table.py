"""The table behind each card: the API's rows, for people who read and copy numbers."""

from __future__ import annotations

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from app.access import Role
from app.widgets.curves import iso
from tests.browser.cards import api, card, expect_live, open_menu
from tests.browser.conftest import OpenAs
from tests.browser.scene import HOSTILE
from tests.browser.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
END = int(time.time()) // 60 * 60 - 60
RANGE = f"from={iso(END - 1_800)}&to={iso(END)}"
PERCENTILES = ("p50", "p95", "p99")
ROWS = "**/api/dashboard/widgets/api.latency?*"


def open_table(page: Page, key: str) -> Locator:
    """Opens the table behind a card from its menu; returns the dialog."""
    open_menu(page, key).locator("[data-table]").click()
    return page.get_by_role("dialog")


def cells(dialog: Locator) -> list[list[str]]:
    """The rows on screen."""
    found: list[list[str]] = dialog.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return found


@pytest.fixture
def page(open_as: OpenAs) -> Page:
    found = open_as(Role.READONLY, f"/overview?{RANGE}")
    expect_live(found, "api.latency", "api.now", "services.health")
    return found


def test_the_table_has_the_rows_of_the_api_newest_first(page: Page) -> None:
    answered = api(page, f"/api/dashboard/widgets/api.latency?{RANGE}")["rows"]
    dialog = open_table(page, "api.latency")
    expect(dialog).to_have_accessible_name("API response time")
    expect(dialog.locator("th")).to_have_text(["timeUTC", "p50seconds", "p95seconds", "p99seconds"])
    expect(dialog.get_by_role("status")).to_have_text(f"{len(answered)} rows")
    found = cells(dialog)
    assert len(found) == len(answered)
    for row, one in zip(found, reversed(answered), strict=True):
        assert row[0] == one["time"].replace("T", " ").removesuffix("Z")
        assert [float(text) for text in row[1:]] == pytest.approx(
            [one[name] for name in ("p50", "p95", "p99")], rel=1e-5
        )
    aligned = dialog.locator("tbody td").nth(1).evaluate("cell => getComputedStyle(cell).textAlign")
    assert aligned == "right"


def test_times_are_in_the_zone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, f"/overview?{RANGE}", timezone_id="Australia/Adelaide")
    expect_live(page, "api.latency")
    dialog = open_table(page, "api.latency")
    expect(dialog.locator("th").first).to_have_text("timeAustralia/Adelaide")
    newest = datetime.fromtimestamp(END, ZoneInfo("Australia/Adelaide"))
    expect(dialog.locator("tbody td").first).to_have_text(f"{newest:%Y-%m-%d %H:%M:%S}")
    expect(dialog).to_contain_text(f"Australia/Adelaide (UTC{newest.isoformat()[-6:]})")


def test_it_closes_by_key_and_button_and_gives_the_focus_back(page: Page) -> None:
    summary = card(page, "api.latency").locator("summary")
    dialog = open_table(page, "api.latency")
    expect(dialog.locator("tbody tr").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(summary).to_be_focused()
    open_table(page, "api.latency").get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(summary).to_be_focused()


def test_cards_that_are_no_charts_have_one_too(page: Page) -> None:
    dialog = open_table(page, "services.health")
    expect(dialog).to_contain_text("orchestrator")
    expect(dialog.locator("tbody tr")).to_have_count(4)
    page.keyboard.press("Escape")
    dialog = open_table(page, "api.now")
    expect(dialog.locator("tbody tr")).to_have_count(1)
    expect(dialog.get_by_role("status")).to_have_text("1 row")
    assert "0.05" in cells(dialog)[0]


def test_rows_are_filtered(page: Page) -> None:
    dialog = open_table(page, "services.health")
    expect(dialog.locator("tbody tr")).to_have_count(4)
    dialog.get_by_role("searchbox", name="Filter rows").fill("WORK")
    expect(dialog.locator("tbody tr")).to_have_count(1)
    expect(dialog.locator("tbody")).to_contain_text("workers")
    expect(dialog.get_by_role("status")).to_have_text("1 match of 4 rows")
    dialog.get_by_role("searchbox").fill("nothing like it")
    expect(dialog.locator("tbody tr")).to_have_count(0)
    expect(dialog.get_by_role("status")).to_have_text("0 match of 4 rows")


def answer(route: Route, rows: list[dict[str, object]], units: dict[str, str]) -> None:
    route.fulfill(json={"data": {"rows": rows, "units": units, "from": iso(0), "to": iso(86_400), "message": ""}})


def test_a_long_table_says_how_much_it_shows(page: Page) -> None:
    rows: list[dict[str, object]] = [{"time": iso(at * 60), "p50": float(at)} for at in range(1_440)]
    page.route(ROWS, lambda route: answer(route, rows, {"p50": "seconds"}))
    dialog = open_table(page, "api.latency")
    expect(dialog.get_by_role("status")).to_have_text("500 of 1,440 shown; the CSV has all")
    found = cells(dialog)
    assert [row[1] for row in found] == [str(at) for at in range(1_439, 939, -1)]
    dialog.get_by_role("searchbox").fill("1970-01-01 00:")
    expect(dialog.get_by_role("status")).to_have_text("60 match of 1,440 rows")
    head = dialog.locator("th").first
    dialog.locator(".table-scroll").evaluate("one => { one.scrollTop = 500; }")
    expect(head).to_be_in_viewport()


def test_unknown_values_are_a_dash_and_hostile_ones_are_text(page: Page) -> None:
    rows: list[dict[str, object]] = [{"time": iso(0), "p50": None, HOSTILE: HOSTILE}]
    page.route(ROWS, lambda route: answer(route, rows, {"p50": "seconds"}))
    dialog = open_table(page, "api.latency")
    expect(dialog.locator("tbody td")).to_have_text(["1970-01-01 00:00:00", "–", HOSTILE])
    expect(page.locator("img[src=x], script:has-text('pwned'), [onerror]")).to_have_count(0)


def test_what_fails_is_said_in_words(page: Page, watch: Watch) -> None:
    watch.expect("503", "ERR_FAILED")
    page.route(ROWS, lambda route: route.fulfill(status=503, json={"message": "Prometheus cannot be reached."}))
    dialog = open_table(page, "api.latency")
    expect(dialog.get_by_role("status")).to_have_text("Prometheus cannot be reached.")
    page.keyboard.press("Escape")
    page.unroute(ROWS)
    page.route(ROWS, lambda route: route.abort())
    dialog = open_table(page, "api.latency")
    expect(dialog.get_by_role("status")).to_contain_text("gave no answer")
    page.keyboard.press("Escape")
    page.unroute(ROWS)
    page.route(ROWS, lambda route: answer(route, [], {}))
    dialog = open_table(page, "api.latency")
    expect(dialog.get_by_role("status")).to_have_text("No rows in this range.")


def test_it_fits_a_phone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, f"/overview?{RANGE}", viewport={"width": 360, "height": 740})
    expect_live(page, "api.latency")
    dialog = open_table(page, "api.latency")
    expect(dialog.locator("tbody tr").first).to_be_visible()
    box = dialog.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for control in (dialog.get_by_role("button", name="Close"), dialog.get_by_role("searchbox")):
        size = control.bounding_box()
        assert size is not None
        assert size["height"] >= 32
        assert size["x"] + size["width"] <= 360


def test_it_asks_for_the_range_of_the_page(page: Page) -> None:
    with page.expect_request(re.compile(r"/api/dashboard/widgets/api\.latency\?")) as asked:
        open_table(page, "api.latency")
    assert iso(END).replace(":", "%3A") in asked.value.url
