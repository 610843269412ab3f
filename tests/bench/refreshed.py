"""A page in Chromium that is refreshed as quickly as it answers, and what is seen of it meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, ConsoleMessage, Page

from app.ui import ids
from tests.bench.firstpage import TIMEOUT_MS
from tests.bench.ground import ENDPOINT

EVERY_S = 5
HOUR = 3_600 // EVERY_S  # refreshes
# Looked at when it has warmed up, and at each quarter; what grows is what grows after the first.
LOOKS = (0.05, 0.25, 0.5, 0.75, 1.0)
COUNTED = ("Nodes", "JSEventListeners", "Documents", "LayoutObjects")
SPENT = ("TaskDuration", "ScriptDuration")
TICK = "([id, number]) => window.dash_clientside.set_props(id, { n_intervals: number })"
# Nothing is left to do, a frame was shown, and again nothing is left.
SETTLED = """() => new Promise((done) => {
  const idle = (next) => window.requestIdleCallback(next, { timeout: 2000 });
  idle(() => window.requestAnimationFrame(() => idle(() => done(performance.now()))));
})"""
_WATCH_TASKS = """() => {
  window.benchTasks = [];
  const note = (list) => list.getEntries().forEach((one) => window.benchTasks.push([one.startTime, one.duration]));
  new PerformanceObserver(note).observe({ type: "longtask" });
}"""
# What Dash keeps for an undo that nobody has asked for.
_HISTORY = "window.store ? window.store.getState().history.past.length : 0"


@dataclass(frozen=True)
class Look:
    """What the page holds after so many refreshes, garbage collected: bytes of JavaScript's heap, and counts."""

    refreshes: int
    heap: int
    counts: dict[str, float]


@dataclass
class Watched:
    """A page and what was seen of it; ``sent`` are bytes over the wire of one refresh, by what it brought."""

    looks: list[Look] = field(default_factory=list)
    sent: dict[str, list[int]] = field(default_factory=dict)
    bodies: dict[str, list[int]] = field(default_factory=dict)
    charts_moved: list[int] = field(default_factory=list)
    charts_whole: int = 0
    long_ms: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def refreshes(self) -> int:
        """How many there were."""
        return self.looks[-1].refreshes

    @property
    def growth_mb_per_hour(self) -> float:
        """Of the heap, from the first quarter to the end; hours are of refreshes."""
        quarter = next(one for one in self.looks if one.refreshes >= self.refreshes * 0.25)
        hours = (self.refreshes - quarter.refreshes) / HOUR
        return (self.looks[-1].heap - quarter.heap) / 1e6 / hours if hours else 0.0

    def busy_ms(self, metric: str = "TaskDuration") -> float:
        """Of the main thread for a refresh, after warming up."""
        first, last = self.looks[0], self.looks[-1]
        return (last.counts[metric] - first.counts[metric]) * 1e3 / max(1, last.refreshes - first.refreshes)

    @property
    def details(self) -> dict[str, Any]:
        """For the JSON."""
        return {
            "looks": [{"refreshes": one.refreshes, "heap_mb": one.heap / 1e6, **one.counts} for one in self.looks],
            "seconds": round(self.seconds, 1),
            "task_ms_per_refresh": round(self.busy_ms(), 2),
            "script_ms_per_refresh": round(self.busy_ms("ScriptDuration"), 2),
            "charts_moved": sum(self.charts_moved),
            "charts_sent_whole": self.charts_whole,
        }


