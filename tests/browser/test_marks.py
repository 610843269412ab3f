"""Marks on charts: where they stand, what they say, which are shown, and what they cannot do."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from tests.browser.cards import MOMENT, axis_s, expect_live, export, graph, preset
from tests.browser.conftest import OpenAs
from tests.browser.scene import HOSTILE
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
KEY = "api.rate"


def mark(at_s: float, kind: str = "deploy", text: str = "api 1.8.1", **more: Any) -> dict[str, Any]:
    """A mark as the tick tells it; ``at_s`` in epoch seconds."""
    return {"at": at_s * 1_000, "end": None, "kind": kind, "text": text, "href": None} | more


def show_marks(page: Page, *marks: dict[str, Any]) -> None:
    """Shows these marks, and from now on none that a tick tells."""
    script = """marks => {
        const ours = window.dash_clientside.marks;
        window.showMarks = window.showMarks || ours.show;
        ours.show = () => window.dash_clientside.no_update;
        window.showMarks(marks);
    }"""
    page.evaluate(script, list(marks))


def flags(page: Page, key: str = KEY) -> Locator:
    """The flags on a chart, from the left."""
    return graph(page, key).locator(".chart-flag")


def moments(page: Page, key: str = KEY) -> list[float]:
    """Where the flags stand on the chart's own axis, in epoch seconds."""
    script = """graph => [...graph.querySelectorAll(".chart-flag")].map(flag => {
        const box = flag.getBoundingClientRect(), axis = graph._fullLayout.xaxis;
        return axis.p2l((box.left + box.right) / 2 - graph.getBoundingClientRect().left - axis._offset) / 1000;
    })"""
    found: list[float] = graph(page, key).evaluate(script)
    return found


def toggle(page: Page, kind: str) -> Locator:
    return page.locator(f'#marks-toggles [data-mark-kind="{kind}"]')


def tip(page: Page) -> Locator:
    return page.locator(".chart-tip")


@pytest.fixture
def page(open_as: OpenAs) -> Page:
    # Options make it a browser of its own: what is chosen here is kept in the browser.
    found = open_as(Role.READONLY, "/overview?refresh=0", viewport={"width": 1_280, "height": 900})
    expect_live(found)
    return found


