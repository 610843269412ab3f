"""A world at a known hour, for the tests of the simulation."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np

from app.demo.simulation.activity import Activity
from app.demo.simulation.layout import layout_of
from app.demo.simulation.plan import NAMES
from app.demo.simulation.world import World

TUESDAY = datetime(2026, 11, 10, 13, 0, tzinfo=UTC).timestamp()
STEP_S = 15.0


def world_at_noon(seed: int = 11, *, settled: bool = True) -> World:
    """A world on a busy Tuesday; settled means that an hour of work is behind it."""
    world = World(seed=seed, now=TUESDAY)
    if settled:
        minutes(world, 60)
    return world


def minutes(world: World, number: float) -> Activity:
    """Move the world on by some minutes in steps of 15 seconds."""
    steps = int(number * 60 / STEP_S)
    return world.advance_over(world.now + STEP_S * np.arange(1, steps + 1))


def kinds(out: Activity) -> Counter[str]:
    """How many events of each type there are."""
    return Counter(event.kind for event in out.events)


def total(out: Activity, metric: str, **wanted: str) -> float:
    """The sum of a counter's increments over all instances and children whose labels are as wanted."""
    found = 0.0
    for child_instance, labels, column in children(metric):
        if all(labels.get(key) == value for key, value in wanted.items()):
            found += float(out.numbers[child_instance][:, column].sum())
    return found


def children(metric: str) -> list[tuple[str, dict[str, str], int]]:
    """Instance, labels and column of every child of a metric."""
    return [
        (name, dict(zip(child.metric.labels, child.values, strict=True)), child.column)
        for name in NAMES
        for child in layout_of(name).children
        if child.metric.name == metric
    ]
