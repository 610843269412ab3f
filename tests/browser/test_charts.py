"""Charts in the browser: time zone, tooltip and crosshair, hold, legend, drag; and what a moving pointer costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from app.access import Role
from app.figures.series import Line, Usual, time_series
from app.figures.units import Unit
from tests.browser.cards import (
    axis_s,
    card,
    curves,
    expect_live,
    graph,
    is_tick,
    preset,
    show,
    wait_for_axis,
)
from tests.browser.conftest import OpenAs
from tests.servers.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
KEY, OTHER = "api.rate", "api.latency"
BERLIN = ZoneInfo("Europe/Berlin")
HOUR_S = 3_600
# The clock goes back at 03:00 and forward at 02:00 Berlin time, at 01:00 UTC each.
LONG_DAY = int(datetime(2026, 10, 25, tzinfo=BERLIN).timestamp())
SHORT_DAY = int(datetime(2026, 3, 29, tzinfo=BERLIN).timestamp())


def figure_of(
    lines: dict[str, Sequence[float | None]], start: int, step: int = 60, unit: Unit = Unit.PER_SECOND
) -> Any:
    """A figure of curves by name, the first value at ``start`` (epoch seconds)."""
    count = len(next(iter(lines.values())))
    times = range(start, start + count * step, step)
    return time_series([Line(name, tuple(values)) for name, values in lines.items()], times, revision=KEY, unit=unit)


def put(page: Page, figure: dict[str, Any], key: str = KEY) -> None:
    """Draws a figure as an answer to a tick does, the pointer away, which would hold it; returns once it is drawn."""
    page.mouse.move(5, 5)
    show(page, "figure", key, "figure", figure)
    start = figure["layout"]["xaxis"]["range"][0] / 1_000
    values = {one["name"]: one["y"] for one in figure["data"]}
    wait_until(lambda: axis_s(page, key)[0] == start and curves(page, key) == values, what="the figure")
    expect(graph(page, key)).not_to_have_class(re.compile("dash-graph--pending"))


def ticks(page: Page, key: str = KEY) -> dict[int, str]:
    """The labels on the time axis by their moment in epoch seconds, once what is asked for is what is drawn."""
    script = """graph => [graph._fullLayout.xaxis.tickvals, graph._fullLayout.xaxis.ticktext,
        [...graph.querySelectorAll(".xtick text")].map(one => one.textContent)]"""

    def drawn() -> tuple[list[str], list[str]] | None:
        moments, asked, shown = graph(page, key).evaluate(script)
        return (moments, asked) if shown == asked else None

    moments, texts = wait_until(drawn, what="the labels that are asked for")
    return dict(zip((int(datetime.fromisoformat(one).timestamp()) for one in moments), texts, strict=True))


def place(page: Page, key: str, moment_s: float) -> tuple[float, float]:
    """Where in the window a moment is, on the upper part of a chart."""
    script = """(graph, ms) => {
        const box = graph.getBoundingClientRect(), axis = graph._fullLayout.xaxis;
        return [box.left + axis._offset + axis.d2p(new Date(ms).toISOString()), box.top + 40];
    }"""
    graph(page, key).scroll_into_view_if_needed()
    x, y = graph(page, key).evaluate(script, moment_s * 1_000)
    return x, y


def point(page: Page, key: str, moment_s: float) -> None:
    """Moves the mouse to a moment of a chart."""
    page.mouse.move(*place(page, key, moment_s))


def tip(page: Page) -> Locator:
    """The tooltip."""
    return page.locator(".chart-tip")


def rows(page: Page) -> list[tuple[str, str]]:
    """The tooltip's series and values, from the top."""
    names, values = (tip(page).locator(f".tip-{part}").all_text_contents() for part in ("name", "value"))
    return list(zip(names, values, strict=True))


