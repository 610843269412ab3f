"""Heat maps in the browser: what a cell says, what a click on it shows, and the same by keyboard."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from app.figures.heatmap import WEEKDAYS, hour_map
from app.figures.hours import hours_of_week
from app.figures.units import Unit
from app.views.activity import ACTIVITY
from tests.browser.cards import card, expect_live, graph, message, mount, open_menu
from tests.browser.conftest import OpenAs
from tests.browser.test_widths import HEIGHT, PHONE, TABLET, expect_no_overflow
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
HEALTH, LATENCY, REQUESTS = "activity.health", "activity.latency", "activity.requests"
LIVE = (HEALTH, LATENCY)
ZONE = ZoneInfo("Europe/Berlin")


def cell(page: Page, key: str, row: int, column: int) -> tuple[float, float]:
    """Where in the window the middle of a cell is."""
    graph(page, key).scroll_into_view_if_needed()
    script = """(graph, [row, column]) => {
        const {xaxis, yaxis} = graph._fullLayout, box = graph.getBoundingClientRect();
        const map = graph.calcdata[0][0], x = (map.x[column] + map.x[column + 1]) / 2;
        return [box.left + xaxis._offset + xaxis.l2p(x), box.top + yaxis._offset + yaxis.l2p(row)];
    }"""
    x, y = graph(page, key).evaluate(script, [row, column])
    return x, y


def asked(page: Page) -> tuple[float, float]:
    """The page's range by its address, in epoch seconds."""
    query = parse_qs(urlsplit(page.url).query)
    start, end = (datetime.fromisoformat(query[name][0]).timestamp() for name in ("from", "to"))
    return start, end


def wait_for_range(page: Page) -> tuple[float, float]:
    page.wait_for_url(lambda url: "from=20" in url)
    return asked(page)


def tip(page: Page) -> Locator:
    return page.locator(".chart-tip")


def click(page: Page, key: str, row: int, column: int) -> None:
    """A click on a cell as people click: once the chart, which cards above may still move, shows what is there."""

    def shown() -> bool:
        page.mouse.move(*cell(page, key, row, column))
        return tip(page).is_visible()

    wait_until(shown, what="what the cell says")
    page.mouse.click(*cell(page, key, row, column))


