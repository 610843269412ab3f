"""The figure of a resource's trend: its own time axis, band, limit and date."""

from __future__ import annotations

from typing import Any

from app.figures.trend import Course, Foretold, trend_chart
from app.figures.units import Unit

DAY = 86_400
START, END = 1_000 * DAY, 1_060 * DAY
GIB = 1024.0**3
PAST = Course(START, DAY, (1 * GIB, None, 3 * GIB))


def foretold(full: float | None) -> Foretold:
    curves = [Course(START, DAY, (part * GIB, part * 2 * GIB)) for part in (1.0, 0.5, 1.5)]
    return Foretold(*curves, full=full, full_words="full around <b>1 May")


def drawn(found: Foretold | None, limits: dict[str, float] | None = None) -> dict[str, Any]:
    wanted = {"limit 4 GiB": 4 * GIB} if limits is None else limits
    return trend_chart(PAST, found, revision="capacity.x", unit=Unit.BYTES, limits=wanted, end=END)


def test_values_and_limit_share_one_scale() -> None:
    figure = drawn(foretold(None))
    used = figure["data"][-1]
    assert (used["name"], used["x0"], used["dx"]) == ("used", START * 1_000, DAY * 1_000)
    assert used["y"] == [1, None, 3], "a gap stays a gap"
    assert used["hovertemplate"].endswith(" GiB")
    limit = figure["layout"]["shapes"][0]
    assert (limit["y0"], limit["y1"]) == (4, 4)
    assert figure["layout"]["annotations"][0]["text"] == "limit 4 GiB"


def test_the_axis_is_the_figures_own_and_reaches_into_the_future() -> None:
    layout = drawn(None)["layout"]
    assert layout["xaxis"]["range"] == [START * 1_000, END * 1_000]
    assert layout["xaxis"]["fixedrange"] is True, "a drag on it must not choose the page's range"
    assert layout["uirevision"] == "capacity.x"


def test_the_band_lies_between_its_edges_and_is_no_series() -> None:
    low, high, trend, used = drawn(foretold(None))["data"]
    assert (low["y"], high["y"], trend["y"]) == ([0.5, 1], [1.5, 3], [1, 2])
    assert high["fill"] == "tonexty"
    assert all(one["hoverinfo"] == "skip" for one in (low, high))
    assert trend["line"]["dash"] == "dash", "told from what was measured without colour"
    assert "dash" not in used["line"]
    assert [one["name"] for one in drawn(None)["data"]] == ["used"]


def test_the_date_is_marked_where_it_lies_on_the_axis() -> None:
    at = START + 40.5 * DAY
    layout = drawn(foretold(at))["layout"]
    mark = layout["shapes"][-1]
    assert (mark["x0"], mark["x1"], mark["yref"]) == (at * 1_000, at * 1_000, "paper")
    flag = layout["annotations"][-1]
    assert flag["x"] == at * 1_000
    assert flag["text"] == "full around &lt;b&gt;1 May", "texts are never markup"
    assert flag["xanchor"] == "right", "there is no room right of it"
    assert drawn(foretold(START + DAY))["layout"]["annotations"][-1]["xanchor"] == "left"


def test_a_date_beyond_the_axis_is_not_drawn() -> None:
    far = drawn(foretold(END + DAY))["layout"]
    assert len(far["annotations"]) == 1
    assert len(far["shapes"]) == len(drawn(foretold(None))["layout"]["shapes"])


def test_without_a_limit_or_a_value_there_is_still_an_axis() -> None:
    figure = trend_chart(Course(START, DAY, (None, None)), None, revision="x", unit=Unit.COUNT, limits={}, end=END)
    assert figure["layout"]["yaxis"]["range"] == [0, 1]
    assert figure["data"][0]["y"] == [None, None]
