"""What a test reads off a page: cards, their states, numbers and curves. By data attributes and roles, not by looks."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Download, Locator, Page, Request, Response, expect

from app.ui.card import mounting
from app.views.overview import KEYS
from app.widgets.registry import WIDGETS
from tests.browser.watch import Watch
from tests.servers.processes import wait_until

CALLBACKS = "/_dash-update-component"
MOMENT = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d"  # as a regular expression: the day stands with it where it is not today
WHOLE, NUDGE = "tick.n_intervals", "nudge.data"  # what makes a page ask: its own pace, or news


def card(page: Page, key: str) -> Locator:
    """The card of a widget."""
    return page.locator(f'[data-widget="{key}"]')


def expect_state(page: Page, key: str, state: str) -> None:
    """Waits until the card is in that state."""
    expect(card(page, key)).to_have_attribute("data-state", state)


def expect_live(page: Page, *keys: str) -> None:
    """Waits until the cards, by default all of the overview, are live."""
    for key in keys or KEYS:
        expect_state(page, key, "live")


def number(page: Page, key: str, label: str) -> Locator:
    """The number under a label of a card."""
    return card(page, key).locator("dt", has_text=re.compile(f"^{label}$")).locator("xpath=following-sibling::dd[1]")


def message(page: Page, key: str) -> Locator:
    """What a card says when something is amiss."""
    return card(page, key).locator("[data-message]")


def graph(page: Page, key: str) -> Locator:
    """The chart of a card, once plotly has drawn it."""
    return card(page, key).locator(".js-plotly-plot")


def curves(page: Page, key: str) -> dict[str, list[float | None]]:
    """The drawn values of each curve by its name, in the unit of the axis."""
    script = "graph => Object.fromEntries(graph.data.map(one => [one.name, Array.from(one.y)]))"
    found: dict[str, list[float | None]] = graph(page, key).evaluate(script)
    return found


def axis_s(page: Page, key: str) -> tuple[float, float]:
    """Both ends of the time axis as drawn, in epoch seconds."""
    script = "graph => graph.layout.xaxis.range.map(end => Number(new Date(end)) / 1000)"
    start, end = graph(page, key).evaluate(script)
    return start, end


def wait_for_axis(page: Page, key: str, seconds: float) -> None:
    """Waits until the chart's time axis is that long, but for the step that ranges are rounded to."""

    def fits() -> bool:
        start, end = axis_s(page, key)
        return abs((end - start) - seconds) <= 120

    wait_until(fits, what=f"{key} over {seconds:g} s")


def show(page: Page, part: str, key: str, prop: str, value: Any) -> None:
    """Puts a picture on the page as an answer to a tick does."""
    page.evaluate(
        "([id, props]) => window.dash_clientside.set_props(id, props)", [{"part": part, "key": key}, {prop: value}]
    )


def mount(page: Page, key: str, figure: Any) -> None:
    """Puts a chart's graph with its picture on the page, as the first answer for it does."""
    before, after = mounting(WIDGETS[key])
    show(page, "body", key, "children", json.loads(before + json.dumps(figure).encode() + after))


def preset(page: Page, length: str) -> Locator:
    """The button for a range that ends now."""
    return page.locator(f'[data-range="now-{length}"]')


def connection(page: Page) -> Locator:
    """The word on whether ticks come."""
    return page.locator("[data-connection]")


def expect_connection(page: Page, mode: str) -> None:
    """Waits until the page says that ticks come, rest or fail."""
    expect(connection(page)).to_have_attribute("data-connection", mode)


def is_tick(one: Request | Response) -> bool:
    """Whether it is a tick's question or answer."""
    request = one.request if isinstance(one, Response) else one
    return CALLBACKS in request.url and '"output":"pulse.data"' in (request.post_data or "")


def asked_because(watch: Watch, cause: str) -> int:
    """How often the page has asked so far for that cause, WHOLE or NUDGE."""
    return sum(is_tick(one) and f'"changedPropIds":["{cause}"]' in (one.post_data or "") for one in watch.requests)


def asked_for_all(watch: Watch) -> int:
    """How often the page has asked for all of its cards so far: at its own pace, or when news came as it was due."""
    news = [one for one in watch.requests if is_tick(one) and f'"changedPropIds":["{NUDGE}"]' in (one.post_data or "")]
    return asked_because(watch, WHOLE) + sum('"whole":true' in (one.post_data or "") for one in news)


def settled(page: Page, watch: Watch) -> bool:
    """Whether the newest tick was answered, and nothing is being worked out that the page would ask for again."""
    page.title()  # lets the answers in
    reply = [one for one in watch.requests if is_tick(one)][-1].response()
    return reply is not None and '"again":false' in reply.text()


def builds_a_page(one: Request) -> bool:
    """Whether it makes Dash build a page anew."""
    return CALLBACKS in one.url and "_pages_content" in (one.post_data or "")


def open_menu(page: Page, key: str) -> Locator:
    """Opens the card's menu; returns it."""
    menu = card(page, key).locator("details").first
    menu.locator("summary").click()
    return menu


def export(page: Page, key: str, form: str) -> Download:
    """What the card's menu saves."""
    menu = open_menu(page, key)
    with page.expect_download() as found:
        menu.locator(f'[data-export="{form}"]').click()
    return found.value


def api(page: Page, path: str) -> Any:
    """The ``data`` of an answer of the API to the person on the page."""
    reply = page.request.get(path)
    assert reply.ok, f"{path}: {reply.status} {reply.text()[:300]}"
    return reply.json()["data"]