@pytest.fixture
def page(open_as: OpenAs) -> Page:
    found = open_as(Role.READONLY, "/activity?refresh=0&tz=Europe%2FBerlin")
    expect_live(found, *LIVE)
    return found


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_everybody_sees_all_of_it(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/activity")
    expect_live(page, *LIVE)
    for key in ACTIVITY.keys:
        expect(card(page, key)).to_be_visible()
    expect(page.locator("[data-page-title]")).to_have_text("Activity")


def test_hours_of_the_week_say_that_they_are_on_their_way(page: Page) -> None:
    """The scene's two hours may lie outside of what ends with the last quarter of a day."""
    for key in ACTIVITY.keys[2:]:
        state = card(page, key).get_attribute("data-state")
        assert state in ("loading", "live", "empty", "missing")
        assert state == "live" or message(page, key).text_content()


def test_a_cell_says_which_service_was_how(page: Page) -> None:
    page.mouse.move(*cell(page, HEALTH, 2, 200))
    expect(tip(page).locator(".tip-name")).to_have_text("api")
    expect(tip(page).locator(".tip-value")).to_have_text("healthy")
    expect(tip(page)).to_contain_text("UTC+0")


def test_a_cell_says_how_many_took_how_long(page: Page) -> None:
    """Of 100 requests a scrape in three services' four instances, 30 took more than 10 and up to 50 ms."""
    page.mouse.move(*cell(page, LATENCY, 7, 200))
    expect(tip(page).locator(".tip-name")).to_have_text("≤ 50 ms")
    expect(tip(page).locator(".tip-value")).to_have_text("8/s")


def test_the_arrow_keys_say_all_services_at_a_moment(page: Page) -> None:
    graph(page, HEALTH).focus()
    page.keyboard.press("ArrowLeft")
    expect(tip(page).locator(".tip-name")).to_have_text(["orchestrator", "workers", "api", "dashboard"])
    expect(tip(page).locator(".tip-value")).to_have_text(["healthy"] * 4)


@pytest.mark.parametrize("key", LIVE)
def test_a_click_on_a_cell_is_the_pages_range(page: Page, key: str) -> None:
    script = "graph => [graph.data[0].x0, graph.data[0].dx]"
    x0, dx = graph(page, key).evaluate(script)
    middle = datetime.fromisoformat(x0).timestamp() + 100 * dx / 1_000
    click(page, key, 1, 100)
    start, end = wait_for_range(page)
    assert (start + end) / 2 == pytest.approx(middle, abs=1)
    assert end - start == pytest.approx(60, abs=1), "no range is shorter than a minute"
    page.go_back()
    page.wait_for_url(lambda url: "from=" not in url)
    expect_live(page, key)


def hour_figure(zone: str = "Europe/Berlin") -> object:
    """Every hour of a week known."""
    times = [1_790_000_000 + at * 1_800 for at in range(28 * 48)]
    week = hours_of_week(times, [float(at % 48) for at in range(len(times))], zone=zone, span_s=1_800)
    return hour_map(week, revision=REQUESTS, unit=Unit.PER_SECOND)


@pytest.fixture
def hours(page: Page) -> Page:
    """The page with hours of the week of our own, whatever the scene's past holds of them."""
    wait_until(lambda: card(page, REQUESTS).get_attribute("data-state") != "", what="the card")
    card(page, REQUESTS).evaluate("card => { card.dataset.told = card.dataset.state = 'live'; }")
    mount(page, REQUESTS, hour_figure())
    wait_until(lambda: bool(graph(page, REQUESTS).evaluate("graph => graph.data?.length > 0")), what="the figure")
    return page


def expect_the_last(page: Page, weekday: int, hour: int) -> None:
    start, end = wait_for_range(page)
    clock = datetime.fromtimestamp(start, ZONE)
    assert (clock.weekday(), clock.hour, clock.minute) == (weekday, hour, 0)
    now = datetime.now(UTC).timestamp()
    assert end - start == 3_600
    assert end <= now < end + 7 * 86_400 + 3_600


def test_a_click_on_an_hour_of_the_week_shows_the_last_such_hour(hours: Page) -> None:
    hours.mouse.move(*cell(hours, REQUESTS, 5, 6))
    expect(graph(hours, REQUESTS).locator(".hoverlayer")).to_contain_text("Sat 06:00 to 06:59")
    expect(graph(hours, REQUESTS).locator(".hoverlayer")).to_contain_text("click: the last such hour on all charts")
    hours.mouse.click(*cell(hours, REQUESTS, 5, 6))
    expect_the_last(hours, 5, 6)


def test_the_keyboard_does_the_same(hours: Page) -> None:
    chart = graph(hours, REQUESTS)
    chart.focus()
    expect(graph(hours, REQUESTS).locator(".hoverlayer")).to_contain_text("Mon 00:00 to 00:59")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        hours.keyboard.press(key)
    expect(graph(hours, REQUESTS).locator(".hoverlayer")).to_contain_text("Wed 23:00 to 23:59")
    assert "Wed 23:00 to 23:59" in (chart.get_attribute("aria-label") or "")
    hours.keyboard.press("Enter")
    expect_the_last(hours, 2, 23)


@pytest.mark.parametrize(
    ("zone", "weekday", "hour", "now", "start", "end"),
    [
        ("UTC", 0, 14, "2026-11-23T14:59:00Z", "2026-11-16T14:00:00Z", "2026-11-16T15:00:00Z"),
        ("UTC", 0, 14, "2026-11-23T15:00:00Z", "2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z"),
        ("Asia/Kolkata", 0, 0, "2026-11-23T15:00:00Z", "2026-11-22T18:30:00Z", "2026-11-22T19:30:00Z"),
        # It comes twice, and both are shown.
        ("Europe/Berlin", 6, 2, "2026-10-26T12:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"),
        # It was left out on 29 March.
        ("Europe/Berlin", 6, 2, "2026-03-30T12:00:00Z", "2026-03-22T01:00:00Z", "2026-03-22T02:00:00Z"),
    ],
)
def test_the_last_such_hour_is_over(
    page: Page, zone: str, weekday: int, hour: int, now: str, start: str, end: str
) -> None:
    moment = datetime.fromisoformat(now).timestamp() * 1_000
    found = page.evaluate("given => window.tammaFigures.lastHour(...given)", [weekday, hour, moment, zone])
    assert [datetime.fromtimestamp(one / 1_000, UTC) for one in found] == [
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
    ]


def test_the_table_behind_a_heat_map_has_its_numbers(page: Page) -> None:
    open_menu(page, HEALTH).locator("[data-table]").click()
    table = page.locator("dialog .grid-table")
    expect(table.locator("th")).to_contain_text(["time", "orchestrator", "workers", "api", "dashboard"])
    expect(table.locator("tbody tr").first).to_contain_text("healthy")


def test_nothing_overflows_on_a_phone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/activity", viewport={"width": PHONE, "height": HEIGHT})
    expect_live(page, *LIVE)
    for width in (PHONE, TABLET):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            expect_no_overflow(page, f"{width} px, {scheme}")
    for key in LIVE:
        inner = graph(page, key).bounding_box() or {}
        outer = card(page, key).bounding_box() or {}
        foot = card(page, key).locator(".card-foot").bounding_box() or {}
        assert inner["y"] + inner["height"] <= foot["y"] + 1, "the figure ends above the footer"
        assert inner["width"] <= outer["width"]


def test_weekdays_are_rows(hours: Page) -> None:
    labels = graph(hours, REQUESTS).locator(".ytick text")
    expect(labels).to_have_text(list(WEEKDAYS))
