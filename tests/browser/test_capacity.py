"""The page on capacity over four weeks of its own: ranking, charts into the future, links, a phone, the keyboard."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.access import Role
from tests.browser.cards import axis_s, card, expect_live, graph
from tests.browser.conftest import OpenAs, sign_in
from tests.browser.scene import log_folder
from tests.browser.test_widths import HEIGHT, PHONE, expect_no_overflow
from tests.browser.watch import Watch
from tests.conftest import PrometheusWith
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples
from tests.stack import Web, add_accounts, start_web, web_settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAGE = "/capacity"
DAY, DAYS, SCRAPE_S, AHEAD_S = 86_400, 28, 240, 1_800
GIB = 1024**3
FULL_IN = 20
Open = Callable[..., Page]


def weeks(now: float) -> Samples:
    """A database that is full in twenty days, memory that stays as it is, most connections taken."""
    found, moments = Samples(), range(int(now) - DAYS * DAY - 8 * 3_600, int(now) + AHEAD_S, SCRAPE_S)
    growth = 3 * GIB / FULL_IN
    found.add("up", {"job": "api", "instance": "api-0"}, [(at, 1) for at in moments])
    found.add("process_resident_memory_bytes", {"job": "api", "instance": "api-0"}, [(at, GIB / 4) for at in moments])
    size = [(at, 7 * GIB + growth * (at - now) / DAY) for at in moments]
    found.add("pg_database_size_bytes", {"datname": "tamma"}, size)
    found.add("pg_up", {"job": "postgres"}, [(at, 1) for at in moments])
    found.add("pg_stat_activity_count", {"state": "idle"}, [(at, 91) for at in moments])
    return found.add("pg_settings_max_connections", {}, [(at, 100) for at in moments])


@pytest.fixture(scope="module")
def web(postgres_server: PostgresServer, prometheus_with: PrometheusWith, server_folder: Path) -> Iterator[Web]:
    prometheus = prometheus_with(weeks(time.time()))
    database = postgres_server.create()
    add_accounts(database)
    folder = server_folder / "capacity"
    settings = web_settings(folder, database=database, prometheus=prometheus.url, logs=log_folder(folder / "logs"))
    running = start_web(folder, settings)
    yield running
    running.stop()
    postgres_server.drop(database)
    prometheus.stop()


@pytest.fixture(scope="module")
def viewer(web: Web, browser: Browser) -> Iterator[BrowserContext]:
    """A browser in which a reader has signed in."""
    context = browser.new_context(base_url=web.url)
    page = context.new_page()
    page.goto("/login")
    sign_in(page, Role.READONLY.word)
    page.wait_for_url(f"{web.url}/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def look(web: Web, viewer: BrowserContext, watch: Watch, new_context: Callable[..., BrowserContext]) -> Open:
    """``look(path=PAGE, **options)``: a page of the reader's; options of a browser context make it a fresh one."""

    def start(path: str = PAGE, **options: Any) -> Page:
        state: Any = viewer.storage_state()
        page = new_context(base_url=web.url, storage_state=state, **options).new_page()
        watch.attach(page)
        page.goto(path)
        return page

    return start


def expect_foretold(page: Page) -> None:
    """The trends are there: the past that they rest on is read at leisure, and comes with a later tick."""
    expect(card(page, "capacity.ranking")).to_contain_text("full around", timeout=90_000)
    expect(card(page, "capacity.databasesize")).to_have_attribute("data-state", "live", timeout=90_000)


def test_what_runs_full_first_stands_first(look: Open) -> None:
    page = look()
    expect_foretold(page)
    verdict, ranking = card(page, "capacity.verdict"), card(page, "capacity.ranking")
    expect(verdict.get_by_role("link", name=re.compile("^Size of the database: full around"))).to_be_visible()
    expect(verdict.locator(".status-degraded")).to_be_visible()
    rows = ranking.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("Size of the database")
    expect(rows.nth(1)).to_contain_text("nearly full now; not growing")
    expect(rows.filter(has_text="Memory of api")).to_contain_text("25.0 %")
    expect(ranking).to_contain_text("Not measured: Memory of orchestrator")


def test_a_chart_looks_ahead_whatever_the_range(look: Open) -> None:
    page = look(f"{PAGE}?from=now-15m")
    expect_foretold(page)
    start, end = axis_s(page, "capacity.databasesize")
    now = time.time()
    assert now - 29 * DAY < start < now - 27 * DAY
    assert now + 29 * DAY < end < now + 31 * DAY
    assert graph(page, "capacity.databasesize").evaluate("graph => graph.layout.xaxis.fixedrange") is True
    names = graph(page, "capacity.databasesize").evaluate("graph => graph.data.map(one => one.name)")
    assert names == ["likely from", "likely", "trend", "used"]
    flag = graph(page, "capacity.databasesize").locator(".annotation-text", has_text="full around")
    expect(flag).to_be_visible()


def test_a_row_leads_to_its_chart_by_keyboard(look: Open) -> None:
    page = look(f"{PAGE}?from=now-15m")
    expect_foretold(page)
    link = card(page, "capacity.ranking").get_by_role("link", name="Size of the database")
    link.focus()
    page.keyboard.press("Enter")
    expect(card(page, "capacity.databasesize")).to_be_in_viewport()
    assert page.url.endswith("?from=now-15m#card-capacity-databasesize"), "the range stays"
    inside = "() => Boolean(document.activeElement.closest('[data-widget=\"capacity.databasesize\"]'))"
    assert page.evaluate(inside), "the next key is meant for the chart's card"
    expect(card(page, "capacity.databasesize")).to_have_attribute("data-state", "live")


def test_a_link_of_another_page_arrives_at_the_chart(look: Open) -> None:
    page = look("/database")
    expect_live(page, "database.status")
    card(page, "database.status").get_by_role("link", name="Size", exact=True).click()
    page.wait_for_url("**/capacity*#card-capacity-databasesize")
    expect(card(page, "capacity.databasesize")).to_be_in_viewport()


def test_the_database_page_says_what_is_taken(look: Open) -> None:
    page = look("/database")
    expect_live(page, "database.status", "database.concerns", "database.connections")
    status = card(page, "database.status")
    expect(status.get_by_role("link", name="91 of 100 connections taken")).to_be_visible()
    expect(status.locator(".status-degraded")).to_be_visible()
    card(page, "database.concerns").get_by_role("link", name="91 of 100 connections taken").click()
    expect(card(page, "database.connections")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(look: Open, scheme: str) -> None:
    for path in (PAGE, "/database"):
        page = look(path, viewport={"width": PHONE, "height": HEIGHT}, color_scheme=scheme)
        expect(page.locator("[data-widget]").first).to_have_attribute("data-state", "live")
        if path == PAGE:
            expect_foretold(page)
        expect_no_overflow(page, path)


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_every_role_opens_it_and_too_little_history_is_said(open_as: OpenAs, role: Role) -> None:
    """Two hours of a quiet platform: numbers of now, and no date made up."""
    page = open_as(role, PAGE)
    expect_live(page, "capacity.verdict", "capacity.ranking")
    expect(card(page, "capacity.verdict")).to_contain_text("nothing can be foretold yet")
    rows = card(page, "capacity.ranking").locator("tbody tr")
    expect(rows.filter(has_text="Memory of api")).to_contain_text(re.compile("not enough history|no history yet"))
    expect(card(page, "capacity.ranking")).not_to_contain_text("full around")
