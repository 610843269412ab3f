"""What a card's menu saves: images with title, range and stamp; data equal to the API's."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import time
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Download, Page, expect

from app.access import Role
from app.widgets.curves import iso
from tests.browser.cards import api, card, curves, expect_live, export, graph, open_menu
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.test_widths import expect_no_overflow
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
# A fixed range: what the page shows, the file holds and the API answers is the same, whenever each is asked.
END = int(time.time()) // 60 * 60 - 60
RANGE = f"from={iso(END - 1_800)}&to={iso(END)}"


@pytest.fixture(scope="module")
def page(lasting: OpenAs) -> Page:
    found = lasting(Role.READONLY, f"/overview?{RANGE}")
    expect_live(found, "api.latency", "api.now", "services.health")
    return found


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def numbers(rows: list[dict[str, str]]) -> list[dict[str, str | float | None]]:
    """CSV's rows with the units taken off the column names."""
    return [{name.split(" [")[0]: _value(value) for name, value in row.items()} for row in rows]


def _value(text: str) -> str | float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def test_a_chart_as_png(page: Page) -> None:
    download = export(page, "api.latency", "png")
    assert re.fullmatch(r"api\.latency_\d{4}-\d\d-\d\dT\d{6}\.png", download.suggested_filename)
    data = content(download)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (2_400, 1_200)
    assert len(data) > 10_000


def test_a_chart_as_svg_with_title_range_and_stamp(page: Page) -> None:
    download = export(page, "api.latency", "svg")
    assert download.suggested_filename.endswith(".svg")
    root = ElementTree.fromstring(content(download))
    words = " ".join(text.strip() for text in root.itertext() if text.strip())
    assert "API response time" in words
    start, end = (moment.replace("T", " ")[:16] for moment in (iso(END - 1_800), iso(END)))
    assert f"{start} to {end[11:] if start[:10] == end[:10] else end} UTC" in words
    assert re.search(r"exported \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", words)
    for unit in (" s", "0 s"):
        assert unit in words
    for name in curves(page, "api.latency"):
        assert name in words


def test_an_image_names_its_zone_and_shows_its_hours(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, f"/overview?{RANGE}", timezone_id="Australia/Adelaide")
    expect_live(page, "api.latency")
    words = list(ElementTree.fromstring(content(export(page, "api.latency", "svg"))).itertext())
    start, end = (datetime.fromtimestamp(at, ZoneInfo("Australia/Adelaide")) for at in (END - 1_800, END))
    text = " ".join(words)
    offset = end.isoformat()[-6:]
    last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    assert f"{start:%Y-%m-%d %H:%M} to {last} Australia/Adelaide (UTC{offset})" in text
    assert re.search(r"exported \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+\d\d:30", text)
    ticks = [word for word in words if re.fullmatch(r"\d\d:\d\d", word)]
    assert ticks
    assert all(f"{start:%H:%M}" <= word <= f"{end:%H:%M}" for word in ticks if start.date() == end.date())


def test_an_image_has_the_colours_of_the_theme(open_as: OpenAs) -> None:
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(23, 30, 39)")):
        page = open_as(Role.READONLY, f"/overview?{RANGE}", color_scheme=scheme)
        expect_live(page, "api.latency")
        image = ElementTree.fromstring(content(export(page, "api.latency", "svg")))
        styles = [one.get("style", "") for one in image.iter()]
        assert any(f"fill: {ground}" in style for style in styles)


def test_exporting_an_image_leaves_the_page_as_it_was(page: Page) -> None:
    before = graph(page, "api.latency").evaluate("graph => JSON.stringify([graph.layout.title, graph.layout.width])")
    export(page, "api.latency", "svg")
    after = graph(page, "api.latency").evaluate("graph => JSON.stringify([graph.layout.title, graph.layout.width])")
    assert after == before


@pytest.mark.parametrize("key", ["api.latency", "api.now", "services.health", "workflows.counts"])
def test_data_files_hold_what_the_api_answers(page: Page, key: str) -> None:
    answered = api(page, f"/api/dashboard/widgets/{key}?{RANGE}")
    assert answered["rows"]
    file = json.loads(content(export(page, key, "json")))
    assert file["rows"] == answered["rows"]
    assert file["units"] == answered["units"]
    assert (file["key"], file["from"], file["to"]) == (key, iso(END - 1_800), iso(END))
    rows = list(csv.DictReader(io.StringIO(content(export(page, key, "csv")).decode())))
    assert numbers(rows) == answered["rows"]


