"""A list that somebody reads keeps its rows, says how many have come, and has them once its reader is done."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from tests.browser.cards import card, expect_connection, expect_live
from tests.browser.conftest import OpenAs
from tests.browser.scene import Scene
from tests.browser.watch import Watch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
FAILED = "workflows.failed"
SLOW = "/?refresh=60"  # no tick comes by itself while a test looks


class Failing:
    """Makes runs fail, and takes them back."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.runs: list[str] = []

    def fail(self, count: int) -> None:
        """So many more, in one statement."""
        new = [str(uuid4()) for _ in range(count)]
        self.runs += new
        self._scene.sql(
            "insert into workflow_runs (id, started_at, completed_at, status)"
            " select id, now() - interval '1 minute', now(), 'failed' from unnest(%s::text[]) id",
            new,
        )

    def undo(self) -> None:
        """As before."""
        self._scene.sql("delete from workflow_runs where id = any(%s)", self.runs)


@pytest.fixture
def failing(scene: Scene) -> Iterator[Failing]:
    """Failures that are gone after the test."""
    made = Failing(scene)
    made.fail(1)
    yield made
    made.undo()


def rows(page: Page) -> Locator:
    return card(page, FAILED).locator("tbody tr")


def run_on_top(page: Page) -> str:
    return rows(page).first.locator("td").nth(1).inner_text()


def pill(page: Page) -> Locator:
    return card(page, FAILED).locator("[data-held]")


def opened(open_as: OpenAs) -> tuple[Page, int]:
    """The operator's home, live, and how many rows the list has."""
    page = open_as(Role.OPERATOR, SLOW)
    expect_live(page, FAILED)
    expect_connection(page, "live")
    rows(page).first.wait_for()
    return page, rows(page).count()


def test_rows_wait_while_the_pointer_is_on_the_list(open_as: OpenAs, failing: Failing, watch: Watch) -> None:
    page, before = opened(open_as)
    top = run_on_top(page)
    rows(page).first.hover()
    failing.fail(2)
    expect(pill(page)).to_have_text("2 new")
    failing.fail(1)
    expect(pill(page)).to_have_text("3 new")
    assert run_on_top(page) == top
    expect(rows(page)).to_have_count(before)
    page.mouse.move(0, 0)
    expect(rows(page)).to_have_count(before + 3)
    expect(pill(page)).to_be_hidden()


def test_the_pill_shows_them_at_once(open_as: OpenAs, failing: Failing, watch: Watch) -> None:
    page, before = opened(open_as)
    rows(page).first.hover()
    failing.fail(1)
    expect(pill(page)).to_have_text("1 new")
    pill(page).press("Enter")
    expect(rows(page)).to_have_count(before + 1)
    expect(pill(page)).to_be_hidden()


def test_a_list_waits_for_who_reads_it_with_the_keyboard_or_selects(
    open_as: OpenAs, failing: Failing, watch: Watch
) -> None:
    page, before = opened(open_as)
    region = card(page, FAILED).get_by_role("region")
    region.focus()
    page.keyboard.press("ArrowRight")
    rows(page).first.locator("td").nth(1).select_text()
    failing.fail(1)
    expect(pill(page)).to_have_text("1 new")
    page.evaluate("document.getSelection().removeAllRanges()")
    page.evaluate("document.activeElement.blur()")
    expect(rows(page)).to_have_count(before + 1)


def test_another_range_does_not_wait(open_as: OpenAs, failing: Failing, watch: Watch) -> None:
    page, before = opened(open_as)
    rows(page).first.hover()
    failing.fail(1)
    expect(pill(page)).to_have_text("1 new")
    page.evaluate("window.tammaTime.choose({ from: 'now-3h', to: 'now' })")
    expect(rows(page)).to_have_count(before + 1)
    expect(pill(page)).to_be_hidden()
