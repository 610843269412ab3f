"""``python -m tests.bench [--quick]``: measures, prints the table, writes bench-results/; fails no run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.bench import browsing, firstpage, month, pages, sockets, throughput, watching, wire
from tests.bench.demo import demo
from tests.bench.ground import Ground, Reference, bare, ground, textbook
from tests.bench.results import Row, save, table


@dataclass(frozen=True)
class Pace:
    """How long each part may take; seconds of watching are a whole number of the pictures' slots."""

    rounds: int
    round_s: float
    watching_s: float
    crowds: tuple[int, ...]
    at_30_s: float
    lines: tuple[int, ...]
    opened: int
    opened_slow: int
    days: int
    ranges: int
    month_s: float
    visited: int
    pages_s: float
    refreshes: int
    events: int
    refreshes_s: float


FULL = Pace(
    rounds=5,
    round_s=2.0,
    watching_s=30.0,
    crowds=(1, 100, 1_000),
    at_30_s=30.0,
    lines=(1_000,),
    opened=5,
    opened_slow=3,
    days=30,
    ranges=5,
    month_s=75.0,
    visited=3,
    pages_s=120.0,
    refreshes=browsing.HOUR,
    events=20,
    refreshes_s=420.0,
)
QUICK = Pace(
    rounds=3,
    round_s=0.8,
    watching_s=15.0,
    crowds=(100,),
    at_30_s=0.0,
    lines=(100,),
    opened=1,
    opened_slow=0,
    days=3,
    ranges=3,
    month_s=25.0,
    visited=1,
    pages_s=100.0,
    refreshes=60,
    events=4,
    refreshes_s=60.0,
)


class Scene:
    """What is measured and what beside it; each is started when a part first asks for it."""

    def __init__(self, stack: ExitStack, pace: Pace) -> None:
        self._stack = stack
        self.pace = pace

    @cached_property
    def ground(self) -> Ground:
        """The product on a moving platform with an hour of history."""
        return self._stack.enter_context(ground(sessions=max(self.pace.crowds)))

    @cached_property
    def shown(self) -> int:
        """How many charts the overview shows on it."""
        return firstpage.charts_shown(self.ground)

    @cached_property
    def textbook(self) -> Reference:
        """The textbook page with as many."""
        return self._stack.enter_context(textbook(self.ground, shown=[self.shown]))

    @cached_property
    def bare(self) -> Reference:
        """The bare route."""
        return self._stack.enter_context(bare(self.ground, throughput.replies(self.ground)))

    @cached_property
    def demo(self) -> Ground:
        """The whole demo with days of history."""
        return self._stack.enter_context(demo(self.pace.days))


def main() -> None:
    """Runs everything and prints it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="noisier, without the slowest rows, and days for a month")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    asked = parser.parse_args()
    begun = time.monotonic()
    parts = [name for name in PARTS if name in (asked.only or PARTS)]
    rows = measure(QUICK if asked.quick else FULL, parts=parts)
    seconds = time.monotonic() - begun
    path = save(rows, quick=asked.quick, seconds=seconds)
    print(f"\n{table(rows)}\n\n{seconds:.0f} s, written to {path}")


def measure(pace: Pace, *, parts: list[str]) -> list[Row]:
    """The rows of the wanted parts."""
    rows: list[Row] = []
    with ExitStack() as stack:
        scene = Scene(stack, pace)
        for name in parts:
            begun = time.monotonic()
            try:
                rows += PARTS[name](scene)
            except Exception as error:  # noqa: BLE001  a part that cannot be measured must not take the others with it
                print(f"{name} could not be measured: {type(error).__name__}: {error}", flush=True)
            print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    return rows


def _throughput(scene: Scene) -> list[Row]:
    made, pace = scene.ground, scene.pace
    rows = throughput.rows(made, scene.textbook, scene.bare, rounds=pace.rounds, seconds=pace.round_s)
    return rows + throughput.server_time(made, seconds=2 * pace.round_s)


def _watching(scene: Scene) -> list[Row]:
    made, pace = scene.ground, scene.pace
    watched = [watching.watch(made, viewers, every_s=5, seconds=pace.watching_s) for viewers in pace.crowds]
    rows = [
        row for one in watched if one.viewers in _LIMITS for row in watching.crowd_rows(one, **_LIMITS[one.viewers])
    ]
    if pace.at_30_s:
        many = watching.watch(made, max(pace.crowds), every_s=30, seconds=pace.at_30_s)
        rows += watching.crowd_rows(many, p95_ms=100, cores=0.5)
    return [
        *rows,
        *watching.query_rows(watched),
        *(watching.hit_row(made, one) for one in watched if one.viewers == 100),
    ]


def _wire(scene: Scene) -> list[Row]:
    return wire.rows(scene.ground)


def _sockets(scene: Scene) -> list[Row]:
    return [row for count in scene.pace.lines for row in sockets.rows(scene.ground, sockets=count)]


def _first_page(scene: Scene) -> list[Row]:
    pace = scene.pace
    return firstpage.rows(scene.ground, scene.textbook, shown=scene.shown, runs=pace.opened, slow_runs=pace.opened_slow)


def _month(scene: Scene) -> list[Row]:
    pace = scene.pace
    return month.rows(scene.demo, days=pace.days, rounds=pace.ranges, limit_s=pace.month_s)


def _pages(scene: Scene) -> list[Row]:
    return pages.rows(scene.demo, runs=scene.pace.visited, limit_s=scene.pace.pages_s)


def _browser(scene: Scene) -> list[Row]:
    pace = scene.pace
    return browsing.rows(refreshes=pace.refreshes, events=pace.events, limit_s=pace.refreshes_s)


_LIMITS: dict[int, dict[str, Any]] = {100: {"p95_ms": 50, "cores": 0.25}, 1_000: {"p95_ms": 300, "cores": None}}

PARTS: dict[str, Callable[[Scene], list[Row]]] = {
    "throughput": _throughput,
    "wire": _wire,
    "watching": _watching,
    "sockets": _sockets,
    "first-page": _first_page,
    "month": _month,
    "pages": _pages,
    "browser": _browser,
}

if __name__ == "__main__":
    main()