def test_marks_stand_at_their_moments_on_every_chart(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    wanted = [start + 600, start + 1_500, start + 2_400]
    kinds = ("deploy", "workflow", "alert")
    show_marks(page, *(mark(at, kind) for at, kind in zip(wanted, kinds, strict=True)))
    for key in (KEY, "api.latency", "errors.rate", "workflows.ended"):
        assert moments(page, key) == pytest.approx(wanted, abs=10)
        expect(flags(page, key)).to_have_text(["D", "W", "A"])


def test_marks_outside_of_the_range_and_nonsense_are_not_shown(page: Page) -> None:
    start, end = axis_s(page, KEY)
    nonsense = [{"at": "x", "kind": "deploy"}, {"at": 1, "kind": "toString"}, None, 7]
    show_marks(page, mark(start - 60), mark(end + 60), mark(start + 60), *nonsense)  # type: ignore[arg-type]
    expect(flags(page)).to_have_count(1)
    page.evaluate("window.showMarks(null)")
    expect(flags(page)).to_have_count(0)


def test_marks_too_close_to_be_pressed_apart_are_one_with_a_count(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    near = [mark(start + 1_200 + at * 10, text=f"api 1.8.{at}") for at in range(3)]
    show_marks(page, *near, mark(start + 2_400, "alert", "HighLatency"))
    expect(flags(page)).to_have_text(["3", "A"])
    flags(page).first.click()
    expect(tip(page).locator(".tip-mark")).to_have_count(3)
    expect(tip(page)).to_contain_text("deploy api 1.8.0 at ")
    page.keyboard.press("Escape")
    expect(tip(page)).to_be_hidden()


def test_two_hundred_marks_are_few_elements(page: Page) -> None:
    start, end = axis_s(page, KEY)
    show_marks(page, *(mark(start + (end - start) * at / 200, text=f"deploy {at}") for at in range(200)))
    count = flags(page).count()
    width = graph(page, KEY).evaluate("graph => graph._fullLayout.xaxis._length")
    assert 5 <= count <= width / 24 + 1
    assert sum(int(text) for text in flags(page).all_text_contents()) == 200
    boxes = flags(page).evaluate_all("all => all.map(one => one.getBoundingClientRect().left)")
    assert all(later - earlier >= 24 for earlier, later in pairwise(boxes))
    flags(page).first.hover()
    expect(tip(page)).to_contain_text(re.compile(rf"deploy 0 at {MOMENT} \(\d+ (min|h) ago\)"))


def test_a_flag_says_what_it_is_and_leads_there(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    show_marks(page, mark(start + 1_200, text="deploy api 1.8.1", href="/profile"))
    flags(page).hover()
    expect(tip(page)).to_have_text(re.compile(rf"^Ddeploy api 1\.8\.1 at {MOMENT} \(\d+ min ago\)$"))
    box = flags(page).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    flags(page).click()
    expect(page).to_have_url(re.compile("/profile"))


def test_marks_are_reached_by_keyboard(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    show_marks(page, mark(start + 600, "alert", "one"), mark(start + 1_800, "deploy", "two", href="/profile"))
    page.keyboard.press("Tab")
    graph(page, KEY).focus()
    page.keyboard.press("m")
    expect(flags(page).first).to_be_focused()
    expect(tip(page)).to_contain_text("alert one at ")
    page.keyboard.press("ArrowRight")
    expect(flags(page).nth(1)).to_be_focused()
    expect(tip(page)).to_contain_text("deploy two at ")
    page.keyboard.press("Escape")
    expect(graph(page, KEY)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/profile"))


def test_maintenance_is_a_span(page: Page) -> None:
    start, end = axis_s(page, KEY)
    show_marks(page, mark(start + 900, "maintenance", "database upgrade", end=(start + 1_800) * 1_000))
    shade = graph(page, KEY).locator(".chart-span")
    expect(shade).to_have_count(1)
    width = graph(page, KEY).evaluate("graph => graph._fullLayout.xaxis._length")
    box = shade.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(width * 900 / (end - start), abs=2)
    flags(page).hover()
    expect(tip(page)).to_contain_text(re.compile(rf"maintenance database upgrade from {MOMENT} to {MOMENT}"))
    show_marks(page, mark(start - 900, "maintenance", "since before", end=(end + 900) * 1_000))
    box = shade.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(width, abs=2)


def test_kinds_are_toggled_counted_and_kept(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    marks = [mark(start + at * 400, kind) for at, kind in enumerate(("deploy", "deploy", "alert", "workflow"), 1)]
    show_marks(page, *marks)
    expect(flags(page)).to_have_count(4)
    for kind, count in {"deploy": "2", "alert": "1", "workflow": "1", "maintenance": "0"}.items():
        expect(toggle(page, kind).locator(".mark-count")).to_have_text(count)
        expect(toggle(page, kind)).to_have_attribute("aria-pressed", "true")
    toggle(page, "deploy").click()
    expect(flags(page)).to_have_text(["A", "W"])
    expect(toggle(page, "deploy")).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(re.compile(r"[?&]marks=workflow,alert,maintenance$"))
    preset(page, "6h").evaluate("button => button.click()")
    expect(page).to_have_url(re.compile("from=now-6h"))
    expect(page).to_have_url(re.compile("marks=workflow"))
    page.reload()
    expect_live(page)
    show_marks(page, *marks)
    expect(toggle(page, "deploy")).to_have_attribute("aria-pressed", "false")
    page.goto("/overview?refresh=0")
    expect_live(page)
    show_marks(page, *marks)
    expect(flags(page)).to_have_text(["A", "W"])
    expect(page).to_have_url(re.compile("marks=workflow"))
    for kind in ("workflow", "alert", "maintenance"):
        toggle(page, kind).click()
    expect(flags(page)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"marks=none$"))
    toggle(page, "alert").click()
    expect(flags(page)).to_have_text(["A"])
    for kind in ("workflow", "deploy", "maintenance"):
        toggle(page, kind).click()
    expect(page).not_to_have_url(re.compile("marks="))


def test_an_address_chooses_the_kinds(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0&marks=alert,nonsense", viewport={"width": 1_280, "height": 900})
    expect_live(page)
    start, _ = axis_s(page, KEY)
    show_marks(page, mark(start + 600), mark(start + 1_200, "alert"))
    expect(flags(page)).to_have_text(["A"])


def test_hostile_marks_are_text_and_lead_nowhere(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    places = ("javascript:document.title='pwned'", "https://example.org/", "//example.org/", "http://[", 7, HOSTILE)
    show_marks(page, *(mark(start + at * 400, "alert", HOSTILE, href=href) for at, href in enumerate(places, 1)))
    expect(flags(page)).to_have_count(len(places))
    own = page.url.split("/overview")[0]
    for at in range(len(places)):
        href = flags(page).nth(at).evaluate("flag => flag.href || ''")
        assert href == "" or href.startswith(own + "/")
    flags(page).first.hover()
    expect(tip(page)).to_contain_text("<img src=x")
    flags(page).first.click()
    expect(page.locator("img[src=x], script:has-text('pwned'), [onerror]")).to_have_count(0)
    assert "pwned" not in page.title()


def test_marks_move_with_the_range(page: Page) -> None:
    _, end = axis_s(page, KEY)
    at = end - 300
    show_marks(page, mark(at))
    assert moments(page) == pytest.approx([at], abs=10)
    preset(page, "6h").click()
    wait_until(lambda: axis_s(page, KEY)[1] - axis_s(page, KEY)[0] > 20_000, what="six hours")
    expect_live(page)
    wait_until(lambda: abs(moments(page)[0] - at) < 60, what="the mark at its moment")


def test_marks_are_part_of_an_image_and_the_crosshair_is_not(page: Page) -> None:
    start, _ = axis_s(page, KEY)
    show_marks(
        page,
        mark(start + 1_200, "deploy", HOSTILE),
        mark(start + 2_400, "maintenance", "upgrade", end=(start + 3_000) * 1_000),
    )
    graph(page, KEY).hover()
    text = export(page, KEY, "svg").path().read_text()
    words = [word.strip() for word in ElementTree.fromstring(text).itertext() if word.strip()]
    assert "marks: D deploy, M maintenance" in " ".join(words)
    assert {"D", "M"} <= set(words)
    assert len(re.findall(r"<path[^>]*shape-index|<path[^>]*data-index", text)) == 3, "two lines and a shade"
    toggle(page, "deploy").click()
    words = list(ElementTree.fromstring(export(page, KEY, "svg").path().read_text()).itertext())
    assert "D" not in words
