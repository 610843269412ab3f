"""The overview of a platform whose every number is known."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from app.sources.questions import Past
from app.views.overview import KEYS
from app.widgets.registry import WIDGETS
from tests.browser.cards import (
    CALLBACKS,
    MOMENT,
    builds_a_page,
    card,
    curves,
    expect_live,
    graph,
    is_tick,
    message,
    number,
)
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# Each scrape, every 15 s, adds 100 requests to each of the 4 instances that answer HTTP (workers do not): 400 / 15 s.
# Of each 100, 50 are within 0.05 s, 90 within 0.5 s, 96 within 1 s and 100 within 2 s. Within a bucket Prometheus
# interpolates: the 95th is 5/6 of the way from 0.5 to 1 s, the 99th 3/4 of the way from 1 to 2 s. 1 of 100 is a 503.
# The host uses 3.75 s of processor in 15 s, 2,000 of 8,000 MiB, 600 of 1,000 MiB, and 1 KiB/s in each direction.
NUMBERS = {
    "api.now": {"p50": "50.0 ms", "p95": "917 ms", "p99": "1.75 s", "Requests": "26.7/s"},
    "resources.host": {"CPU": "25.0%", "Memory": "25.0%", "Disk": "60.0%", "Network": "2.00 KiB/s"},
    "workflows.counts": {"Running": "2", "Completed": "3", "Failed": "1", "Success rate": "75.0%"},
    "status.overall": {"Active workflows": "4"},
}
INSTANCES = {"api": 2, "dashboard": 1, "orchestrator": 1, "workers": 3}
ANSWER_HTTP = ("api", "dashboard", "orchestrator")
# What each curve shows at every moment, in the unit of its axis.
CURVES = {
    "api.latency": {"p50": 0.05, "p95": 0.5 + 0.5 * 5 / 6, "p99": 1.75},
    "api.rate": {name: INSTANCES[name] * 100 / 15 for name in ANSWER_HTTP},
    "errors.rate": {"api": 2 * 2 * 4, "dashboard": 0, "orchestrator": 1 * 1 * 4, "workers": 3 * 3 * 4},  # 4 scrapes/min
    "errors.share": dict.fromkeys(ANSWER_HTTP, 1.0),  # percent
    "resources.cpu": {name: count * 0.1 for name, count in INSTANCES.items()},
    "resources.memory": {name: count * 100 for name, count in INSTANCES.items()},  # MiB
    "resources.disk": {name: count * 50 for name, count in INSTANCES.items()},  # MiB
    "resources.network": {name: count * 2 for name, count in INSTANCES.items()},  # KiB/s
}
# Everything started two days, five hours and thirty minutes before the tests did, which may take a while.
UPTIME = r"2d [56]h [0-5]?\dm"
USUAL = {key for key in KEYS if any(isinstance(one, Past) for one in WIDGETS[key].questions.values())}
NO_PAST = re.compile("^Not enough history")
# The page, 14 scripts, 2 styles, a font, the icons, 2 calls of Dash for its layout, the page's content, one tick, and
# the load time. The tab's icon is left out: Chromium asks for it as often as it likes.
MOST_REQUESTS = 24
TAB_ICON = "/assets/favicon.svg"
MOST_BYTES_OF_A_TICK = 60_000


@pytest.fixture(scope="module")
def overview(lasting: OpenAs) -> Page:
    page = lasting(Role.READONLY)
    expect_live(page)
    return page


def test_numbers_are_true(overview: Page) -> None:
    for key, numbers in NUMBERS.items():
        for label, text in numbers.items():
            expect(number(overview, key, label), f"{key} {label}").to_have_text(text)
    expect(number(overview, "status.overall", "Since the last start")).to_have_text(re.compile(UPTIME))


def test_the_status_is_true_and_leads_to_its_reason(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    overall = card(page, "status.overall")
    expect(overall.get_by_text("healthy", exact=True)).to_be_visible()
    overall.get_by_role("link", name="all 4 services answer").click()
    expect(page).to_have_url(re.compile(r"/services$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Services")


def test_services_are_true(overview: Page) -> None:
    services = card(overview, "services.health")
    for name, count in INSTANCES.items():
        row = services.get_by_role("row").filter(has=overview.get_by_role("cell", name=name, exact=True))
        cells = [text.strip() for text in row.get_by_role("cell").all_inner_texts()]
        assert cells[:3] == [name, "healthy", f"{count} of {count}"]
        assert re.fullmatch(UPTIME, cells[3])
        # Two hours are known; unknown time is said apart.
        assert cells[4].startswith("100.00 %")
        assert cells[5].startswith("100.00 %")
        assert "unknown" in cells[5]


def test_curves_are_true_at_every_moment(overview: Page) -> None:
    for key, expected in CURVES.items():
        drawn = curves(overview, key)
        assert set(drawn) == set(expected), key
        for name, value in expected.items():
            assert len(drawn[name]) == 241, "an hour in steps of 15 s, both ends included"
            assert drawn[name] == pytest.approx([value] * 241, rel=1e-3), f"{key} {name}"


def test_runs_that_ended_are_all_drawn(overview: Page) -> None:
    drawn = {name: sum(value or 0 for value in values) for name, values in curves(overview, "workflows.ended").items()}
    assert drawn == {"completed": 3, "failed": 1}


def test_every_card_says_how_old_it_is_and_what_range_it_shows(overview: Page) -> None:
    for key in KEYS:
        one = card(overview, key)
        expect(one).to_have_attribute("data-as-of", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"))
        expect(one.locator("[data-age]")).to_have_text(re.compile(r"^(live|\d+ (s|min))$"))
        expect(one.locator("[data-window]")).to_have_text(re.compile(rf"{MOMENT} to {MOMENT} UTC$"))
        # Two hours of history are too few to say what is usual, and the charts that would say it say that.
        expect(one.locator("[data-message]")).to_have_text(NO_PAST if key in USUAL else "")


def test_charts_fill_their_cards(overview: Page) -> None:
    for key in CURVES:
        box, outer = graph(overview, key).bounding_box(), card(overview, key).bounding_box()
        assert box is not None
        assert outer is not None
        assert box["height"] >= 150
        assert outer["width"] * 0.8 <= box["width"] <= outer["width"]


def test_a_first_load_asks_for_little_and_nothing_from_elsewhere(
    overview: Page, open_as: OpenAs, watch: Watch, scene: Scene
) -> None:
    for key in USUAL:  # nobody waits for the past: whoever asks first asks twice
        expect(message(overview, key)).to_have_text(NO_PAST)
    page = open_as(Role.READONLY, "about:blank")
    with page.expect_response("**/api/dashboard/load-time"):  # the last that a load asks
        page.goto("/overview")
    expect_live(page)
    calls = watch.answered(CALLBACKS)
    assert [one.status for one in calls] == [200, 200], "the page's content and one tick; nothing answers 204"
    assert builds_a_page(calls[0].request)
    assert is_tick(calls[1])
    asked = [one.url for one in watch.requests if not one.url.endswith(TAB_ICON)]
    assert len(asked) <= MOST_REQUESTS, "\n".join(asked)
    assert calls[1].request.sizes()["responseBodySize"] <= MOST_BYTES_OF_A_TICK
    assert not [one.url for one in watch.requests if not one.url.startswith((scene.url, "data:", "blob:"))]