@pytest.fixture(scope="module")
def still(lasting: OpenAs) -> Page:
    """A page that does not refresh, for tests that draw their own figures."""
    page = lasting(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    return page


@pytest.fixture
def berlin(open_as: OpenAs) -> Page:
    page = open_as(Role.READONLY, "/overview?refresh=0", timezone_id="Europe/Berlin")
    expect_live(page)
    return page


def test_ticks_are_round_times_of_the_browsers_zone(berlin: Page) -> None:
    found = ticks(berlin)
    assert 2 <= len(found) <= 6
    for moment, text in found.items():
        clock = datetime.fromtimestamp(moment, BERLIN)
        assert text == (clock.strftime("%H:%M") if clock.hour or clock.minute else f"{clock:%a} {clock.day}")
        assert clock.minute % 5 == 0
    start, end = axis_s(berlin, KEY)
    assert start <= min(found) < max(found) <= end


def test_an_hour_that_comes_twice_is_told_apart(berlin: Page) -> None:
    put(berlin, figure_of({"a": [1.0] * 301}, LONG_DAY + HOUR_S))
    found = ticks(berlin)
    assert list(found.values()) == ["01:00", "02:00 +02", "02:00 +01", "03:00", "04:00", "05:00"]
    moments = list(found)
    assert {later - earlier for earlier, later in pairwise(moments)} == {HOUR_S}
    script = "graph => graph._fullLayout.xaxis.tickvals.map(text => graph._fullLayout.xaxis.d2p(text))"
    places = graph(berlin, KEY).evaluate(script)
    gaps = [later - earlier for earlier, later in pairwise(places)]
    assert gaps == pytest.approx([gaps[0]] * 5, abs=0.1), "each hour is as wide as the next"
    point(berlin, KEY, LONG_DAY + 2 * HOUR_S + 1_800)
    expect(tip(berlin)).to_contain_text("Sun 25 Oct 02:30:00 UTC+02:00")
    point(berlin, KEY, LONG_DAY + 3 * HOUR_S + 1_800)
    expect(tip(berlin)).to_contain_text("Sun 25 Oct 02:30:00 UTC+01:00")


def test_an_hour_that_is_left_out_leaves_no_gap(berlin: Page) -> None:
    put(berlin, figure_of({"a": [1.0] * 301}, SHORT_DAY))
    assert list(ticks(berlin).values()) == ["Sun 29", "01:00", "03:00", "04:00", "05:00", "06:00"]


def test_days_of_any_length_begin_at_midnight(berlin: Page) -> None:
    for day in (LONG_DAY, SHORT_DAY):
        put(berlin, figure_of({"a": [1.0] * (6 * 24 + 1)}, day - 2 * 86_400, step=HOUR_S))
        for moment, text in ticks(berlin).items():
            clock = datetime.fromtimestamp(moment, BERLIN)
            assert (clock.hour, clock.minute) == (0, 0)
            assert text == f"{clock:%a} {clock.day}"


def test_values_stand_at_their_true_moments_in_any_zone(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0", timezone_id="America/New_York")
    expect_live(page)
    start = int(datetime(2026, 11, 1, 4, tzinfo=ZoneInfo("UTC")).timestamp())  # the clock goes back at 06:00 UTC
    put(page, figure_of({"a": [float(at) for at in range(240)]}, start))
    for minute in (1, 60, 119, 121, 180, 238):
        point(page, KEY, start + minute * 60)
        clock = datetime.fromtimestamp(start + minute * 60, ZoneInfo("America/New_York"))
        expect(tip(page)).to_contain_text(f"{clock:%H:%M:%S} UTC{clock.isoformat()[-6:]}")
        assert rows(page) == [("a", f"{minute}/s")]


def test_a_chosen_zone_is_every_charts(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    page.evaluate("""() => {
        const before = window.tammaRange;
        window.tammaRange = () => Object.assign({}, before(), { zone: "Asia/Kathmandu" });
    }""")
    kathmandu = ZoneInfo("Asia/Kathmandu")
    for key in (KEY, OTHER):
        put(page, figure_of({"a": [float(at) for at in range(240)]}, LONG_DAY), key)

    def minutes(key: str) -> set[int]:
        moments = graph(page, key).evaluate("graph => graph._fullLayout.xaxis.tickvals")
        return {datetime.fromisoformat(text).astimezone(kathmandu).minute % 10 for text in moments}

    for key in (KEY, OTHER):
        wait_until(lambda one=key: minutes(one) == {0}, what="round times of a zone that is a quarter of an hour off")
        for moment, text in ticks(page, key).items():
            clock = datetime.fromtimestamp(moment, kathmandu)
            assert text in {f"{clock:%H:%M}", f"{clock:%a} {clock.day}"}


def test_an_unknown_zone_is_the_browsers(still: Page) -> None:
    assert still.evaluate("""() => {
        const before = window.tammaRange;
        window.tammaRange = () => Object.assign({}, before(), { zone: "Mars/Olympus" });
        const zone = window.tammaCharts.time.zone();
        window.tammaRange = before;
        return zone;
    }""") == still.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")


def test_a_narrow_chart_has_fewer_ticks(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0", viewport={"width": 1_400, "height": 900})
    expect_live(page)
    wide = len(ticks(page))
    page.set_viewport_size({"width": 360, "height": 740})
    wait_until(lambda: len(ticks(page)) < wide, what="fewer ticks")
    page.set_viewport_size({"width": 1_400, "height": 900})
    wait_until(lambda: len(ticks(page)) == wide, what="all ticks again")


def test_the_tooltip_sorts_by_value_and_says_what_is_unknown(still: Page) -> None:
    values = {"small": 0.5, "large": 12_345.6, "unknown": None, "zero": 0.0}
    put(still, figure_of({name: [value] * 60 for name, value in values.items()}, LONG_DAY))
    point(still, KEY, LONG_DAY + 1_800)
    expect(tip(still)).to_be_visible()
    assert rows(still) == [("large", "12,346/s"), ("small", "0.5/s"), ("zero", "0/s"), ("unknown", "–")]
    expect(tip(still)).to_contain_text("Oct")
    expect(tip(still)).to_contain_text(re.compile(r"(ago|in \d+ days)"))
    still.mouse.move(5, 5)
    expect(tip(still)).to_be_hidden()


def test_the_tooltip_ends_with_how_many_more_there_are(still: Page) -> None:
    put(still, figure_of({f"series {at}": [float(at)] * 60 for at in range(20)}, LONG_DAY))
    point(still, KEY, LONG_DAY + 1_800)
    expect(tip(still)).to_contain_text("and 8 more")
    assert [name for name, _ in rows(still)] == [f"series {at}" for at in range(19, 7, -1)]


def test_the_tooltip_says_what_is_usual_and_what_was_before(still: Page) -> None:
    usual = Usual(low=(0.18,) * 60, high=(0.24,) * 60, marked=(30,))
    lines = [Line("p95", (0.3,) * 60, usual=usual, before=(0.25,) * 60), Line("p50", (0.1,) * 60)]
    times = range(LONG_DAY, LONG_DAY + 3_600, 60)
    put(still, time_series(lines, times, revision=KEY, unit=Unit.SECONDS))
    point(still, KEY, LONG_DAY + 1_800)
    expect(tip(still).locator(".tip-note")).to_have_text(["usual 180 to 240 ms, before 250 ms"])
    assert rows(still) == [("p95", "300 ms"), ("p50", "100 ms")]


def test_escape_and_scrolling_take_the_tooltip_away(still: Page) -> None:
    put(still, figure_of({"a": [1.0] * 60}, LONG_DAY))
    point(still, KEY, LONG_DAY + 1_800)
    expect(tip(still)).to_be_visible()
    still.keyboard.press("Escape")
    expect(tip(still)).to_be_hidden()
    point(still, KEY, LONG_DAY + 1_860)
    expect(tip(still)).to_be_visible()
    still.evaluate("window.scrollBy(0, 60)")
    expect(tip(still)).to_be_hidden()
    still.mouse.move(5, 5)


def test_the_crosshair_is_at_the_same_moment_on_every_chart(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    start, end = axis_s(page, KEY)
    moment = start + (end - start) * 0.4
    point(page, KEY, moment)
    expect(tip(page)).to_be_visible()
    script = """() => [...document.querySelectorAll(".js-plotly-plot")].filter(one => one.querySelector(".xtick"))
        .map(graph => {
            const line = graph.querySelector(".chart-line"), axis = graph._fullLayout.xaxis;
            const px = line.getBoundingClientRect().left - graph.getBoundingClientRect().left - axis._offset;
            return [getComputedStyle(line).display, axis.p2l(px) / 1000];
        })"""
    lines = page.evaluate(script)
    assert len(lines) >= 8
    for display, at in lines:
        assert display == "block"
        assert at == pytest.approx(moment, abs=20)  # the next sample, and half a pixel
    page.mouse.move(5, 5)
    expect(page.locator(".chart-line:visible")).to_have_count(0)


def test_arrow_keys_move_through_time_and_are_told(still: Page) -> None:
    put(still, figure_of({"a": [float(at) for at in range(60)], "b": [None] * 60}, LONG_DAY))
    chart = graph(still, KEY)
    expect(chart).to_have_accessible_name(re.compile("^API requests"))
    chart.focus()
    said = still.locator("[aria-live].chart-said")
    for key, value in {"ArrowLeft": 59, "Shift+ArrowLeft": 49, "ArrowRight": 50, "Home": 0, "End": 59}.items():
        still.keyboard.press(key)
        expect(tip(still).locator(".tip-value").first).to_have_text(f"{value}/s")
        expect(said).to_contain_text(f"a {value}/s, b no value")
    expect(still.locator(".chart-line:visible")).not_to_have_count(0)
    still.keyboard.press("Escape")
    expect(tip(still)).to_be_hidden()
    expect(chart).to_be_focused()
    still.keyboard.press("ArrowLeft")
    still.keyboard.press("Tab")
    expect(tip(still)).to_be_hidden()


def test_a_tap_shows_the_values_within_a_phones_window(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0", viewport={"width": 360, "height": 740}, has_touch=True)
    expect_live(page)
    put(page, figure_of({"a service of a rather long name " * 3: [1.0] * 60, "b": [2.0] * 60}, LONG_DAY))
    for minute in (1, 30, 58):
        x, y = place(page, KEY, LONG_DAY + minute * 60)
        page.touchscreen.tap(x, y)
        expect(tip(page)).to_contain_text("2/s")
        box = tip(page).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert 0 <= box["y"] <= box["y"] + box["height"] <= 740
    page.locator(".page-title").tap()
    expect(tip(page)).to_be_hidden()


def live_figure(page: Page, value: float) -> dict[str, Any]:
    """The next picture of the page's live hour."""
    return figure_of({"a": [value] * 241}, int(axis_s(page, KEY)[0]) + 15, step=15)


def drawn(page: Page) -> float | None:
    return next(iter(curves(page, KEY).values()))[0]


def test_a_chart_under_the_pointer_keeps_its_picture(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    put(page, live_figure(page, 1.0))
    point(page, KEY, axis_s(page, KEY)[0] + 600)
    expect(tip(page)).to_be_visible()
    chip = card(page, KEY).locator(".chart-held")
    expect(chip).to_be_hidden()
    for value in (2.0, 3.0):
        show(page, "figure", KEY, "figure", live_figure(page, value))
        expect(chip).to_have_text(re.compile(r"^held \d+ s$"))
    assert drawn(page) == 1.0
    show(page, "figure", OTHER, "figure", live_figure(page, 7.0))
    wait_until(lambda: next(iter(curves(page, OTHER).values()))[0] == 7.0, what="the other chart, which nobody reads")
    page.mouse.move(5, 5)
    wait_until(lambda: drawn(page) == 3.0, what="the newest picture that waited")
    expect(chip).to_be_hidden()


def test_a_chart_that_has_the_focus_keeps_its_picture(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    put(page, live_figure(page, 1.0))
    page.keyboard.press("Tab")
    graph(page, KEY).focus()
    show(page, "figure", KEY, "figure", live_figure(page, 2.0))
    expect(card(page, KEY).locator(".chart-held")).to_have_text(re.compile("held"))
    assert drawn(page) == 1.0
    page.keyboard.press("Tab")
    wait_until(lambda: drawn(page) == 2.0, what="the picture that waited")


def test_a_new_range_does_not_wait_for_the_pointer(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    point(page, KEY, axis_s(page, KEY)[0] + 600)
    expect(tip(page)).to_be_visible()
    preset(page, "6h").evaluate("button => button.click()")
    wait_for_axis(page, KEY, 6 * HOUR_S)
    preset(page, "15m").evaluate("button => button.click()")
    wait_for_axis(page, KEY, 900)


def test_no_chart_is_held_for_ever(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0", clock=True)
    expect_live(page)
    put(page, live_figure(page, 1.0))
    point(page, KEY, axis_s(page, KEY)[0] + 600)
    expect(tip(page)).to_be_visible()
    show(page, "figure", KEY, "figure", live_figure(page, 2.0))
    expect(card(page, KEY).locator(".chart-held")).to_have_text(re.compile("held"))
    page.clock.fast_forward(200_000)
    assert drawn(page) == 1.0
    page.clock.fast_forward(110_000)
    wait_until(lambda: drawn(page) == 2.0, what="the end of the hold")


def legend_item(page: Page, name: str) -> Locator:
    return graph(page, KEY).locator(".traces").filter(has_text=re.compile(f"^{name}$")).locator(".legendtoggle")


def shown(page: Page) -> set[str]:
    script = "graph => graph._fullData.filter(one => one.visible === true).map(one => one.name)"
    return set(graph(page, KEY).evaluate(script))


def test_the_legend_isolates_adds_and_restores(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    every = ("one", "two", "three")
    put(page, figure_of({name: [1.0] * 60 for name in every}, LONG_DAY))
    legend_item(page, "two").click()
    wait_until(lambda: shown(page) == {"two"}, what="one alone")
    legend_item(page, "three").click(modifiers=["ControlOrMeta"])
    wait_until(lambda: shown(page) == {"two", "three"}, what="another one")
    point(page, KEY, LONG_DAY + 1_800)
    expect(tip(page).locator(".tip-name")).to_have_text(["two", "three"], use_inner_text=False)
    put(page, figure_of({name: [2.0] * 60 for name in every}, LONG_DAY + 60))
    assert shown(page) == {"two", "three"}, "a choice outlives the picture it was made on"
    legend_item(page, "two").click(modifiers=["Shift"])
    wait_until(lambda: shown(page) == {"three"}, what="one taken away")
    legend_item(page, "three").click()
    wait_until(lambda: shown(page) == set(every), what="all again")
    legend_item(page, "one").click()
    wait_until(lambda: shown(page) == {"one"}, what="one alone")
    put(page, figure_of({"four": [1.0] * 60}, LONG_DAY + 120))
    assert shown(page) == {"four"}, "a choice of which nothing is left hides nothing"


def test_a_double_click_goes_back_out_of_a_drag(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY)
    expect_live(page)
    chart = graph(page, KEY)
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d{4}-.*Z&to=\d{4}-.*Z"))
    expect_live(page)
    wait_until(lambda: axis_s(page, OTHER)[1] - axis_s(page, OTHER)[0] < HOUR_S / 2, what="the zoom of all")
    page.mouse.dblclick(box["x"] + box["width"] * 0.5, box["y"] + 60)
    wait_for_axis(page, OTHER, HOUR_S)
    wait_for_axis(page, KEY, HOUR_S)


def test_a_drag_means_what_the_axis_says_in_every_zone(berlin: Page) -> None:
    start, end = axis_s(berlin, KEY)
    middle = start + (end - start) / 2
    left, y = place(berlin, KEY, middle - 300)
    right, _ = place(berlin, KEY, middle + 300)
    berlin.mouse.move(left, y)
    berlin.mouse.down()
    berlin.mouse.move(right, y, steps=4)
    berlin.mouse.up()
    expect(berlin).to_have_url(re.compile(r"from=\d{4}-.*Z&to=\d{4}-.*Z"))
    found = re.search(r"from=([^&]*Z)&to=([^&]*Z)", berlin.url.replace("%3A", ":"))
    assert found is not None
    for text, wanted in zip(found.groups(), (middle - 300, middle + 300), strict=True):
        assert datetime.fromisoformat(text).timestamp() == pytest.approx(wanted, abs=20)


def test_a_finger_drags_a_range(open_as: OpenAs) -> None:
    page = open_as(Role.READONLY, viewport={"width": 360, "height": 740}, has_touch=True)
    expect_live(page)
    start, end = axis_s(page, KEY)
    left, y = place(page, KEY, start + (end - start) * 0.4)
    right, _ = place(page, KEY, start + (end - start) * 0.7)
    wire = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", left), *(("touchMove", left + (right - left) * at / 4) for at in range(1, 5))):
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page).to_have_url(re.compile(r"from=\d{4}-.*Z&to=\d{4}-.*Z"))
    wait_until(lambda: axis_s(page, OTHER)[1] - axis_s(page, OTHER)[0] < HOUR_S / 2, what="the zoom of all")


def test_charts_without_a_time_axis_are_left_alone(still: Page) -> None:
    figure = {
        "data": [{"type": "heatmap", "x": ["Mon", "Tue"], "y": ["0", "1"], "z": [[1, 2], [3, 4]]}],
        "layout": {"xaxis": {"type": "category"}, "hovermode": "closest"},
    }
    show(still, "figure", OTHER, "figure", figure)
    chart = graph(still, OTHER)
    expect(chart.locator(".xtick text")).to_have_text(["Mon", "Tue"])
    expect(chart.locator(".chart-overlay")).to_have_count(0)
    assert chart.evaluate("graph => graph._fullLayout.xaxis.tickmode") == "auto"
    chart.hover()
    expect(tip(still)).to_be_hidden()
    put(still, figure_of({"a": [1.0] * 60}, LONG_DAY), OTHER)
    expect(chart.locator(".chart-overlay")).to_have_count(1)


def test_a_figure_is_drawn_without_being_changed(still: Page) -> None:
    figure = figure_of({"a": [1.0] * 60}, LONG_DAY)
    script = """figure => {
        const freeze = (one) => {
            if (!one || typeof one !== "object") return;
            Object.values(one).forEach(freeze);
            Object.freeze(one);
        };
        freeze(figure.layout);
        figure.data.forEach(Object.freeze);
        const place = document.createElement("div");
        document.body.append(place);
        return window.Plotly.newPlot(place, figure).then(() => {
            const shared = place.data[0].y === figure.data[0].y;
            window.Plotly.purge(place);
            place.remove();
            return shared;
        });
    }"""
    assert still.evaluate(script, figure) is True, "values are shared, not copied"


def test_what_a_moving_pointer_costs(open_as: OpenAs) -> None:
    """Prints it: 16 charts of 8 series; the budget is 4 ms a frame."""
    page = open_as(Role.READONLY, "/overview?refresh=0")
    expect_live(page)
    figure = figure_of({f"s{at}": [float(at)] * 241 for at in range(8)}, LONG_DAY)
    script = """figure => {
        const charts = () => document.querySelectorAll(".js-plotly-plot .xtick:first-child").length;
        const drawn = [];
        for (let at = document.querySelectorAll(".js-plotly-plot").length; at < 16; at += 1) {
            const place = document.createElement("div");
            place.style.height = "240px";
            document.querySelector(".page-content").append(place);
            drawn.push(window.Plotly.react(place, figure));
        }
        const ask = window.requestAnimationFrame;
        window.costs = [];
        window.requestAnimationFrame = (work) => ask((now) => {
            const start = performance.now();
            work(now);
            window.costs.push(performance.now() - start);
        });
        return Promise.all(drawn).then(() => window.tammaCharts.all().length);
    }"""
    assert page.evaluate(script, figure) == 16
    page.evaluate("figure => window.dash_clientside.set_props({part: 'figure', key: 'api.rate'}, {figure})", figure)
    wait_until(lambda: axis_s(page, KEY)[0] == LONG_DAY, what="the figure")
    for minute in range(5, 205, 2):
        point(page, KEY, LONG_DAY + minute * 60)
    costs = sorted(page.evaluate("window.costs"))
    assert len(costs) >= 20
    print(f"a frame of a moving pointer, 16 charts: median {costs[len(costs) // 2]:.2f} ms, most {costs[-1]:.2f} ms")


def test_charts_that_left_are_forgotten(open_as: OpenAs) -> None:
    page = open_as(Role.ADMIN)
    expect_live(page)
    point(page, KEY, axis_s(page, KEY)[0] + 600)
    expect(tip(page)).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard health").click()
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.mouse.move(5, 5)
    expect(tip(page)).to_be_hidden()
    assert page.evaluate("window.tammaCharts.all().length") == 0
    with page.expect_response(is_tick):
        page.go_back()
    expect_live(page)
    point(page, KEY, axis_s(page, KEY)[0] + 600)
    expect(tip(page)).to_be_visible()
