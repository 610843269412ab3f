"""Charts over long ranges that nobody has asked for: each chart's tick, and its queries straight to Prometheus."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.access import Role
from app.sources.questions import Told
from app.sources.windows import Window, read_window, step_for
from app.widgets.registry import FAMILIES, WIDGETS
from app.widgets.widget import Widget
from tests.bench.connection import Connection, Reply
from tests.bench.demo import wait_filled, waited
from tests.bench.ground import ENDPOINT, Ground, pulse_of, tick_body
from tests.bench.results import Row
from tests.bench.straight import Query, Straight
from tests.servers.ports import LOOPBACK

LIMIT_MS, MOST_RATIO = 300.0, 1.5
QUIET_S, STILL_S, WARM_S = 60.0, 1.5, 90.0
NAMED = 5


@dataclass
class Seen:
    """A chart's ticks and its queries straight to Prometheus, in ms, each over a range of its own."""

    key: str
    queries: int = 0
    ranged: int = 0
    recorded: int = 0
    ours_ms: list[float] = field(default_factory=list)
    straight_ms: list[float] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """Of the medians; None for a chart that asks Prometheus for no range, but for the moment at its end at most."""
        return median(self.ours_ms) / median(self.straight_ms) if self.ours_ms and self.ranged else None

    @property
    def details(self) -> dict[str, Any]:
        """For the JSON."""
        return {
            "ours_ms": [round(one, 1) for one in self.ours_ms],
            "straight_ms": [round(one, 1) for one in self.straight_ms],
            "ratio": self.ratio and round(self.ratio, 2),
            "queries": self.queries,
            "recorded": self.recorded,
            "states": sorted(set(self.states)),
        }


class Ranges:
    """Ranges of one length that end one step before each other, all within the history; none is given twice."""

    def __init__(self, days: int, count: int) -> None:
        self._now, self.step = time.time(), step_for(days * 86_400)
        self.seconds = days * 86_400 - (count + 2) * self.step
        assert step_for(self.seconds) == self.step, f"{count} ranges of a step do not fit into {days} days"
        self._left = iter(range(count))

    def another(self) -> tuple[str, str]:
        """The next range as one types it. Raises StopIteration when there is none left."""
        end = int(self._now) // self.step * self.step - next(self._left) * self.step
        return _iso(end - self.seconds), _iso(end)


def charts() -> list[Widget]:
    """Every chart of the product, with one example of each family."""
    examples = (family.of(family.examples[0]) for family in FAMILIES.values())
    return [one for one in (*WIDGETS.values(), *examples) if one.chart]


