"""The page lives on by itself, and through outages of whatever is behind it."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app.access import Role
from app.views.overview import KEYS
from app.widgets.registry import WIDGETS
from tests.browser.cards import (
    CALLBACKS,
    axis_s,
    card,
    connection,
    curves,
    expect_connection,
    expect_live,
    expect_state,
    is_tick,
    message,
    number,
    preset,
)
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
FROM_EVENTS = ("workflows.counts", "workflows.ended")
FROM_PROMETHEUS = tuple(key for key in KEYS if key not in FROM_EVENTS)
CURVES = tuple(key for key in FROM_PROMETHEUS if WIDGETS[key].chart)
# Chromium's words for a request that nobody answers, and Dash's.
UNREACHABLE = ("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_FAILED", "did not respond")


def ticks(watch: Watch, cause: str) -> int:
    """How many ticks were asked because of that."""
    return sum(is_tick(one) and f'"changedPropIds":["{cause}"]' in (one.post_data or "") for one in watch.requests)


def settled(watch: Watch) -> bool:
    """Whether the newest tick was answered, and nothing is on its way any more."""
    reply = [one for one in watch.requests if is_tick(one)][-1].response()
    return reply is not None and '"again":false' in reply.text()


def test_each_beat_is_one_question(open_as: OpenAs, watch: Watch) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=15", clock=True)
    expect_live(page)
    expect_connection(page, "live")
    wait_until(lambda: page.title() and settled(watch), 30, what="a page on which nothing is being worked out")
    before, content = ticks(watch, "tick.n_intervals"), len(watch.asked(CALLBACKS))
    for beat in range(1, 4):
        with page.expect_response(
            lambda one: is_tick(one) and "tick.n_intervals" in (one.request.post_data or "")
        ) as answer:
            page.clock.fast_forward(15_000)
        assert answer.value.status == 200
        assert ticks(watch, "tick.n_intervals") == before + beat
    assert ticks(watch, "ask.data") == 1
    assert len(watch.asked(CALLBACKS)) == content + 3, "one for each beat"


def test_new_data_appears_by_itself(open_as: OpenAs, scene: Scene) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=5")
    expect_live(page)
    expect(number(page, "workflows.counts", "Running")).to_have_text("2")
    as_of = card(page, "api.rate").get_attribute("data-as-of") or ""
    end = axis_s(page, "api.rate")[1]
    run = str(uuid4())
    scene.sql(
        "insert into workflow_runs (id, issue_id, workflow_name, started_at, status)"
        " values (%s, '8', 'issue-to-merge', now(), 'running')",
        run,
    )
    try:
        expect(number(page, "workflows.counts", "Running")).to_have_text("3")
        # The next scrape of Prometheus: a later point at the end of the curve, at most 15 s and a beat away.
        expect(card(page, "api.rate")).not_to_have_attribute("data-as-of", as_of, timeout=25_000)
        wait_until(lambda: axis_s(page, "api.rate")[1] > end, what="a later point")
        assert curves(page, "api.rate")["api"][-1] == pytest.approx(200 / 15, rel=1e-3)
    finally:
        scene.sql("delete from workflow_runs where id = %s", run)


def test_the_page_recovers_when_the_web_process_comes_back(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    watch.expect(*UNREACHABLE)
    page = open_as(Role.READONLY, "/overview?refresh=5", clock=True)
    expect_live(page)
    expect_connection(page, "live")
    scene.web.stop()
    page.clock.fast_forward(20_000)
    expect_connection(page, "offline")
    expect(connection(page)).to_contain_text("offline")
    expect(number(page, "api.now", "p50")).to_have_text("50.0 ms")
    page.clock.fast_forward(60_000)
    expect_state(page, "workflows.counts", "stale")
    scene.web.start()
    expect_connection(page, "live")
    expect_live(page)
    expect(number(page, "api.now", "p50")).to_have_text("50.0 ms")


def test_a_page_at_rest_says_that_the_web_process_is_away_when_it_is_used(
    open_as: OpenAs, scene: Scene, watch: Watch
) -> None:
    watch.expect(*UNREACHABLE)
    page = open_as(Role.READONLY, "/overview?refresh=0", clock=True)
    expect_live(page)
    expect_connection(page, "paused")
    scene.web.stop()
    preset(page, "15m").click()
    page.clock.fast_forward(20_000)
    expect_connection(page, "offline")
    scene.web.start()
    preset(page, "6h").click()
    expect(number(page, "workflows.counts", "Completed")).to_have_text("5")
    expect_connection(page, "paused")


def test_cards_keep_their_curve_while_prometheus_refuses(open_as: OpenAs, scene: Scene) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=5")
    expect_live(page)
    refused = time.time()
    scene.prometheus.switch("refuse")
    for key in FROM_PROMETHEUS:
        expect(card(page, key)).to_have_attribute("data-state", "stale", timeout=30_000)
        expect(message(page, key)).to_have_text(re.compile(r"Prometheus .*\(since \d\d:\d\d:\d\d UTC, retrying\)"))
    expect_live(page, *FROM_EVENTS)
    for key in FROM_EVENTS:
        expect(message(page, key)).to_have_text("")
    expect(number(page, "api.now", "p50")).to_have_text("50.0 ms")
    assert curves(page, "api.latency")["p99"][-1] == pytest.approx(1.75, rel=1e-3)
    since = re.search(r"\d\d:\d\d:\d\d", message(page, "api.latency").inner_text())
    assert since is not None
    assert clock_s(since[0]) >= refused % 86_400 - 1
    # Who looks for the first time is told why there is nothing: there is no older picture of that range.
    other = open_as(Role.DEVELOPER, "/overview?from=now-2h&refresh=5")
    for key in FROM_PROMETHEUS:
        expect_state(other, key, "failed")
        expect(message(other, key)).to_contain_text("Prometheus cannot be reached (since ")
    expect_live(other, *FROM_EVENTS)
    expect(number(other, "api.now", "p50")).to_have_count(0)
    scene.prometheus.switch("pass")
    for one in (page, other):
        expect_live(one)
        for key in FROM_PROMETHEUS:
            expect(message(one, key)).to_have_text(re.compile("^$|^Not enough history"))


def test_cards_say_so_when_prometheus_hangs(open_as: OpenAs, scene: Scene) -> None:
    scene.prometheus.switch("hang")
    # Nobody has asked for three hours, so there is no older picture to fall back on.
    page = open_as(Role.READONLY, "/overview?from=now-3h&refresh=5")
    expect_live(page, *FROM_EVENTS)
    for key in CURVES:
        expect(message(page, key)).to_have_text(re.compile("is taking long|gave no answer within"))
        expect(card(page, key)).to_have_attribute("data-state", re.compile("loading|failed"))
    expect_connection(page, "live")
    scene.prometheus.switch("pass")
    expect_live(page)
    expect(number(page, "api.now", "p50")).to_have_text("50.0 ms")


def test_cards_grow_old_in_sight(open_as: OpenAs, watch: Watch) -> None:
    watch.expect(*UNREACHABLE)
    page = open_as(Role.READONLY, clock=True)
    expect_live(page)
    page.route(f"**{CALLBACKS}*", lambda route: route.abort())
    age = card(page, "workflows.counts").locator("[data-age]")
    expect(age).to_have_attribute("data-level", "live")
    page.clock.fast_forward(61_000)  # twice the refresh
    expect(age).to_have_attribute("data-level", "amber")
    expect_state(page, "workflows.counts", "live")
    page.clock.fast_forward(90_000)  # five times
    expect(age).to_have_attribute("data-level", "red")
    expect(age).to_have_text(re.compile(r"\d (s|min)$"))
    expect_state(page, "workflows.counts", "stale")


def test_ages_are_true_in_a_browser_whose_clock_is_wrong(open_as: OpenAs, scene: Scene) -> None:
    page = open_as(Role.READONLY, "/profile", clock=True)
    page.clock.install(time=time.time() + 5 * 3_600)
    page.goto("/overview")
    expect_live(page)
    for key in KEYS:
        expect(card(page, key).locator("[data-age]")).to_have_attribute("data-level", "live")


def clock_s(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3_600 + minutes * 60 + seconds
