"""``python -m tests.bench [--quick]``: measures, prints the table, writes bench-results/; fails no run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from tests.bench import firstpage, throughput, watching, wire
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
    opened: int
    opened_slow: int


FULL = Pace(rounds=5, round_s=2.0, watching_s=30.0, crowds=(1, 100, 1_000), at_30_s=30.0, opened=5, opened_slow=3)
QUICK = Pace(rounds=3, round_s=0.8, watching_s=15.0, crowds=(100,), at_30_s=0.0, opened=1, opened_slow=0)


def main() -> None:
    """Runs everything and prints it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under 90 seconds, noisier, without the slowest rows")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    asked = parser.parse_args()
    begun = time.monotonic()
    rows = measure(QUICK if asked.quick else FULL, parts=asked.only or list(PARTS))
    seconds = time.monotonic() - begun
    path = save(rows, quick=asked.quick, seconds=seconds)
    print(f"\n{table(rows)}\n\n{seconds:.0f} s, written to {path}")


def measure(pace: Pace, *, parts: list[str]) -> list[Row]:
    """The rows of the wanted parts, all on one ground."""
    rows: list[Row] = []
    with ExitStack() as stack:
        made = stack.enter_context(ground(sessions=max(pace.crowds)))
        shown = firstpage.charts_shown(made)
        book = stack.enter_context(textbook(made, shown=shown))
        plain = stack.enter_context(bare(made, throughput.replies(made)))
        for name in parts:
            begun = time.monotonic()
            try:
                rows += PARTS[name](made, book, plain, pace, shown)
            except Exception as error:  # noqa: BLE001  a part that cannot be measured must not take the others with it
                print(f"{name} could not be measured: {type(error).__name__}: {error}", flush=True)
            print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    return rows


def _throughput(made: Ground, book: Reference, plain: Reference, pace: Pace, _shown: int) -> list[Row]:
    rows = throughput.rows(made, book, plain, rounds=pace.rounds, seconds=pace.round_s)
    return rows + throughput.server_time(made, seconds=2 * pace.round_s)


def _watching(made: Ground, _book: Reference, _plain: Reference, pace: Pace, _shown: int) -> list[Row]:
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


def _wire(made: Ground, _book: Reference, _plain: Reference, _pace: Pace, _shown: int) -> list[Row]:
    return wire.rows(made)


def _first_page(made: Ground, book: Reference, _plain: Reference, pace: Pace, shown: int) -> list[Row]:
    return firstpage.rows(made, book, shown=shown, runs=pace.opened, slow_runs=pace.opened_slow)


_LIMITS: dict[int, dict[str, Any]] = {100: {"p95_ms": 50, "cores": 0.25}, 1_000: {"p95_ms": 300, "cores": None}}

Part = Callable[[Ground, Reference, Reference, Pace, int], list[Row]]
PARTS: dict[str, Part] = {
    "throughput": _throughput,
    "wire": _wire,
    "watching": _watching,
    "first-page": _first_page,
}

if __name__ == "__main__":
    main()
