"""One look: colours by name, no more than five ticks, nothing that loads or links."""

from __future__ import annotations

import json

from app.figures import theme
from app.health.services import SERVICES


def test_every_service_has_a_colour_of_its_own() -> None:
    assert set(theme.SERVICE) == set(SERVICES)
    assert len(set(theme.SERVICE.values())) == len(SERVICES)


def test_unknown_names_take_colours_in_turn() -> None:
    assert [theme.colour("x", at) for at in range(len(theme.SERIES))] == list(theme.SERIES)
    assert theme.colour("x", len(theme.SERIES)) == theme.SERIES[0]


def test_the_layout_is_plain_data_and_starts_at_zero() -> None:
    layout = theme.layout(revision="r", suffix=" ms", start_ms=0, end_ms=1_000, top=None)
    assert json.loads(json.dumps(layout)) == layout
    assert layout["yaxis"]["rangemode"] == "tozero"
    assert layout["yaxis"]["nticks"] <= 5
