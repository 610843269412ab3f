"""The panel in which range, time zone and comparison are chosen, steps through time, and the rest of the address."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from app.sources.moments import read_zone
from app.widgets.curves import iso
from tests.browser.cards import (
    axis_s,
    builds_a_page,
    card,
    expect_connection,
    expect_live,
    is_tick,
    preset,
    wait_for_axis,
)
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.test_widths import expect_no_overflow
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
HOUR_S = 3_600
KEY = "api.rate"
# What the panel asks first is refused with a 400, and Chromium says so.
REFUSED = r"400.*/api/dashboard/range\?"


def test_the_button_says_the_range_in_words(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, timezone_id="Europe/Berlin")
    expect_words(page, "Last 1 hour")
    for query, word in {
        "from=now-15m": "Last 15 minutes",
        "from=13h": "Last 13 hours",
        "from=now-1755m": "Last 29 hours 15 minutes",
        "from=now/d": "Today",
        "from=today&to=today": "Today",
        "from=yesterday&to=yesterday": "Yesterday",
        "from=now-1w/w&to=now-1w/w": "Last week",
    }.items():
        page.goto(f"/overview?{query}")
        expect_words(page, word)
    start = int(time.time()) // HOUR_S * HOUR_S - HOUR_S
    page.goto(f"/overview?from={iso(start)}&to={iso(start + 1_800)}&tz=Asia/Kathmandu")
    expect(button(page)).to_have_text(re.compile(r"\d+ \w{3} \d\d:45 to (\d+ \w{3} )?\d\d:15 GMT\+5:45"))
    expect(card(page, KEY).locator("[data-window]")).to_have_text(
        re.compile(r"^\d{4}-\d\d-\d\d \d\d:45 to (\d{4}-\d\d-\d\d )?\d\d:15 GMT\+5:45$")
    )
    page.goto("/overview?from=now-50h%2Fh&to=now-2h%2Fh")
    expect(button(page)).to_have_text(re.compile(r"\d+ \w{3} \d\d:00 to \d+ \w{3} \d\d:00 CES?T"))


def test_a_panel_holds_the_focus_and_escape_gives_it_back(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    button(page).press("Enter")
    expect(choice(page, "Last 1 hour")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.activeElement === document.body || !!document.activeElement.closest('#range-panel')"
        )
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(button(page)).to_be_focused()
    button(page).click()
    page.mouse.click(5, 700)
    expect(panel(page)).to_be_hidden()


def test_a_range_of_the_panel_is_the_page_s(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    button(page).click()
    choice(page, "Last 6 hours").click()
    expect(panel(page)).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/overview\?from=now-6h$"))
    expect(preset(page, "6h")).to_have_attribute("aria-pressed", "true")
    wait_for_axis(page, KEY, 6 * HOUR_S)
    button(page).click()
    expect(choice(page, "Last 6 hours")).to_have_attribute("aria-pressed", "true")
    choice(page, "Yesterday").click()
    expect_words(page, "Yesterday")
    expect_connection(page, "paused")
    expect(live(page)).to_be_visible()


def test_a_typed_range_is_read_by_the_server_and_kept_for_another_time(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, timezone_id="Europe/Berlin")
    expect_live(page)
    apply(page, "90m", "now")
    expect(panel(page)).to_be_hidden()
    wait_for_axis(page, KEY, 5_400)
    expect_words(page, "Last 90 minutes")
    for number in range(2, 8):
        apply(page, f"{number}h", "now")
        expect(panel(page)).to_be_hidden()
    button(page).click()
    recent = panel(page).get_by_role("group", name="Recently used").get_by_role("button")
    expect(recent).to_have_text([f"Last {number} hours" for number in (7, 6, 5, 4, 3)])
    recent.nth(4).click()
    expect(page).to_have_url(re.compile(r"\?from=3h$"))
    wait_for_axis(page, KEY, 3 * HOUR_S)


def test_what_the_server_refuses_is_said_below_the_fields(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.READONLY)
    expect_live(page)
    error, start = page.locator("#range-error"), field(page, "From")
    apply(page, "now-400d", "now")
    expect(error).to_have_text("Metrics are kept for 30 days; the range begins before that: now-400d.")
    expect(start).to_have_attribute("aria-invalid", "true")
    expect(start).to_be_focused()
    fill(page, "<img src=x onerror=alert(1)>", "now")
    expect(error).to_contain_text("Time not understood: '<img src=x")
    fill(page, "  ", "now")
    expect(error).to_have_text("Say where the range begins.")
    for end in ("nwo", "2126-01-01"):
        fill(page, "1h", end)
        expect(error).to_contain_text(end)
        expect(field(page, "To")).to_be_focused()
    field(page, "Time zone").fill("Mars/Base")
    fill(page, "1h", "now")
    expect(error).to_contain_text("Unknown time zone 'Mars/Base'")
    expect(field(page, "Time zone")).to_be_focused()
    field(page, "Time zone").fill("Europe/Berlin")
    fill(page, "1h", "now")
    expect(panel(page)).to_be_hidden()
    expect(page.locator("#range-problem")).to_be_hidden()
    expect_live(page)
    button(page).click()
    expect(error).to_have_text("")


def test_a_mistyped_range_or_zone_leaves_the_page_and_its_history_as_they_are(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.READONLY, "/overview?refresh=15", clock=True)
    expect_live(page)
    state = "() => JSON.stringify([location.href, history.length, window.tammaRange()])"
    before = page.evaluate(state)
    apply(page, "yesterdy", "now")
    expect(page.locator("#range-error")).to_contain_text("Time not understood: 'yesterdy'")
    field(page, "Time zone").fill("Europe/Berln")
    choice(page, "Last 6 hours").click()
    expect(page.locator("#range-error")).to_contain_text("Unknown time zone 'Europe/Berln'")
    expect(panel(page)).to_be_visible()
    assert page.evaluate(state) == before
    with page.expect_response(is_tick):
        page.clock.fast_forward(15_000)
    expect(page.locator("#range-problem")).to_be_hidden()
    expect_connection(page, "live")
    expect_live(page)


def test_without_an_answer_the_panel_says_so_and_the_page_stays(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    watch.expect("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    before = page.url
    scene.web.stop()
    apply(page, "90m", "now")
    expect(page.locator("#range-error")).to_contain_text("The dashboard gave no answer.")
    assert page.url == before
    scene.restart()
    fill(page, "90m", "now")
    expect(panel(page)).to_be_hidden()
    expect(page).to_have_url(re.compile(r"from=90m"))


def test_an_empty_end_is_now_or_the_end_of_the_day(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    day = iso(time.time() - 3 * 86_400)[:10]
    moment = iso(time.time() - 2 * HOUR_S)[:16].replace("T", " ")
    for start, end in (("13h", "now"), ("yesterday", "yesterday"), ("today", "now"), (day, day), (moment, "now")):
        apply(page, start, "")
        expect(panel(page)).to_be_hidden()
        assert page.evaluate("() => [window.tammaRange().from, window.tammaRange().to]") == [start, end]
    apply(page, "yesterday", " ")
    expect_words(page, "Yesterday")


def test_back_to_live_does_not_lead_to_a_refused_range(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.READONLY, "/overview?from=now-2h")
    expect_live(page)
    apply(page, "now-400d", "now")
    expect(page.locator("#range-error")).to_contain_text("Metrics are kept")
    fill(page, "now-3h", "now-2h")
    expect(panel(page)).to_be_hidden()
    live(page).click()
    expect_words(page, "Last 2 hours")


def test_zone_and_comparison_are_in_the_address_and_in_the_question(open_as: OpenAs, watch: Watch) -> None:
    page = open_as(Role.READONLY, timezone_id="America/New_York")
    expect_live(page)
    first = next(one for one in watch.requests if is_tick(one))
    assert '"zone":"America/New_York"' in (first.post_data or "")
    assert "tz=" not in page.url
    button(page).click()
    field(page, "Time zone").fill("Asia/Kathmandu")
    panel(page).get_by_label("Last week").check()
    with page.expect_request(lambda one: is_tick(one) and '"zone":"Asia/Kathmandu","compare":"week"' in one.post_data):
        panel(page).get_by_role("button", name="Apply").click()
    expect(panel(page)).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/overview\?tz=Asia%2FKathmandu&compare=week$"))
    expect(card(page, KEY).locator("[data-window]")).to_contain_text("GMT+5:45")
    assert page.evaluate("() => window.tammaRange()") == {
        "from": "now-1h",
        "to": "now",
        "refresh": 30,
        "zone": "Asia/Kathmandu",
        "compare": "week",
    }
    page.go_back()
    expect(card(page, KEY).locator("[data-window]")).to_have_text(re.compile("E[SD]T$"))
    assert page.evaluate("() => window.tammaRange().compare") == ""
    page.go_forward()
    button(page).click()
    expect(field(page, "Time zone")).to_have_value("Asia/Kathmandu")
    expect(panel(page).get_by_label("Last week")).to_be_checked()


def test_today_is_the_day_of_the_chosen_zone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    for zone, offset_s in (("Pacific/Kiritimati", 14 * HOUR_S), ("Pacific/Pago_Pago", -11 * HOUR_S)):
        page.goto(f"/overview?from=now/d&tz={zone}")
        expect_words(page, "Today")
        expect_connection(page, "live")
        local_s = (time.time() + offset_s) % 86_400
        wait_until(lambda s=local_s: abs(axis_length(page) - s) <= 400, what=f"today in {zone}")


def test_every_time_zone_that_is_offered_is_known_to_the_server(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    button(page).click()
    offered = page.locator("#range-zones option").evaluate_all("all => all.map((one) => one.value)")
    assert len(offered) > 300
    assert "UTC" in offered
    for zone in offered:
        assert read_zone(zone).key == zone


def test_steps_through_time_and_back_to_live(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?from=now-30m")
    expect_live(page)
    expect(live(page)).to_be_hidden()
    expect(step(page, "forward")).to_be_disabled()
    step(page, "back").click()
    expect_connection(page, "paused")
    start, end = asked_ms(page)
    assert end - start == 1_800_000
    assert abs(end - (time.time() - 1_800) * 1_000) < 120_000
    wait_until(lambda: abs(axis_s(page, KEY)[1] - end / 1_000) < 60, what="the half hour before")
    step(page, "forward").click()
    forward_start, forward_end = asked_ms(page)
    assert forward_start == end
    assert forward_end - forward_start == 1_800_000
    step(page, "out").click()
    out_start, out_end = asked_ms(page)
    assert out_end - out_start == 3_600_000
    assert out_end <= time.time() * 1_000 + 1_000
    step(page, "live").click()
    expect(page).to_have_url(re.compile(r"/overview\?from=now-30m$"))
    expect(live(page)).to_be_hidden()
    expect(button(page)).to_be_focused()
    expect_connection(page, "live")
    step(page, "out").click()
    expect(page).to_have_url(re.compile(r"/overview$"))
    expect(preset(page, "1h")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/overview\?from=now-30m$"))


def test_zooming_out_ends_at_what_is_kept(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?from=now-29d")
    expect_connection(page, "live")
    for _ in range(3):
        step(page, "out").click()
    expect_words(page, re.compile("Last 719 hours 50 minutes"))
    expect(page.locator("#range-problem")).to_be_hidden()


def test_ranges_longer_than_what_is_kept_are_not_offered(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    page.locator("#time-controls").evaluate("one => { one.dataset.kept = String(6 * 86400); }")
    preset(page, "6h").click()
    for length in ("7d", "30d"):
        expect(preset(page, length)).to_be_disabled()
        expect(preset(page, length)).to_have_attribute("title", "Metrics are kept for 6 days")
    expect(preset(page, "24h")).to_be_enabled()
    button(page).click()
    expect(choice(page, "Last 7 days")).to_be_disabled()


def test_the_keyboard_moves_the_range_but_not_while_typing(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    press(page, "t", "-")
    expect_words(page, "Last 2 hours")
    press(page, "t", "+")
    expect_words(page, "Last 1 hour")
    press(page, "t", "ArrowLeft")
    expect(live(page)).to_be_visible()
    press(page, "t", "ArrowRight")
    press(page, "t", "l")
    expect_words(page, "Last 1 hour")
    press(page, "t", "r")
    expect(panel(page)).to_be_visible()
    field(page, "From").fill("")
    press(page, "t", "-")
    expect(field(page, "From")).to_have_value("t-")
    expect_words(page, "Last 1 hour")
    page.keyboard.press("Escape")
    assert page.evaluate("() => window.tammaKeys.filter((one) => one.keys[0] === 't').length") == 6


def test_a_copied_link_opens_the_same_and_can_fix_the_time(open_as: OpenAs) -> None:
    page = open_as(
        Role.READONLY, "/overview?from=now-6h&tz=UTC&drawer=one", permissions=["clipboard-read", "clipboard-write"]
    )
    expect_live(page)
    button(page).click()
    copy = panel(page).get_by_role("button", name="Copy link")
    copy.click()
    expect(panel(page).get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    panel(page).get_by_label("with these times fixed").check()
    copy.click()
    wait_until(lambda: "to=" in page.evaluate("() => navigator.clipboard.readText()"), what="the fixed link")
    given = parse_qs(urlsplit(page.evaluate("() => navigator.clipboard.readText()")).query)
    assert given["tz"] == ["UTC"]
    assert given["drawer"] == ["one"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", given["from"][0])
    other = open_as(Role.DEVELOPER, page.evaluate("() => navigator.clipboard.readText()"))
    expect(live(other)).to_be_visible()
    wait_for_axis(other, KEY, 6 * HOUR_S)


def test_names_of_the_address_are_set_heard_and_restored_without_building_the_page(
    open_as: OpenAs, watch: Watch
) -> None:
    page = open_as(Role.ADMIN, "/overview?drawer=first")
    expect_live(page)
    page.evaluate(
        "() => { window.heard = []; window.stop = window.tammaState.onChange('drawer', (v) => window.heard.push(v)); }"
    )
    assert page.evaluate("() => window.tammaState.get('drawer')") == "first"
    page.evaluate("() => window.tammaState.set('drawer', 'a&b=c')")
    expect(page).to_have_url(re.compile(r"\?drawer=a%26b%3Dc$"))
    preset(page, "6h").click()
    expect(page).to_have_url(re.compile(r"\?drawer=a%26b%3Dc&from=now-6h$"))
    page.evaluate("() => window.tammaState.set('drawer', 'third', { push: true })")
    page.go_back()
    expect(page).to_have_url(re.compile(r"a%26b%3Dc&from=now-6h$"))
    wait_until(lambda: page.evaluate("() => window.heard.join('|')") == "a&b=c|third|a&b=c", what="what was told")
    page.evaluate("() => window.tammaState.set('drawer', '')")
    expect(page).to_have_url(re.compile(r"/overview\?from=now-6h$"))
    page.evaluate("() => { window.stop(); window.tammaState.set('drawer', 'unheard'); }")
    assert page.evaluate("() => window.heard.length") == 4
    assert sum(map(builds_a_page, watch.requests)) == 1, "the page is built once"
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard health").click()
    expect(page).to_have_url(re.compile(r"/admin/system\?from=now-6h$"))
    refused = "() => { try { window.tammaState.set('from', 'now'); } catch (error) { return error.message; } }"
    assert "belongs to the page's time range" in page.evaluate(refused)


def test_the_panel_fits_every_width_and_a_thumb(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, viewport={"width": 360, "height": 740}, color_scheme="light")
    expect_live(page)
    step(page, "back").click()
    for width in (360, 768, 1_440):
        page.set_viewport_size({"width": width, "height": 740})
        expect_no_overflow(page, f"fixed range at {width} px")
        button(page).click()
        expect_no_overflow(page, f"panel at {width} px")
        box = panel(page).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 740
        for one in panel(page).get_by_role("button").all():
            size = one.bounding_box()
            assert size is None or min(size["width"], size["height"]) >= (40 if width < 640 else 24)
        page.keyboard.press("Escape")


def button(page: Page) -> Locator:
    """The button that shows the range and opens the panel."""
    return page.locator("#range-button")


def panel(page: Page) -> Locator:
    """The panel, by what a screen reader calls it."""
    return page.get_by_role("dialog", name="Time range")


def choice(page: Page, words: str) -> Locator:
    """A range that the panel offers."""
    return panel(page).get_by_role("group", name="Ranges").get_by_role("button", name=words, exact=True)


def field(page: Page, label: str) -> Locator:
    """A field of the panel."""
    return panel(page).get_by_label(label, exact=True)


def step(page: Page, deed: str) -> Locator:
    """A button that moves the range."""
    return page.locator(f'[data-time="{deed}"]')


def live(page: Page) -> Locator:
    """The way back to now."""
    return page.get_by_role("button", name="Back to live")


def expect_words(page: Page, words: str | re.Pattern[str]) -> None:
    """Waits until the button shows the range in these words."""
    expect(page.locator("[data-range-words]")).to_have_text(words)


def apply(page: Page, start: str, end: str) -> None:
    """Opens the panel and applies a typed range."""
    button(page).click()
    fill(page, start, end)


def fill(page: Page, start: str, end: str) -> None:
    """Applies a typed range in the open panel."""
    field(page, "From").fill(start)
    field(page, "To").fill(end)
    panel(page).get_by_role("button", name="Apply").click()


def press(page: Page, *keys: str) -> None:
    """Presses keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def asked_ms(page: Page) -> tuple[float, float]:
    """Both ends of a fixed range as the address has them, in epoch milliseconds."""
    start, end = page.evaluate("() => [window.tammaRange().from, window.tammaRange().to].map((one) => Date.parse(one))")
    return start, end


def axis_length(page: Page) -> float:
    """The length of a chart's time axis in seconds; 0 while there is none."""
    if not card(page, KEY).locator(".js-plotly-plot").count():
        return 0
    start, end = axis_s(page, KEY)
    return end - start
