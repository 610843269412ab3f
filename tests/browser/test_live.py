"""Live: what happens is on the page at once, without a tick's wait, and again after a connection was lost."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, WebSocket, expect

from app.access import Role
from tests.browser.cards import (
    CALLBACKS,
    NUDGE,
    asked_because,
    asked_for_all,
    connection,
    expect_connection,
    expect_live,
    is_tick,
    number,
    preset,
    settled,
)
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COUNTS = "workflows.counts"
SLOW = "/overview?refresh=60"  # no tick comes by itself while a test looks
CUT = (r"WebSocket connection to", r"ERR_CONNECTION_REFUSED", r"no answer", r"Callback failed")


def hide(page: Page, *, hidden: bool) -> None:
    """Tells the page that nobody sees it, or that somebody does."""
    script = """hidden => {
        const state = hidden ? "hidden" : "visible";
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(script, hidden)


def test_a_run_that_begins_is_counted_at_once_and_asks_for_its_cards_alone(
    open_as: OpenAs, scene: Scene, watch: Watch
) -> None:
    page = open_as(Role.READONLY, SLOW)
    expect_live(page)
    expect_connection(page, "live")
    expect(connection(page)).to_have_attribute("title", "Events and runs as they happen. Metrics every 60 s.")
    running = int(number(page, COUNTS, "Running").inner_text())
    asked = len(watch.requests)
    run = scene.begin_run()
    try:
        expect(number(page, COUNTS, "Running")).to_have_text(str(running + 1))
    finally:
        scene.end_run(run)
    (tick,) = [one for one in watch.requests[asked:] if is_tick(one)][:1]
    reply = tick.response()
    assert reply is not None
    assert '"changedPropIds":["nudge.data"]' in (tick.post_data or "")
    assert '"key":"api.rate"' not in reply.text().replace('\\"', '"'), "no chart comes with it"
    expect_live(page)


def test_a_fixed_range_is_left_alone(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    page = open_as(Role.READONLY, "/overview?from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z")
    expect_connection(page, "paused")
    wait_until(lambda: page.evaluate("window.tammaLive()") == "listening", what="the live connection")
    asked = len(watch.requests)
    scene.end_run(scene.begin_run())
    preset(page, "1h").click()
    expect_live(page, COUNTS)
    first = next(one for one in watch.requests[asked:] if is_tick(one))
    assert '"changedPropIds":["nudge.data"]' not in (first.post_data or "")


def test_it_comes_back_by_itself_and_catches_up(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    watch.expect(*CUT)
    page = open_as(Role.READONLY, SLOW)
    expect_live(page)
    expect_connection(page, "live")
    running = int(number(page, COUNTS, "Running").inner_text())
    scene.web.stop()
    expect_connection(page, "polling")
    run = scene.begin_run()
    try:
        scene.web.start()
        expect_connection(page, "live")
        expect(number(page, COUNTS, "Running")).to_have_text(str(running + 1))
    finally:
        scene.end_run(run)


@pytest.mark.parametrize("failure", ["connectionreset", 502])
def test_what_news_ask_for_is_asked_again_when_it_fails(
    open_as: OpenAs, scene: Scene, watch: Watch, failure: str | int
) -> None:
    watch.expect(r"ERR_CONNECTION_RESET", "502", r"no answer", r"Callback failed", r"Callback error")
    page = open_as(Role.READONLY, SLOW)
    expect_live(page)
    expect_connection(page, "live")
    wait_until(lambda: settled(page, watch), what="the last answer")
    failed: list[Route] = []

    def fail_once(route: Route) -> None:
        if failed or not is_tick(route.request):
            route.continue_()
            return
        failed.append(route)
        route.abort(failure) if isinstance(failure, str) else route.fulfill(status=failure)

    page.route(re.compile(CALLBACKS), fail_once)
    running = int(number(page, COUNTS, "Running").inner_text())
    run = scene.begin_run()
    try:
        expect(number(page, COUNTS, "Running")).to_have_text(str(running + 1))
    finally:
        scene.end_run(run)
    assert '"changedPropIds":["nudge.data"]' in (failed[0].request.post_data or "")


def test_a_tab_that_nobody_sees_asks_nothing_and_catches_up(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=5", clock=True)
    expect_live(page)
    expect_connection(page, "live")
    running = int(number(page, COUNTS, "Running").inner_text())
    hide(page, hidden=True)
    page.clock.run_for(40_000)
    wait_until(lambda: page.evaluate("window.tammaLive()") == "", what="the end of the connection")
    asked = len(watch.requests)
    run = scene.begin_run()
    try:
        page.clock.run_for(60_000)
        assert not [one for one in watch.requests[asked:] if is_tick(one)]
        hide(page, hidden=False)
        expect(number(page, COUNTS, "Running")).to_have_text(str(running + 1))
        expect_connection(page, "live")
    finally:
        scene.end_run(run)


def test_steady_news_do_not_stop_the_refresh_of_the_rest(open_as: OpenAs, scene: Scene, watch: Watch) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=5")
    expect_live(page)
    expect_connection(page, "live")
    before, nudged = asked_for_all(watch), asked_because(watch, NUDGE)

    def twice_more() -> bool:
        scene.end_run(scene.begin_run())
        return bool(page.title()) and asked_for_all(watch) >= before + 2

    wait_until(twice_more, 30, what="two refreshes of the whole page")
    assert asked_because(watch, NUDGE) > nudged


def test_a_page_is_told_of_what_its_cards_show_and_of_nothing_else(open_as: OpenAs, scene: Scene) -> None:
    """The overview's charts are marked with what happened; log files and single events it does not show."""
    frames: list[dict[str, Any]] = []
    page = open_as(Role.OPERATOR, "about:blank")

    def listen(line: WebSocket) -> None:
        line.on("framereceived", lambda told: frames.append(json.loads(told)))

    page.on("websocket", listen)
    page.goto(f"{scene.url}{SLOW}")
    expect_live(page)
    wait_until(lambda: bool(page.title()) and any(one["type"] == "subscribed" for one in frames), what="its topics")
    (asked,) = [one for one in frames if one["type"] == "subscribed"]
    assert set(asked["topics"]) == {"alerts", "status", "workflows"}
    assert asked["refused"] == []
    scene.end_run(scene.begin_run())
    scene.sql("insert into events (id, type, timestamp) values (%s, 'ALERT.FIRED', now())", str(uuid4()))
    wait_until(lambda: bool(page.title()) and "alerts" in {one.get("source") for one in frames}, what="news")
    assert {one["source"] for one in frames if one["type"] == "data-update"} == {"alerts", "workflows"}
