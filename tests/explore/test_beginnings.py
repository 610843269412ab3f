"""The explorations to start from can be asked by everybody, of a platform that has what they name."""

from __future__ import annotations

import pytest

from app.access import Role
from app.demo.simulation.layout import layout_of
from app.demo.simulation.plan import NAMES
from app.explore.asking import title
from app.explore.beginnings import BEGINNINGS, Beginning
from app.explore.text import parse, text

OF_EVERY_SCRAPE = {"job", "instance"}
SUFFIXES = ("_bucket", "_count", "_sum")


def labels_by_metric() -> dict[str, set[str]]:
    """What the simulated platform exposes."""
    metrics = [child.metric for name in NAMES for child in layout_of(name).children]
    return {one.name: {*one.labels, *OF_EVERY_SCRAPE} for one in metrics}


@pytest.mark.parametrize("one", BEGINNINGS, ids=lambda one: one.metric)
def test_a_beginning_is_canonical_and_for_everybody(one: Beginning) -> None:
    exploration = parse(one.text)
    assert text(exploration) == one.text
    assert exploration.role is Role.READONLY
    assert one.question.endswith("?")
    assert title(exploration)


def test_the_platform_has_what_they_name() -> None:
    exposed = labels_by_metric()
    ours = [parse(one.text) for one in BEGINNINGS if one.metric.startswith("tamma_")]
    assert len(ours) >= 5
    for exploration in ours:
        family = next(
            (exploration.metric.removesuffix(one) for one in SUFFIXES if exploration.metric.endswith(one)), ""
        )
        known = exposed.get(exploration.metric) or exposed[family]
        assert {*exploration.by, *(each.label for each in exploration.filters)} <= known, exploration


def test_no_two_are_the_same() -> None:
    assert len({one.text for one in BEGINNINGS}) == len({one.question for one in BEGINNINGS}) == len(BEGINNINGS)
