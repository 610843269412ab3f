"""The explorer: put together by keyboard, held by the address, kept under a name, open to each role as far as due."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from app.explore.beginnings import BEGINNINGS
from tests.browser.cards import axis_s, card, curves, expect_state, export, message, wait_for_axis
from tests.browser.conftest import OpenAs
from tests.browser.scene import HOSTILE, Scene
from tests.browser.test_widths import HEIGHT, PHONE, TABLET, expect_no_overflow
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ERRORS = "metric=tamma_errors_total&kind=counter&agg=sum&by=job"
MEMORY = "metric=process_resident_memory_bytes&kind=gauge&agg=sum&by=job"
# A field that is told what is wrong is told so by an answer that the browser's console lists.
REFUSED = r"status of 40[0349]|answer 40[0349]: "


@pytest.fixture(autouse=True)
def nothing_kept(scene: Scene) -> Iterator[None]:
    """No test finds what another has saved."""
    yield
    scene.sql("delete from dashboard.explorations")


def address(text: str, more: str = "") -> str:
    return f"/explore?q={quote(text, safe='')}{more}"


def key(text: str) -> str:
    return f"explore.chart:{text}"


def metric(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Metric")


def apply(page: Page) -> None:
    page.get_by_role("button", name="Apply").click()


def offered(page: Page) -> Locator:
    """The suggestions on screen; the options of closed lists of choices are none."""
    return page.locator("li[role=option]:visible")


def wait_for_text(page: Page, text: str) -> None:
    """Waits until the address holds that exploration, and nothing else."""
    wait_until(lambda: asked(page) == text, what=f"q={text}")


def asked(page: Page) -> str:
    """The exploration in the address."""
    found: str = page.evaluate("() => new URLSearchParams(location.search).get('q') || ''")
    return found


def errors(page: Page) -> list[str]:
    return [one for one in page.locator(".explorer-error").all_inner_texts() if one]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_the_page_opens_with_places_to_start(open_as: OpenAs, role: Role) -> None:
    page = open_as(role, "/explore")
    expect(metric(page)).to_be_visible()
    expect(page.locator("[data-explore]")).to_have_count(len(BEGINNINGS))
    expect(page.get_by_role("radio", name="PromQL")).to_have_count(1 if role >= Role.DEVELOPER else 0)
    page.get_by_role("link", name=BEGINNINGS[0].question).click()
    wait_for_text(page, BEGINNINGS[0].text)
    expect_state(page, key(BEGINNINGS[0].text), "live")
    expect(metric(page)).to_have_value(BEGINNINGS[0].metric)


def test_an_exploration_is_put_together_by_keyboard_alone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/explore")
    metric(page).focus()
    page.keyboard.type("errors tamma")
    expect(page.get_by_role("listbox").get_by_role("option", name=re.compile("^tamma_errors_total"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(metric(page)).to_have_attribute("aria-activedescendant", re.compile("-0$"))
    page.keyboard.press("Enter")
    expect(metric(page)).to_have_value("tamma_errors_total")
    expect(page.get_by_label("Read as")).to_have_value("counter")
    page.get_by_label("Aggregation").press("S")
    expect(page.get_by_label("Aggregation")).to_have_value("sum")
    page.get_by_role("checkbox", name="job", exact=True).press("Space")
    page.get_by_role("button", name="Add filter").press("Enter")
    filled = page.get_by_role("group", name="Filter 1")
    expect(filled.get_by_label("Label")).to_be_focused()
    page.keyboard.type("jo")
    expect(filled.get_by_role("option", name="job")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(filled.get_by_label("Value")).to_be_focused()
    page.keyboard.type("ap")
    expect(filled.get_by_role("option", name="api", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(filled.get_by_label("Value")).to_have_value("api")
    page.keyboard.press("Enter")
    text = "metric=tamma_errors_total&kind=counter&where=job,eq,api&agg=sum&by=job"
    wait_for_text(page, text)
    expect_state(page, key(text), "live")
    expect(message(page, key(text))).to_have_text("One series.")
    expect(filled.get_by_label("Value")).to_be_focused()


def test_the_address_holds_the_whole_and_back_takes_it_away(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, address(MEMORY, "&from=now-15m&compare=previous"))
    expect_state(page, key(MEMORY), "live")
    assert any("before" in name for name in curves(page, key(MEMORY)))
    wait_for_axis(page, key(MEMORY), 900)
    expect(metric(page)).to_have_value("process_resident_memory_bytes")
    expect(page.get_by_role("checkbox", name="job", exact=True)).to_be_checked()
    page.get_by_label("Aggregation").select_option("max")
    apply(page)
    other = MEMORY.replace("sum", "max")
    wait_for_text(page, other)
    expect_state(page, key(other), "live")
    assert "from=now-15m" in page.url
    assert "compare=previous" in page.url
    page.go_back()
    wait_for_text(page, MEMORY)
    expect_state(page, key(MEMORY), "live")
    expect(page.get_by_label("Aggregation")).to_have_value("sum")
    page.reload()
    expect_state(page, key(MEMORY), "live")
    start, end = axis_s(page, key(MEMORY))
    assert end - start == pytest.approx(900, abs=120)
    expect(page.get_by_label("Aggregation")).to_have_value("sum")


def test_what_the_server_refuses_stands_beside_its_field(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.READONLY, address(ERRORS))
    expect_state(page, key(ERRORS), "live")
    metric(page).fill("nobody_there")
    apply(page)
    expect(page.locator("#explorer-metric-error")).to_have_text(
        re.compile("^Prometheus has no metric '?nobody_there'?.$")
    )
    expect(metric(page)).to_be_focused()
    expect(metric(page)).to_have_attribute("aria-invalid", "true")
    wait_for_text(page, ERRORS)
    metric(page).fill("tamma_errors_total")
    page.get_by_label("Series at most").fill("999")
    apply(page)
    expect(page.locator("#explorer-top-error")).to_have_text("Top 999 is not possible; allowed: 1 to 100.")
    expect(page.get_by_label("Series at most")).to_be_focused()
    page.get_by_label("Series at most").fill("50")
    apply(page)
    expect(page.locator("#explorer-top-error")).to_have_text("More than 20 series need the role developer or above.")
    page.get_by_label("Series at most").fill("20")
    page.get_by_role("button", name="Add filter").click()
    row = page.get_by_role("group", name="Filter 1")
    row.get_by_label("Label").fill("colour")
    row.get_by_label("Value").fill("red")
    apply(page)
    expect(page.locator("#explorer-where-error")).to_contain_text("tamma_errors_total has no label colour")
    expect(row.get_by_label("Label")).to_be_focused()
    row.get_by_label("Label").fill("job")
    row.get_by_label("Comparison").select_option("re")
    row.get_by_label("Value").fill("(")
    apply(page)
    expect(page.locator("#explorer-where-error")).to_contain_text("error parsing regexp")
    row.get_by_label("Value").fill("api|workers")
    apply(page)
    text = "metric=tamma_errors_total&kind=counter&where=job,re,api%7Cworkers&agg=sum&by=job"
    wait_for_text(page, text)
    expect_state(page, key(text), "live")
    assert errors(page) == []
    assert set(curves(page, key(text))) == {"api", "workers"}


@pytest.mark.parametrize("text", ["nonsense", "metric=up&agg=median", "metric=%7Bup%7D"])
def test_an_address_that_holds_no_exploration_says_so(open_as: OpenAs, watch: Watch, text: str) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.READONLY, address(text))
    expect(page.locator(".explorer-refused")).to_contain_text("allowed")
    expect(metric(page)).to_be_visible()


def test_developers_write_promql_and_start_from_what_they_built(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.DEVELOPER, address(MEMORY))
    expect_state(page, key(MEMORY), "live")
    page.get_by_role("radio", name="PromQL").check()
    query = page.get_by_role("textbox", name="PromQL")
    expect(query).to_have_value("sum by (job) (process_resident_memory_bytes{})")
    query.fill("sum(")
    query.press("Enter")
    expect(page.locator("#explorer-promql-error")).to_contain_text("parse error")
    query.fill("count(up)")
    query.press("Enter")
    wait_for_text(page, "promql=count%28up%29")
    expect_state(page, key("promql=count%28up%29"), "live")
    assert errors(page) == []
    page.go_back()
    wait_for_text(page, MEMORY)
    expect(page.get_by_role("radio", name="Builder")).to_be_checked()


def test_a_link_to_promql_shows_others_nothing(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, address("promql=count%28up%29"))
    expect_state(page, key("promql=count%28up%29"), "forbidden")
    expect(message(page, key("promql=count%28up%29"))).to_contain_text("developer")
    expect(page.get_by_role("textbox", name="PromQL")).to_have_count(0)


def test_long_ranges_are_for_developers(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, address(MEMORY, "&from=now-30d"))
    expect_state(page, key(MEMORY), "forbidden")
    expect(page.get_by_text("20 series over 7 days at most")).to_be_visible()


def test_explorations_are_kept_shared_opened_and_deleted(open_as: OpenAs) -> None:
    page = open_as(Role.OPERATOR, address(ERRORS))
    expect_state(page, key(ERRORS), "live")
    for name, shared in (("Errors of all", True), ("Mine alone", False)):
        page.get_by_role("button", name="Save", exact=True).press("Enter")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type(name)
        page.get_by_label("Share with everybody").set_checked(shared)
        page.get_by_role("button", name="Save it").press("Enter")
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_text("Saved explorations (2)")).to_be_visible()
    other = open_as(Role.READONLY, "/explore")
    other.get_by_text("Saved explorations (1)").click()
    expect(other.get_by_role("link", name="Mine alone")).to_have_count(0)
    expect(other.get_by_text("by operator")).to_be_visible()
    expect(other.get_by_role("button", name="Delete Errors of all")).to_have_count(0)
    other.get_by_role("link", name="Errors of all").click()
    wait_for_text(other, ERRORS)
    expect_state(other, key(ERRORS), "live")
    page.get_by_role("button", name="Delete Mine alone").press("Enter")
    page.get_by_role("button", name="Delete for good: Mine alone").press("Enter")
    expect(page.get_by_text("Deleted Mine alone.")).to_be_visible()
    expect(page.get_by_role("link", name="Mine alone")).to_have_count(0)


def test_a_name_that_is_taken_is_said_beside_it(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(REFUSED)
    page = open_as(Role.READONLY, address(ERRORS))
    expect_state(page, key(ERRORS), "live")
    for _ in range(2):
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_label("Name").fill("Once")
        page.get_by_role("button", name="Save it").click()
        expect(page.get_by_text("Saved explorations (1)")).to_be_visible()
    expect(page.locator("#explorer-name-error")).to_contain_text("You have an exploration called 'Once' already.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()


def test_values_that_look_like_markup_are_offered_and_asked_as_text(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, address("metric=tamma_errors_total&kind=counter&where=error_type,ne,"))
    row = page.get_by_role("group", name="Filter 1")
    row.get_by_label("Comparison").select_option("eq")
    row.get_by_label("Value").fill("onerror")
    expect(offered(page)).to_have_count(2)
    offered(page).first.click()
    apply(page)
    wait_until(lambda: "where=error_type,eq" in asked(page), what="the filter")
    text = asked(page)
    expect_state(page, key(text), "live")
    assert quote(HOSTILE, safe="").replace(".", "%2E").replace("~", "%7E") in text
    assert "pwned" not in page.title()
    expect(page.locator("#content img")).to_have_count(0)


def test_a_link_is_copied(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, address(MEMORY, "&from=now-6h"), permissions=["clipboard-read", "clipboard-write"])
    expect_state(page, key(MEMORY), "live")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url


def test_the_data_behind_the_chart_is_saved(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, address(MEMORY))
    expect_state(page, key(MEMORY), "live")
    saved = export(page, key(MEMORY), "csv")
    with saved.path().open(newline="") as lines:
        rows = list(csv.reader(lines))
    head = next(row for row in rows if row and row[0].startswith("time"))
    assert any(name.startswith("api") for name in head)
    card(page, key(MEMORY)).locator("summary").first.click()
    card(page, key(MEMORY)).get_by_role("button", name="Table").click()
    expect(page.get_by_role("dialog").get_by_role("columnheader", name="api")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_fits_a_phone(open_as: OpenAs, scheme: str) -> None:
    page = open_as(Role.DEVELOPER, address(ERRORS), viewport={"width": PHONE, "height": HEIGHT}, color_scheme=scheme)
    expect_state(page, key(ERRORS), "live")
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Label").fill("error_type")
    page.get_by_label("Value").click()
    expect(offered(page).first).to_be_visible()
    for width in (PHONE, TABLET):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        expect_no_overflow(page, f"suggestions at {width} px, {scheme}")
    small = page.evaluate(
        """() => [...document.querySelectorAll(".explorer-form :is(button, input, select, summary)")]
            .filter((one) => one.offsetParent && !one.matches("label input"))
            .filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert small == [], "room for a thumb (WCAG 2.2, 2.5.8)"