def test_a_charts_data_is_what_is_drawn(page: Page) -> None:
    rows = json.loads(content(export(page, "api.latency", "json")))["rows"]
    drawn = curves(page, "api.latency")
    assert [row["time"] for row in rows][:: len(rows) - 1] == [iso(END - 1_800), iso(END)]
    for name in ("p50", "p95", "p99"):
        assert [row[name] for row in rows] == pytest.approx(drawn[name], rel=1e-4)  # drawn to five digits


def test_numbers_offer_data_and_no_image(page: Page) -> None:
    menu = open_menu(page, "api.now")
    assert menu.locator("[data-export]").evaluate_all("items => items.map(item => item.dataset.export)") == [
        "csv",
        "json",
    ]
    menu = open_menu(page, "api.latency")
    expect(menu.locator("[data-export]")).to_have_count(4)
    expect(card(page, "api.now").locator("details[open]")).to_have_count(0)
    page.keyboard.press("Escape")


def test_a_file_that_fails_says_why_on_its_card(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    watch.expect(r"503.*\.csv\?")
    page = open_as(Role.READONLY, f"/overview?from={iso(END - 10_800)}&to={iso(END)}")
    expect_live(page, "api.rate")
    scene.prometheus.switch("refuse")
    open_menu(page, "api.rate").locator('[data-export="csv"]').click()
    alert = card(page, "api.rate").get_by_role("alert")
    expect(alert).to_contain_text("No file: Prometheus")
    expect(card(page, "api.latency").get_by_role("alert")).to_have_count(0)
    scene.prometheus.switch("pass")
    downloads: list[Download] = []
    page.on("download", lambda one: downloads.append(one))  # noqa: PLW0108  Playwright wants a function of Python
    wait_until(lambda: saved(page, "api.rate"), what="a file")
    wait_until(lambda: page.title() and downloads, what="the download")
    assert content(downloads[0])


def test_an_image_that_fails_says_so_on_its_card(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, f"/overview?{RANGE}")
    expect_live(page, "api.rate")
    page.evaluate("() => { window.Plotly.toImage = () => Promise.reject(new Error('no room')); }")
    open_menu(page, "api.rate").locator('[data-export="png"]').click()
    expect(card(page, "api.rate").get_by_role("alert")).to_contain_text("No image")


def saved(page: Page, key: str) -> bool:
    """Asks the card's menu for its CSV file; whether it came. Each web process remembers failures for some seconds."""
    open_menu(page, key).locator('[data-export="csv"]').click()
    expect(card(page, key).locator(".export-words[role=status]")).to_have_count(0)
    return card(page, key).get_by_role("alert").count() == 0


def test_a_file_on_its_way_says_so_and_can_be_given_up(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    page = open_as(Role.READONLY, f"/overview?from={iso(END - 9_000)}&to={iso(END)}")
    expect_live(page, "api.rate")
    scene.prometheus.switch("hang")
    line = card(page, "api.rate").locator(".export-note")
    summary = card(page, "api.rate").locator("summary")
    for deed in ("Escape", "Cancel"):
        open_menu(page, "api.rate").locator('[data-export="json"]').click()
        expect(line.get_by_role("status")).to_have_text("Preparing the file (JSON).")
        with page.expect_event("requestfailed", lambda one: ".json" in one.url):
            if deed == "Escape":
                page.keyboard.press("Escape")
            else:
                line.get_by_role("button", name="Cancel").press("Enter")
        expect(line).to_have_count(0)
        expect(summary).to_be_focused()
    page.set_viewport_size({"width": 360, "height": 740})
    open_menu(page, "api.rate").locator('[data-export="json"]').click()
    expect_no_overflow(page, "a file on its way at 360 px")
    box = line.get_by_role("button").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    page.keyboard.press("Escape")


def test_a_live_ranges_file_is_named_after_it(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page, "api.now")
    download = export(page, "api.now", "csv")
    assert re.fullmatch(r"api\.now_\d{4}-\d\d-\d\dT\d{6}Z_\d{4}-\d\d-\d\dT\d{6}Z\.csv", download.suggested_filename)
    (row,) = csv.DictReader(io.StringIO(content(download).decode()))
    assert float(row["p50 [seconds]"]) == pytest.approx(0.05)
    assert float(row["requests [per second]"]) == pytest.approx(400 / 15)