class Wire:
    """The answers of Dash as the browser received them: request, bytes with headers, bytes of headers."""

    def __init__(self, wire: CDPSession) -> None:
        self._wire = wire
        self._heads: dict[str, int] = {}
        self.answers: list[tuple[str, int, int]] = []
        wire.send("Network.enable")
        wire.on("Network.responseReceived", self._begun)
        wire.on("Network.loadingFinished", self._finished)

    def body(self, request: str) -> dict[str, Any]:
        """What an answer says."""
        told: dict[str, Any] = json.loads(self._wire.send("Network.getResponseBody", {"requestId": request})["body"])
        return told

    def _begun(self, event: dict[str, Any]) -> None:
        if ENDPOINT in event["response"]["url"]:  # the product adds a digest
            self._heads[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def _finished(self, event: dict[str, Any]) -> None:
        if (head := self._heads.pop(event["requestId"], None)) is not None:
            self.answers.append((event["requestId"], int(event["encodedDataLength"]), head))


class Watching:
    """A page that is refreshed as quickly as it can be, ``ours`` or the textbook's with its answer for each chart."""

    def __init__(self, page: Page, *, answers_each: int, interval: str, ours: bool) -> None:
        self.page, self.seen = page, Watched()
        self._each, self._interval, self._ours = answers_each, interval, ours
        self._cdp = page.context.new_cdp_session(page)
        self._wire = Wire(self._cdp)
        self._cdp.send("Performance.enable")
        self._looked: list[tuple[float, float]] = []
        self._ours_s = dict.fromkeys(SPENT, 0.0)  # of the main thread, for collecting garbage
        page.on("console", self._complained)
        page.on("pageerror", lambda error: self.seen.complaints.append(str(error)))

    def run(self, refreshes: int, *, limit_s: float, before: Callable[[int], None]) -> Watched:
        """Refreshes until there were so many or the time is over; ``before`` is called before each with its number."""
        self.page.evaluate(_WATCH_TASKS)
        begun, looks = time.monotonic(), {max(1, round(refreshes * share)) for share in LOOKS}
        for number in range(1, refreshes + 1):
            before(number)
            self._refresh(number)
            over = time.monotonic() - begun > limit_s
            if number in looks or over:
                self._look(number)
            if over:
                print(f"the browser's time was over after {number} of {refreshes} refreshes", flush=True)
                break
        self.seen.seconds = time.monotonic() - begun
        self.seen.long_ms = self._long_tasks()
        return self.seen

    def _refresh(self, number: int) -> None:
        already = len(self._wire.answers)
        self.page.evaluate(TICK, [self._interval, 1_000_000 + number])
        until = time.monotonic() + TIMEOUT_MS / 1e3
        while len(self._wire.answers) < already + self._each:
            assert time.monotonic() < until, f"refresh {number} was not answered"
            self.page.wait_for_timeout(2)
        self.page.evaluate(SETTLED)
        came = self._wire.answers[already:]
        if self._ours:
            for one in came:
                self._sort(*one)
        else:
            self._note("refresh", sum(total for _, total, _ in came), sum(head for *_, head in came))

    def _sort(self, request: str, total: int, head: int) -> None:
        """Files an answer under what it brought."""
        told = self._wire.body(request)
        updates = {**told.get("sideUpdate", {}), **told.get("response", {})}
        updates.pop(ids.PULSE, None)
        moved = len(updates.get(ids.MOVED, {}).get("data", {}))
        whole = sum("figure" in update for update in updates.values())
        self._note("moving" if moved + whole else "numbers" if updates else "unchanged", total, head)
        self.seen.charts_whole += whole
        if moved + whole:
            self.seen.charts_moved.append(moved)

    def _note(self, kind: str, total: int, head: int) -> None:
        self.seen.sent.setdefault(kind, []).append(total)
        self.seen.bodies.setdefault(kind, []).append(total - head)

    def _look(self, number: int) -> None:
        begun, before = float(self.page.evaluate("performance.now()")), self._metrics()
        for _ in range(2):  # what the first finds free may hold the next
            self._cdp.send("HeapProfiler.collectGarbage")
        found = self._metrics()
        counts = {name: found[name] for name in COUNTED} | {name: before[name] - self._ours_s[name] for name in SPENT}
        self._ours_s = {name: self._ours_s[name] + found[name] - before[name] for name in SPENT}
        counts["DashHistory"] = float(self.page.evaluate(_HISTORY))
        self.seen.looks.append(Look(number, int(found["JSHeapUsedSize"]), counts))
        self._looked.append((begun, float(self.page.evaluate(SETTLED))))

    def _metrics(self) -> dict[str, float]:
        return {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}

    def _long_tasks(self) -> list[float]:
        """Milliseconds of each; collecting the garbage is none of the page's."""
        found = self.page.evaluate("window.benchTasks")
        return [took for at, took in found if not any(begun <= at <= end for begun, end in self._looked)]

    def _complained(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.seen.complaints.append(f"{message.type}: {message.text}")
