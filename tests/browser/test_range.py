"""One time range for the page, and the address holds it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from app.access import Role
from app.sources.windows import PRESETS
from app.widgets.curves import iso
from tests.browser.cards import (
    axis_s,
    builds_a_page,
    card,
    expect_connection,
    expect_live,
    expect_state,
    graph,
    is_tick,
    message,
    number,
    preset,
    settled,
    wait_for_axis,
)
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
HOUR_S = 3_600
UNANSWERABLE = {
    "from=before": "Time not understood: 'before'",
    "tz=Mars/Base": "Unknown time zone 'Mars/Base'",
    "compare=year": "Unknown comparison 'year'; allowed: previous, week.",
    "from=now-1h&to=now-2h": "reversed",
    "from=now-1q": "Unknown time unit 'q'",
    "from=now-400d": "Metrics are kept for 30 days",
    "from=now-1h&to=2099-01-01": "future",
}
# Three runs completed in the last minutes and two four hours ago: their count tells one range from another.


def test_a_preset_redraws_every_card_and_back_restores_the_former(open_as: OpenAs, watch: Watch, scene: Scene) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    card(page, "api.rate").evaluate("one => { one.dataset.kept = 'yes'; }")
    expect(preset(page, "1h")).to_have_attribute("aria-pressed", "true")
    preset(page, "6h").click()
    expect(page).to_have_url(f"{scene.url}/overview?from=now-6h")
    expect(preset(page, "6h")).to_have_attribute("aria-pressed", "true")
    expect(preset(page, "1h")).to_have_attribute("aria-pressed", "false")
    expect(number(page, "workflows.counts", "Completed")).to_have_text("5")
    wait_for_axis(page, "api.rate", 6 * HOUR_S)
    wait_for_axis(page, "workflows.ended", 6 * HOUR_S)
    page.go_back()
    expect(page).to_have_url(f"{scene.url}/overview")
    expect(preset(page, "1h")).to_have_attribute("aria-pressed", "true")
    expect(number(page, "workflows.counts", "Completed")).to_have_text("3")
    wait_for_axis(page, "api.rate", HOUR_S)
    page.go_forward()
    expect(number(page, "workflows.counts", "Completed")).to_have_text("5")
    wait_for_axis(page, "api.rate", 6 * HOUR_S)
    expect(card(page, "api.rate")).to_have_attribute("data-kept", "yes")
    assert sum(map(builds_a_page, watch.requests)) == 1, "the page is built once"


def test_every_preset_is_answered(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect(page.locator("[data-range]")).to_have_text(list(PRESETS))
    for length, seconds in (("15m", 900), ("24h", 86_400), ("7d", 7 * 86_400), ("30d", 30 * 86_400)):
        preset(page, length).click()
        expect(preset(page, length)).to_have_attribute("aria-pressed", "true")
        wait_for_axis(page, "workflows.ended", seconds)
        expect_live(page)


def test_of_presets_in_quick_succession_the_last_wins(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    for length in ("15m", "24h", "7d", "6h"):
        preset(page, length).click()
    expect_live(page)
    wait_for_axis(page, "api.rate", 6 * HOUR_S)
    expect(number(page, "workflows.counts", "Completed")).to_have_text("5")
    expect(preset(page, "6h")).to_have_attribute("aria-pressed", "true")


def test_a_late_answer_to_an_earlier_range_is_not_drawn(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    held: list[Route] = []

    def hold_the_day(route: Route) -> None:
        if '"from":"now-24h"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.fallback()

    page.route(re.compile("_dash-update-component"), hold_the_day)
    preset(page, "24h").click()
    expect(page).to_have_url(re.compile("from=now-24h"))
    wait_until(lambda: page.evaluate("1") and held, what="the earlier tick")
    preset(page, "6h").click()
    wait_for_axis(page, "api.rate", 6 * HOUR_S)
    with page.expect_request_finished(lambda request: "now-24h" in (request.post_data or "")):
        held[0].continue_()
    expect_live(page)
    wait_for_axis(page, "api.rate", 6 * HOUR_S)


def zoom_by_hand(page: Page, key: str) -> None:
    """Drags over the middle fifth of a chart."""
    chart = graph(page, key)
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4, steps=4)
    page.mouse.up()
    wait_until(lambda: axis_s(page, key)[1] - axis_s(page, key)[0] < HOUR_S / 2, what="the zoom")


def test_a_drag_on_a_chart_is_a_range_of_the_page(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    zoom_by_hand(page, "api.rate")
    expect(page).to_have_url(re.compile(r"from=\d{4}-.*Z&to=\d{4}-.*Z"))
    expect_live(page)
    zoomed = axis_s(page, "api.rate")
    wait_for_axis(page, "errors.rate", zoomed[1] - zoomed[0])
    page.go_back()
    wait_for_axis(page, "errors.rate", HOUR_S)
    expect_live(page)


def test_a_preset_ends_a_zoom(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    zoom_by_hand(page, "api.rate")
    preset(page, "6h").click()
    expect(number(page, "workflows.counts", "Completed")).to_have_text("5")
    wait_for_axis(page, "api.rate", 6 * HOUR_S)


def test_a_copied_address_opens_the_same_range_and_refresh(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    preset(page, "6h").click()
    page.locator("#refresh-choice").select_option("15 s")
    expect(page).to_have_url(re.compile("from=now-6h&refresh=15$"))
    other = open_as(Role.DEVELOPER, page.url)
    expect(preset(other, "6h")).to_have_attribute("aria-pressed", "true")
    expect(other.locator("#refresh-choice")).to_have_value("15")
    expect(number(other, "workflows.counts", "Completed")).to_have_text("5")
    wait_for_axis(other, "api.rate", 6 * HOUR_S)
    expect(other).to_have_url(page.url)


def test_a_fixed_range_stays_as_it_is_until_a_preset_brings_now_back(open_as: OpenAs, watch: Watch) -> None:
    end = int(time.time()) // 60 * 60 - 60
    address = f"/overview?from={iso(end - 3_000)}&to={iso(end)}&refresh=5"
    page = open_as(Role.READONLY, address, clock=True)
    expect_live(page)
    expect_connection(page, "paused")
    assert axis_s(page, "api.rate") == (end - 3_000, end)
    expect(page.locator('[data-range][aria-pressed="true"]')).to_have_count(0)
    expect(card(page, "api.rate").locator("[data-age]")).to_have_text("fixed range")
    expect(card(page, "api.rate").locator("[data-window]")).to_contain_text(iso(end)[11:16])
    asked = sum(map(is_tick, watch.requests))
    page.clock.fast_forward(300_000)
    expect_live(page)
    assert sum(map(is_tick, watch.requests)) == asked
    with page.expect_response(is_tick):
        preset(page, "1h").click()
    expect_connection(page, "live")
    wait_for_axis(page, "api.rate", HOUR_S)


def test_a_range_that_cannot_be_answered_gets_a_word_and_no_trace(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/profile")
    problem = page.locator("#range-problem")
    for query, word in UNANSWERABLE.items():
        page.goto(f"/overview?{query}")
        expect(problem).to_contain_text(word)
        expect(problem).to_be_visible()
        assert "Traceback" not in page.content()
        expect_state(page, "api.now", "empty")
        expect(message(page, "api.now")).to_have_text("The page's time range cannot be answered.")
    preset(page, "15m").click()
    expect(problem).to_be_hidden()
    expect_live(page)
    page.go_back()
    expect(problem).to_be_visible()
    expect(number(page, "api.now", "p50")).to_be_hidden()
    page.go_forward()
    expect(problem).to_be_hidden()
    expect_live(page)
    expect(number(page, "api.now", "p50")).to_have_text("50.0 ms")


def test_a_range_without_data_shows_no_older_picture(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    preset(page, "15m").click()
    expect_live(page)
    # Samples begin two hours ago: before that there is nothing, neither a zero nor the curve of another range.
    start = int(time.time()) - 5 * HOUR_S
    page.goto(f"/overview?from={iso(start)}&to={iso(start + 600)}")
    for key in ("api.now", "api.latency", "services.health"):
        expect(card(page, key)).to_have_attribute("data-state", re.compile("empty|missing"))
        expect(message(page, key)).to_be_visible()
    expect(number(page, "api.now", "p50")).to_have_count(0)
    preset(page, "1h").click()
    expect_live(page)
    page.go_back()
    for key in ("api.now", "api.latency", "services.health"):
        expect(card(page, key)).to_have_attribute("data-state", re.compile("empty|missing"))
    expect(number(page, "api.now", "p50")).to_be_hidden()
    expect(graph(page, "api.latency")).to_be_hidden()


def test_a_refresh_is_chosen_kept_in_the_address_and_obeyed(open_as: OpenAs, watch: Watch) -> None:
    page = open_as(Role.READONLY, clock=True)
    expect_live(page)
    wait_until(lambda: settled(page, watch), 30, what="a page on which nothing is being worked out")
    choice = page.locator("#refresh-choice")
    expect(choice).to_have_value("30")
    choice.select_option("5 s")
    expect(page).to_have_url(re.compile(r"\?refresh=5$"))
    with page.expect_response(is_tick):
        page.clock.fast_forward(5_000)
    choice.select_option("off")
    expect(page).to_have_url(re.compile(r"\?refresh=0$"))
    expect_connection(page, "paused")
    asked = sum(map(is_tick, watch.requests))
    page.clock.fast_forward(120_000)
    expect_connection(page, "paused")
    assert sum(map(is_tick, watch.requests)) == asked
    page.reload()
    expect(choice).to_have_value("0")
    expect_live(page)


def test_a_refresh_that_is_not_offered_is_the_usual_one(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=1")
    expect_live(page)
    expect(page.locator("#refresh-choice")).to_have_value("30")


def test_the_range_goes_along_to_other_pages_and_back(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN)
    expect_live(page)
    preset(page, "6h").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard health").click()
    expect(page).to_have_url(re.compile(r"/admin/system\?from=now-6h$"))
    expect(page.get_by_role("cell", name="database", exact=True)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/overview\?from=now-6h$"))
    expect(number(page, "workflows.counts", "Completed")).to_have_text("5")
    expect_live(page)
    wait_for_axis(page, "api.rate", 6 * HOUR_S)


def test_back_to_another_page_restores_its_range_of_then(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/overview?from=now-6h")
    expect_live(page)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard health").click()
    expect(page).to_have_url(re.compile(r"/admin/system\?from=now-6h$"))
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Overview").click()
    expect_live(page)
    preset(page, "15m").click()
    expect(page).to_have_url(re.compile(r"/overview\?from=now-15m$"))
    page.evaluate("() => window.history.go(-2)")
    expect(page).to_have_url(re.compile(r"/admin/system\?from=now-6h$"))
    page.go_forward()
    expect(page).to_have_url(re.compile(r"/overview\?from=now-6h$"))
    expect(preset(page, "6h")).to_have_attribute("aria-pressed", "true")
    expect_live(page, "api.rate")
    wait_for_axis(page, "api.rate", 6 * HOUR_S)


def test_back_and_forward_at_once_end_at_the_page_of_the_address(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/overview?from=now-6h")
    expect_live(page)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard health").click()
    expect(page.get_by_role("cell", name="database", exact=True)).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Overview").click()
    expect_live(page)
    page.evaluate("""() => {
        window.addEventListener("popstate", () => window.history.forward(), { once: true });
        window.history.back();
    }""")
    expect(page).to_have_url(re.compile(r"/overview\?from=now-6h$"))
    expect(page.get_by_role("cell", name="database", exact=True)).to_be_hidden()
    expect_live(page)


def test_a_link_of_the_page_may_name_a_range_of_its_own(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN, "/admin/system?from=now-6h&tz=UTC")
    expect(page.get_by_role("cell", name="database", exact=True)).to_be_visible()
    page.evaluate(
        """() => {
            window.history.pushState(null, "", "/overview?from=now-15m&other=kept");
            window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
        }"""
    )
    expect(page).to_have_url(re.compile(r"/overview\?from=now-15m&other=kept&tz=UTC$"))
    expect(preset(page, "15m")).to_have_attribute("aria-pressed", "true")
    expect_live(page, "api.rate")
    wait_for_axis(page, "api.rate", 900)
