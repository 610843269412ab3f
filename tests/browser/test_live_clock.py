"""Live in a browser whose clock is hours off: ages are right, news come, and it asks no more often."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from app.access import Role
from tests.browser.cards import (
    NUDGE,
    WHOLE,
    asked_because,
    card,
    connection,
    expect_connection,
    expect_live,
    number,
    settled,
)
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COUNTS = "workflows.counts"
HOUR_S = 3_600
REFRESH_S = 5


def put_clock(page: Page, off_s: int) -> None:
    """From now on the browser's clock is that far off; it goes on by itself."""
    page.clock.set_system_time(datetime.fromtimestamp(time.time() + off_s, UTC))


def tell(scene: Scene) -> None:
    """Says that runs have changed: that one was deleted is no news, here or in an earlier test."""
    scene.sql(
        "select pg_notify('tamma_dashboard', json_build_object("
        "'table', 'workflow_runs', 'at', extract(epoch from clock_timestamp()))::text)"
    )


def expect_news(page: Page, scene: Scene, watch: Watch) -> None:
    """A run that begins is on its card, asked for because of the news; and so is its end."""
    ((running,),) = scene.sql("select count(*) from workflow_runs where status = 'running'")
    tell(scene)
    expect(number(page, COUNTS, "Running")).to_have_text(str(running))
    before = asked_because(watch, NUDGE)
    run = scene.begin_run()
    try:
        expect(number(page, COUNTS, "Running")).to_have_text(str(running + 1))
        wait_until(lambda: page.title() and asked_because(watch, NUDGE) > before, what="a question because of news")
    finally:
        scene.end_run(run)
        tell(scene)
    expect(number(page, COUNTS, "Running")).to_have_text(str(running))


@pytest.mark.parametrize("off_s", [-5 * HOUR_S, 5 * HOUR_S])
def test_a_clock_that_is_hours_off_changes_nothing(open_as: OpenAs, scene: Scene, watch: Watch, off_s: int) -> None:
    page = open_as(Role.READONLY, "/login", viewport={"width": 1_280, "height": 900})
    put_clock(page, off_s)
    page.goto("/overview?refresh=60")  # no tick comes by itself while the test looks
    expect_live(page)
    expect_connection(page, "live")
    expect(connection(page)).to_have_text("live")
    chip = card(page, COUNTS).locator("[data-age]")
    expect(chip).to_have_attribute("data-level", "live")
    expect(chip).to_have_text(re.compile(r"^(live|\d+ ?s( ago)?)$"))  # of seconds, not of hours
    expect_news(page, scene, watch)
    expect_connection(page, "live")


@pytest.mark.parametrize("off_s", [-5 * HOUR_S, 5 * HOUR_S])
def test_a_clock_that_is_put_right_neither_stops_news_nor_makes_a_storm(
    open_as: OpenAs, scene: Scene, watch: Watch, off_s: int
) -> None:
    page = open_as(Role.READONLY, "/login", viewport={"width": 1_280, "height": 900})
    put_clock(page, off_s)
    page.goto(f"/overview?refresh={REFRESH_S}")
    expect_live(page)
    expect_news(page, scene, watch)
    put_clock(page, 0)
    expect_news(page, scene, watch)
    expect_connection(page, "live")
    wait_until(lambda: settled(page, watch), what="the last answer")  # until then it asks again by itself
    asked, begun = asked_because(watch, WHOLE), time.monotonic()
    wait_until(lambda: page.title() and asked_because(watch, WHOLE) >= asked + 3, 6 * REFRESH_S, what="more ticks")
    assert time.monotonic() - begun > 1.5 * REFRESH_S, "the pace of the page"
    expect_live(page)
