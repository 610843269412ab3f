"""Figures are plain data with the values they were given: gaps stay gaps, names are shown and never obeyed."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tests.sources.unhurried  # noqa: F401 - loads its profile
from app.figures.series import LONGEST_NAME, Line, time_series
from app.figures.units import Unit

TIMES = (1_000, 1_015, 1_030, 1_045)
PLOTLY = Path(__file__).parents[2] / "assets/vendor/plotly"


def figure(*values: float | None, name: str = "api", unit: Unit = Unit.PER_SECOND, stacked: bool = False):
    return time_series([Line(name, values)], TIMES, revision="key", unit=unit, stacked=stacked)


def shown(name: str) -> str:
    """What plotly.js makes of a name: it knows these entities, numbers, and no others."""
    entities = {"amp": "&", "lt": "<", "gt": ">", "nbsp": "\xa0"}
    return re.sub(r"&([a-z]+);", lambda found: entities.get(found[1], found[0]), name)


def test_points_stand_at_their_times() -> None:
    trace = figure(1.0, 2.0, 3.0, 4.0)["data"][0]
    assert [trace["x0"] + at * trace["dx"] for at in range(4)] == [one * 1_000 for one in TIMES]
    assert trace["y"] == [1.0, 2.0, 3.0, 4.0]


def test_gaps_stay_gaps() -> None:
    trace = figure(1.0, None, None, 4.0)["data"][0]
    assert trace["y"] == [1.0, None, None, 4.0]
    assert trace["connectgaps"] is False


def test_a_lonely_point_is_seen() -> None:
    assert figure(None, 5.0, None, None)["data"][0]["mode"] == "lines+markers"
    assert figure(5.0, None, 5.0, 5.0)["data"][0]["mode"] == "lines+markers"
    assert figure(5.0, 5.0, None, None)["data"][0]["mode"] == "lines"


@pytest.mark.parametrize("lines", [[], [Line("api", ())], [Line("api", (None,) * 4)]])
def test_nothing_can_be_drawn(lines: list[Line]) -> None:
    drawn = time_series(lines, TIMES if lines and lines[0].values else (), revision="key", unit=Unit.SECONDS)
    json.dumps(drawn, allow_nan=False)


def test_one_moment_can_be_drawn() -> None:
    drawn = time_series([Line("api", (2.0,))], (1_000,), revision="key", unit=Unit.COUNT)
    assert drawn["data"][0]["y"] == [2.0]
    assert drawn["data"][0]["mode"] == "lines+markers"


def test_zeros_have_an_axis_of_their_own() -> None:
    assert figure(0.0, 0.0, 0.0, None)["layout"]["yaxis"]["range"] == [0, 1.0]
    assert "range" not in figure(0.0, 0.1, 0.0, None)["layout"]["yaxis"]


@pytest.mark.parametrize(
    ("unit", "value", "drawn", "suffix"),
    [
        (Unit.SECONDS, 0.25, 250.0, " ms"),
        (Unit.SECONDS, 2.5, 2.5, " s"),
        (Unit.SHARE, 0.125, 12.5, "%"),
        (Unit.BYTES, 3 * 1024**2, 3.0, " MiB"),
        (Unit.BYTES_PER_SECOND, 2_048, 2.0, " KiB/s"),
        (Unit.PER_MINUTE, 7.0, 7.0, "/min"),
    ],
)
def test_values_and_axis_have_one_unit(unit: Unit, value: float, drawn: float, suffix: str) -> None:
    made = figure(value, 0.0, None, value, unit=unit)
    assert made["data"][0]["y"] == [drawn, 0.0, None, drawn]
    assert made["layout"]["yaxis"]["ticksuffix"] == suffix
    assert made["data"][0]["hovertemplate"].endswith(suffix)


def test_all_lines_share_the_scale_of_the_largest() -> None:
    lines = [Line("a", (0.5,) * 4), Line("b", (5.0,) * 4)]
    drawn = time_series(lines, TIMES, revision="key", unit=Unit.SECONDS)
    assert [trace["y"][0] for trace in drawn["data"]] == [0.5, 5.0]
    assert drawn["layout"]["yaxis"]["ticksuffix"] == " s"


NAMES = {
    "markup": '<img src=x onerror="alert(1)">',
    "a link": '<a href="javascript:alert(1)">api</a>',
    "quotes": "say \"hi\" to 'them'",
    "an entity": "&lt;b&gt;",
    "an ampersand": "a & b",
    "a template": "%{y} %{customdata}",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_shown_letter_by_letter_and_never_obeyed(name: str) -> None:
    trace = figure(1.0, 1.0, 1.0, 1.0, name=name)["data"][0]
    assert "<" not in trace["name"]
    assert ">" not in trace["name"]
    assert shown(trace["name"]) == name
    assert name not in trace["hovertemplate"]


def test_lines_and_tabs_in_a_name_are_spaces() -> None:
    assert figure(1.0, None, None, None, name="a\nb\r\n\tc")["data"][0]["name"] == "a b c"


def test_a_name_of_four_kilobytes_is_cut() -> None:
    name = figure(1.0, None, None, None, name="<&" * 2_048)["data"][0]["name"]
    assert len(html.unescape(name)) == LONGEST_NAME
    assert name.endswith("…")


def test_plotly_knows_no_entity_for_a_quote() -> None:
    """If it learns one, quotes may be escaped too; until then they would show as ``&quot;``."""
    (bundle,) = PLOTLY.glob("plotly-*.min.js")
    (known,) = re.findall(r"\{mu:[^}]*\}", bundle.read_text())
    assert "quot" not in known
    assert all(f"{entity}:" in known for entity in ("amp", "lt", "gt"))


@given(st.lists(st.none() | st.floats(0, 10**12, allow_subnormal=False), min_size=4, max_size=4), st.sampled_from(Unit))
def test_any_values_are_drawn_within_five_digits(values: list[float | None], unit: Unit) -> None:
    made = figure(*values, unit=unit)
    json.dumps(made, allow_nan=False)
    drawn = made["data"][0]["y"]
    assert [one is None for one in drawn] == [one is None for one in values]
    ratios = [one / value for one, value in zip(drawn, values, strict=True) if value]
    assert all(ratio == pytest.approx(ratios[0], rel=2e-4) for ratio in ratios)


def test_bars_are_stacked() -> None:
    drawn = figure(1.0, 0.0, 2.0, 0.0, stacked=True)
    assert drawn["data"][0]["type"] == "bar"
    assert drawn["layout"]["barmode"] == "stack"


def test_a_service_keeps_its_colour_wherever_it_stands() -> None:
    def colour_of(names: tuple[str, ...]) -> str:
        lines = [Line(name, (1.0,) * 4) for name in names]
        drawn = time_series(lines, TIMES, revision="key", unit=Unit.COUNT)
        return next(trace["line"]["color"] for trace in drawn["data"] if trace["name"] == "workers")

    assert colour_of(("workers",)) == colour_of(("api", "orchestrator", "workers")) == colour_of(("x", "workers"))


def test_the_zoom_is_kept_by_revision() -> None:
    assert figure(1.0, 1.0, 1.0, 1.0)["layout"]["uirevision"] == "key"


def test_the_axis_spans_the_range_and_not_the_data() -> None:
    assert figure(None, 1.0, None, None)["layout"]["xaxis"]["range"] == [1_000_000, 1_045_000]


@pytest.mark.parametrize(("value", "side"), [(0.5, "bottom"), (0.97, "top"), (1.0, "top"), (1.2, "bottom")])
def test_the_word_of_a_limit_gives_way_to_curves_close_above_it(value: float, side: str) -> None:
    times = (0, 60)
    figure = time_series([Line("a", (value, value))], times, revision="r", unit=Unit.SHARE, limits={"limit 95%": 0.95})
    (word,) = figure["layout"]["annotations"]
    assert (word["text"], word["y"], word["yanchor"]) == ("limit 95%", 95.0, side)
