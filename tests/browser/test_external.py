"""External services in the browser: for every role, one of them alone, a name of nothing, one that goes, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.access import Role
from tests.browser.cards import card, curves, expect_live, expect_state, number
from tests.browser.conftest import sign_in
from tests.browser.scene import AHEAD_S, HOSTILE, log_folder, past_now
from tests.browser.test_widths import HEIGHT, PHONE, TABLET, expect_no_overflow
from tests.browser.watch import Watch
from tests.conftest import PrometheusWith
from tests.platform_history import scrapes
from tests.servers.postgres import PostgresServer
from tests.servers.samples import Samples
from tests.stack import Web, add_accounts, start_web, web_settings

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAGE = "/external?from=now-15m"
NO_SUCH = "No external service of that name. There are:"
PAST_S = 3_600
# Calls that each scrape adds: (label, name, how they ended) to their number.
CALLS = {
    ("provider", "anthropic_claude", "success"): 9,
    ("provider", "anthropic_claude", "failure"): 1,
    ("provider", "openai", "success"): 5,
    ("provider", HOSTILE, "success"): 1,
    ("platform", "github", "success"): 20,
}
METRICS = {
    "provider": ("tamma_ai_requests_total", "outcome", "tamma_ai_request_duration_seconds"),
    "platform": ("tamma_platform_api_calls_total", "status", "tamma_platform_api_latency_seconds"),
}
Open = Callable[..., Page]


@dataclass(frozen=True)
class Place:
    """A web process whose platform calls outside."""

    web: Web
    began: float


def called(now: float) -> Samples:
    """Even calls from an hour ago until half an hour ahead; one provider went half an hour ago."""
    samples = Samples()
    for (label, name, ended), each in CALLS.items():
        counter, ending, seconds = METRICS[label]
        moments = scrapes(int(now) - PAST_S, int(now) + AHEAD_S)
        labels = {"job": "workers", "instance": "workers-0", label: name}
        points = [(at, float(position * each)) for position, at in enumerate(moments)]
        samples.add(counter, labels | {ending: ended}, points, "counter")
        for le, share in (("1", 0.5), ("2", 1.0), ("+Inf", 1.0)):
            buckets = [(at, value * share) for at, value in points]
            samples.add(f"{seconds}_bucket", labels | {"le": le, "ended": ended}, buckets, "histogram")
    gone = {"job": "workers", "instance": "workers-0", "provider": "gone", "outcome": "success"}
    moments = scrapes(int(now) - PAST_S, int(now) - 1_800)
    return samples.add("tamma_ai_requests_total", gone, [(at, float(at)) for at in moments], "counter")


@pytest.fixture(scope="module")
def place(postgres_server: PostgresServer, prometheus_with: PrometheusWith, server_folder: Path) -> Iterator[Place]:
    now = past_now()
    prometheus, database = prometheus_with(called(now)), postgres_server.create()
    add_accounts(database)
    folder = server_folder / "external"
    logs = log_folder(folder / "logs")
    web = start_web(folder, web_settings(folder, database=database, prometheus=prometheus.url, logs=logs))
    yield Place(web, now)
    web.stop()
    postgres_server.drop(database)
    prometheus.stop()


@pytest.fixture
def opened(place: Place, watch: Watch, new_context: Callable[..., BrowserContext]) -> Open:
    """``opened(role, path, **options)``: a page of a fresh browser in which that role has signed in."""

    def start(role: Role, path: str = PAGE, **options: object) -> Page:
        page = new_context(base_url=place.web.url, **options).new_page()
        watch.attach(page)
        page.goto(f"/login?next={quote(path)}")
        sign_in(page, role.word)
        page.wait_for_url(lambda url: not urlsplit(url).path.startswith("/login"))
        if urlsplit(page.url).path != urlsplit(path).path:
            page.goto(path)
        return page

    return start


@pytest.mark.parametrize("role", Role, ids=lambda role: role.word)
def test_every_role_sees_the_worst_first(opened: Open, role: Role) -> None:
    page = opened(role)
    expect_live(page, "external.worst:", "external.now:", "external.aisuccess:", "external.gitlatency:")
    expect(card(page, "external.worst:").get_by_text("degraded", exact=True)).to_be_visible()
    worst = card(page, "external.worst:").get_by_role("link", name="anthropic_claude: 10.0% of calls fail (limit 5%)")
    expect(worst).to_be_visible()
    expect(number(page, "external.worst:", "AI providers")).to_contain_text("2 of 3")
    expect(card(page, "external.now:").locator("tbody tr").first).to_contain_text("anthropic_claude")
    expect(card(page, "external.now:").locator("tbody tr").first).to_contain_text("90.0%")
    assert set(curves(page, "external.gitlatency:")) == {"github"}


def test_a_row_narrows_the_page_and_its_chip_widens_it_again(opened: Open) -> None:
    page = opened(Role.READONLY)
    expect_live(page, "external.now:")
    link = card(page, "external.now:").get_by_role("link", name="github")
    link.focus()
    page.keyboard.press("Enter")
    expect_live(page, "external.now:github", "external.gitsuccess:github")
    expect(card(page, "external.now:github").locator("tbody tr")).to_have_count(1)
    assert parse_qs(urlsplit(page.url).query) == {"name": ["github"], "from": ["now-15m"]}
    expect_state(page, "external.aisuccess:github", "missing")
    expect(card(page, "external.aisuccess:github")).to_be_hidden()
    expect(page.get_by_role("heading", name="AI providers", exact=True)).to_be_hidden()
    chip = page.get_by_role("group", name="Filters").get_by_role("link")
    chip.focus()
    page.keyboard.press("Enter")
    expect_live(page, "external.now:")
    expect(card(page, "external.now:").locator("tbody tr")).to_have_count(4)
    page.go_back()
    expect_live(page, "external.now:github")


def test_the_name_that_events_use_finds_the_same(opened: Open) -> None:
    page = opened(Role.READONLY, "/external?name=anthropic-claude&from=now-15m")
    expect_live(page, "external.now:anthropic-claude", "external.ailatency:anthropic-claude")
    expect(card(page, "external.now:anthropic-claude").locator("tbody tr")).to_contain_text("90.0%")
    assert "anthropic_claude" in curves(page, "external.ailatency:anthropic-claude")


def test_one_that_went_is_still_told_of(opened: Open) -> None:
    page = opened(Role.READONLY, "/external?from=now-1h")
    expect_live(page, "external.now:")
    row = card(page, "external.now:").locator("tbody tr", has_text="gone")
    expect(row).to_contain_text("unknown")
    expect(row).to_contain_text("measured earlier in this range, and no longer")


@pytest.mark.parametrize("name", ["nobody", "<img src=x onerror=alert(1)>", 'a"}) or up #'])
def test_a_name_of_nothing_is_answered_with_what_there_is(opened: Open, name: str) -> None:
    page = opened(Role.READONLY, f"/external?name={quote(name, safe='')}")
    expect(page.get_by_text(NO_SUCH)).to_be_visible()
    expect(page.locator("[data-widget]:visible")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Where you are")).to_contain_text(name)
    page.get_by_role("main").get_by_role("link", name="openai").click()
    expect_live(page, "external.now:openai")


def test_a_hostile_provider_stays_text_and_has_its_page(opened: Open) -> None:
    page = opened(Role.READONLY)
    expect_live(page, "external.now:")
    card(page, "external.now:").get_by_role("link", name=re.compile("^<img")).click()
    expect(page.locator('[data-widget^="external.now:"]')).to_have_attribute("data-state", "live")
    expect(page.locator('[data-widget^="external.now:"] tbody tr')).to_have_count(1)
    expect(page.locator('[data-widget^="external.aisuccess:"]')).to_have_attribute("data-state", "live")
    expect(page).not_to_have_title(re.compile("pwned"))


def test_nothing_sticks_out_on_a_phone(opened: Open) -> None:
    page = opened(Role.OPERATOR, viewport={"width": PHONE, "height": HEIGHT})
    expect_live(page, "external.worst:", "external.now:", "external.ailatency:")
    for width in (PHONE, TABLET):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        expect_no_overflow(page, f"all of them at {width} px")
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    page.goto(f"/external?name={'x' * 300}")
    expect(page.get_by_text(NO_SUCH)).to_be_visible()
    expect_no_overflow(page, "a long name")
