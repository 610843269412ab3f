"""The explorer's chart over a real Prometheus: the series with the highest means, how many there are, the nothings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from app.access import Role
from app.drawing import Drawer
from app.drawn import Drawn, State
from app.figures.units import Unit
from app.sources.prometheus import Prometheus
from app.sources.windows import Window
from app.widgets.content import Table
from app.widgets.explore import ExploreChart, widget_for
from app.widgets.widget import BadArgument
from tests.conftest import ProxyTo
from tests.explore.conftest import END, HOSTILE, MANY, START
from tests.servers.ports import LOOPBACK
from tests.servers.prometheus import PrometheusServer

DrawerOf = Callable[[Prometheus], Drawer]
LATE = Window(END + 900, END + 1_500, 15, live=False, asked=("c", "d"))


@pytest.fixture
def drawer(explored: PrometheusServer, drawer_of: DrawerOf) -> Drawer:
    return drawer_of(Prometheus(explored.url))


def figure(drawn: Drawn) -> dict[str, Any]:
    assert drawn.state is State.LIVE, drawn
    found: dict[str, Any] = orjson.loads(drawn.payload)
    return found if "data" in found else found["props"]["figure"]


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def test_only_the_highest_are_shown_and_it_says_of_how_many(drawer: Drawer, window: Window) -> None:
    widget = widget_for("metric=many_total&top=20")
    assert sorted(names(drawer.table(widget, window))[1:]) == [f"{number:03d}" for number in range(MANY - 20, MANY)]
    shown = figure(drawer.draw(widget, window))
    assert len(shown["data"]) == 20
    assert shown["layout"]["meta"] == {"more": {"shown": 20, "total": MANY}}


def test_the_remark_counts_all_series_there_are(drawer: Drawer, window: Window) -> None:
    widget = widget_for("metric=many_total&top=3")
    assert drawer.draw(widget, window).message == f"3 of {MANY} series shown, those with the highest mean."
    few = widget_for("metric=many_total&top=3&where=number,re,00%5B12%5D")
    assert drawer.draw(few, window).message == "2 series."
    one = widget_for("metric=many_total&agg=sum")
    assert drawer.draw(one, window).message == "One series."
    assert "meta" not in figure(drawer.draw(few, window))["layout"]


def test_the_highest_are_so_by_their_mean_and_not_at_a_moment(drawer: Drawer, window: Window) -> None:
    table = drawer.table(widget_for("metric=peaks&top=3"), window)
    assert names(table)[1:] == ["steady-0", "steady-1", "steady-2"]
    assert {row[1:] for row in table.rows} == {(100, 101, 102)}


def test_a_counter_is_a_rate_and_a_gauge_is_itself(drawer: Drawer, window: Window) -> None:
    rated = drawer.table(widget_for("metric=many_total&where=number,eq,007"), window)
    assert rated.columns[1].unit is Unit.PER_SECOND
    assert [row[1] for row in rated.rows[20:]] == [pytest.approx(7)] * 21
    plain = drawer.table(widget_for("metric=many_total&kind=gauge&where=number,eq,007"), window)
    assert [row[1] for row in plain.rows] == [7 * 15 * at for at in range(41)]


def test_aggregations_come_out_as_by_hand(drawer: Drawer, window: Window) -> None:
    numbers = range(MANY)
    expected = {"sum": sum(numbers), "avg": sum(numbers) / MANY, "min": 0, "max": MANY - 1, "count": MANY}
    for word, value in expected.items():
        table = drawer.table(widget_for(f"metric=many_total&agg={word}"), window)
        assert table.rows[-1][1] == pytest.approx(value), word
        assert len(table.columns) == 2


def test_percentiles_are_interpolated_in_their_bucket(drawer: Drawer, window: Window) -> None:
    table = drawer.table(widget_for("metric=took_seconds_bucket&agg=p90&by=job"), window)
    assert table.columns[1].unit is Unit.SECONDS
    # Half of them took up to 0.1 s and nine in ten up to 1 s, where the 90th percentile then lies.
    assert table.rows[-1][1] == pytest.approx(1.0)
    median = drawer.table(widget_for("metric=took_seconds_bucket&agg=p50"), window)
    assert median.rows[-1][1] == pytest.approx(0.1)


def test_hostile_values_are_legends_as_text(drawer: Drawer, window: Window) -> None:
    widget = widget_for("metric=hostile&top=100")
    shown = figure(drawer.draw(widget, window))
    assert len(shown["data"]) == len(HOSTILE) + 1
    legends = [trace["name"] for trace in shown["data"]]
    assert len(set(legends)) == len(legends)
    assert not any("<b>" in name for name in legends)


@pytest.mark.parametrize(
    ("written", "state", "words"),
    [
        ("metric=no_such_metric", State.MISSING, "Prometheus has no series no_such_metric in this range."),
        ("metric=gone", State.MISSING, "Prometheus has no series gone in this range."),
        ("metric=hostile&where=text,eq,nobody", State.EMPTY, "No data in this range."),
        ("promql=no_such_metric", State.EMPTY, "No data in this range."),
        ("metric=hostile&where=text,re,(", State.FAILED, "error parsing regexp"),
        ("promql=sum(", State.FAILED, "parse error"),
        ("promql=1%2Bup)%20or%20(up", State.FAILED, "parse error"),
    ],
)
def test_each_nothing_has_its_word(
    drawer: Drawer,
    window: Window,
    written: str,
    state: State,
    words: str,
) -> None:
    drawn = drawer.draw(widget_for(written), window)
    assert (drawn.state, words in drawn.message) == (state, True), drawn


def test_a_metric_that_vanished_while_watching_is_missing_and_then_back(drawer: Drawer, window: Window) -> None:
    widget = widget_for("metric=hostile")
    assert drawer.draw(widget, window).state is State.LIVE
    assert drawer.draw(widget, LATE).state is State.MISSING
    assert drawer.draw(widget, window).state is State.LIVE


def test_raw_queries_are_cut_after_the_answer(drawer: Drawer, window: Window) -> None:
    widget = widget_for("promql=rate(many_total%5B%24rate%5D)&top=4")
    assert f"4 of {MANY} series shown, the highest of the first 200." in drawer.draw(widget, window).message
    assert len(drawer.table(widget, window).columns) == 5
    assert len(drawer.table(widget_for("promql=1%2B1"), window).rows) == 41


@pytest.mark.parametrize(
    ("mode", "words"), [("refuse", "cannot be reached"), ("hang", "no whole answer"), ("garbage", "not its API")]
)
def test_prometheus_away_is_said_on_the_card(
    explored: PrometheusServer,
    drawer_of: DrawerOf,
    proxy_to: ProxyTo,
    window: Window,
    mode: Any,
    words: str,
) -> None:
    proxy = proxy_to(LOOPBACK, explored.port)
    drawer = drawer_of(Prometheus(proxy.url, timeout_s=0.3))
    widget = widget_for("metric=hostile")
    assert drawer.draw(widget, window).state is State.LIVE
    proxy.switch(mode)
    drawn = drawer.draw(widget_for("metric=peaks"), window)
    assert drawn.state is State.FAILED
    assert words in drawn.message


def test_the_key_is_canonical_and_the_role_follows() -> None:
    one = widget_for("top=21&metric=up")
    assert isinstance(one, ExploreChart)
    assert one.key == "explore.chart:metric=up&top=21"
    assert widget_for(one.key.partition(":")[2]).key == one.key
    assert one.role is Role.DEVELOPER
    assert widget_for("metric=up").role is Role.READONLY
    assert widget_for("promql=up").role is Role.DEVELOPER
    with pytest.raises(BadArgument, match="allowed: metric, kind"):
        widget_for("metric=up&nonsense=1")


def test_compared_with_the_span_before_each_series_meets_itself(drawer: Drawer, window: Window) -> None:
    later = replace(window, start=START + 300, asked=("e", "f"), compare="previous")
    table = drawer.table(widget_for("metric=hostile&where=number,eq,3"), later)
    assert [column.name for column in table.columns] == ["time", "hostile", "hostile before"]
    assert {row[1] for row in table.rows} == {row[2] for row in table.rows} == {3}
    gone = drawer.table(widget_for("metric=hostile&where=number,eq,3"), replace(window, compare="previous"))
    assert {row[2] for row in gone.rows[:-1]} == {None}