def rows(ground: Ground, *, days: int, rounds: int, limit_s: float) -> list[Row]:
    """The rows of uncached charts; ends after ``limit_s`` seconds with what was measured by then."""
    wait_filled(ground)
    ranges = Ranges(days, 2 * rounds + 1)
    seen = {one.key: Seen(one.key) for one in charts()}
    sides = Sides(ground, seen)
    try:
        _warm(ground, sides, ranges.another())
        until = time.monotonic() + limit_s
        for number in range(rounds):
            _round(sides, ranges.another(), ranges.another(), ours_first=number % 2 == 0, until=until)
    finally:
        sides.close()
    return _rows(list(seen.values()), hours=ranges.seconds // 3_600)


class Sides:
    """The product and Prometheus alone, and what was seen of each chart."""

    def __init__(self, ground: Ground, seen: Mapping[str, Seen]) -> None:
        self._ground, self.seen = ground, seen
        self._straight, self._connection = Straight(ground.prometheus_url), Connection(LOOPBACK, ground.port)

    def needs(self, widget: Widget, asked: tuple[str, str]) -> set[Query | Told]:
        """What is asked of the sources for a chart over a range."""
        told = (one for one in widget.questions.values() if isinstance(one, Told))
        return {*self._straight.queries(widget, _window(asked)), *told}

    def ask_us(self, widget: Widget, asked: tuple[str, str], *, counts: bool = True) -> None:
        """One tick of the chart alone."""
        reply = tick(self._ground, self._connection, [widget.key], asked)
        if counts:
            seen = self.seen[widget.key]
            seen.ours_ms.append(reply.took_ms)
            seen.states.append(str(pulse_of(json.loads(reply.body))["cards"][widget.key][0]))

    def ask_straight(self, widget: Widget, asked: tuple[str, str], *, counts: bool = True) -> None:
        """The chart's queries sent to Prometheus, where it has any."""
        queries = self._straight.queries(widget, _window(asked))
        if not queries:
            return
        took_ms = self._straight.ask(queries)
        if counts:
            seen = self.seen[widget.key]
            seen.straight_ms.append(took_ms)
            seen.queries, seen.recorded = len(queries), sum(query.recorded for query in queries)
            seen.ranged = sum(query.path == "query_range" for query in queries)

    def close(self) -> None:
        """Ends their connections."""
        self._straight.close()
        self._connection.close()


def _warm(ground: Ground, sides: Sides, asked: tuple[str, str]) -> None:
    """A range for both sides that does not count, and the questions about the last weeks, until they are answered."""
    end = time.monotonic() + WARM_S
    for widget in charts():
        if time.monotonic() < end:
            sides.ask_us(widget, asked, counts=False)
            sides.ask_straight(widget, asked, counts=False)
    _wait_quiet(ground)


def _round(sides: Sides, ours: tuple[str, str], theirs: tuple[str, str], *, ours_first: bool, until: float) -> None:
    """Every chart once on each side, each side over a range of its own, as far as time allows.

    Of charts that share a question the second would be answered from the cache: it has its turn in another round.
    """
    asked: set[Query | Told] = set()
    for widget in sorted(charts(), key=lambda one: len(sides.seen[one.key].ours_ms)):
        needs = sides.needs(widget, ours)
        if needs & asked or time.monotonic() > until:
            continue
        asked |= needs
        if ours_first:
            sides.ask_us(widget, ours)
        sides.ask_straight(widget, theirs)
        if not ours_first:
            sides.ask_us(widget, ours)


def tick(
    ground: Ground,
    connection: Connection,
    keys: list[str],
    asked: tuple[str, str] = ("now-1h", "now"),
    *,
    role: Role = Role.ADMIN,
    pulse: Any = None,
) -> Reply:
    """A tick of somebody of the role over a range. Raises AssertionError when it is not answered."""
    _, *headers = ground.head(ground.sessions[role]).split("\r\n")
    body = tick_body(keys, begins=asked[0], ends=asked[1]).replace("PULSE", json.dumps(pulse))
    reply = connection.post(ENDPOINT, body, dict(header.split(": ", 1) for header in headers))
    assert reply.status == 200, (reply.status, reply.body[:300])
    return reply


def _wait_quiet(ground: Ground) -> None:
    """Until Prometheus has been asked nothing for a while."""
    last = [ground.queries()]

    def quiet() -> bool:
        last[:] = [*last[-1:], ground.queries()]
        return last[0] == last[-1]

    time.sleep(STILL_S)
    if not waited(quiet, QUIET_S, every_s=STILL_S):
        print(f"Prometheus is still being asked after {QUIET_S:g} s", flush=True)


def _rows(seen: list[Seen], *, hours: int) -> list[Row]:
    timed = [one for one in seen if one.ours_ms]
    every = [value for one in timed for value in one.ours_ms]
    span = f"{hours / 24:.3g} days"
    p95 = percentile(every, 0.95)
    details = {
        "charts": {one.key: one.details for one in timed},
        "not measured": [one.key for one in seen if one not in timed],
    }
    slowest = sorted(timed, key=lambda one: percentile(one.ours_ms, 0.95), reverse=True)[:NAMED]
    return [
        Row(f"{len(timed)} charts over {span}, uncached: median", median(every), "ms"),
        Row(f"{len(timed)} charts over {span}, uncached: p95", p95, "ms", "< 300 ms", p95 < LIMIT_MS, details=details),
        *(_slow_row(one) for one in slowest),
        *_ratio_rows([one for one in timed if one.ratio is not None], span),
    ]


def _slow_row(one: Seen) -> Row:
    """p95 of a chart's own ticks: with few rounds, its slowest."""
    p95 = percentile(one.ours_ms, 0.95)
    theirs = percentile(one.straight_ms, 0.95) if one.straight_ms else None
    ratio = p95 / theirs if theirs else None
    return Row(
        f"  slow: {one.key}", p95, "ms", "< 300 ms", p95 < LIMIT_MS, theirs, "ms straight" if theirs else "", ratio
    )


def _ratio_rows(compared: list[Seen], span: str) -> list[Row]:
    """Ratios of medians, the chart with the greatest by name; all together, for a small query is mostly way."""
    if not compared:
        return []
    ratios = [one.ratio or 0.0 for one in compared]
    worst = max(compared, key=lambda one: one.ratio or 0.0)
    ours, theirs = (sum(median(values) for values in side) for side in _sides_ms(compared))
    more_ms = [median(mine) - median(other) for mine, other in zip(*_sides_ms(compared), strict=True)]
    name, target = f"{len(compared)} charts over {span}, to Prometheus alone", "<= 1.5 x straight"
    found = [(f"{name}: ratio, median", median(ratios)), (f"{name}: ratio, p95", percentile(ratios, 0.95))]
    return [
        *(Row(what, ratio, "x", target, ratio <= MOST_RATIO) for what, ratio in found),
        _ratio_row(f"  worst: {worst.key}", median(worst.ours_ms), median(worst.straight_ms)),
        _ratio_row(f"{name}: all one after the other", ours, theirs),
        Row(f"{name}: added by the product, p95", percentile(more_ms, 0.95), "ms"),
    ]


def _sides_ms(compared: list[Seen]) -> tuple[list[list[float]], list[list[float]]]:
    return [one.ours_ms for one in compared], [one.straight_ms for one in compared]


def _ratio_row(what: str, ours_ms: float, straight_ms: float) -> Row:
    ratio = ours_ms / straight_ms
    return Row(what, ours_ms, "ms", "<= 1.5 x straight", ratio <= MOST_RATIO, straight_ms, "ms straight", ratio)


def percentile(values: list[float], share: float) -> float:
    """A percentile of values that were measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _window(asked: tuple[str, str]) -> Window:
    return read_window(*asked, time.time())


def _iso(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
