"""An hour of watching in a real browser: heap, nodes, long tasks, bytes a refresh, and how soon an event is on screen.

The hour is accelerated on the server's side: the product reads a clock that is set forward by five seconds before each
tick (``clocked``), and its Prometheus holds the hour that lies ahead. So ticks follow each other as fast as they are
answered and drawn, and still every third asks for the next window: its pictures are drawn from new answers of
Prometheus, told by the product's own differences to what this browser has, and applied by its own scripts. Ticks are
set off as ``assets/cards.js`` sets one off. What is not accelerated is whatever goes by the browser's own clock: the
ages of the cards, counted each second, and the live connection. Garbage is collected before each look at the heap.
"""

from __future__ import annotations

import time
from statistics import median
from uuid import uuid4

import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

from app.access import Role
from app.ui import ids
from tests.bench.clocked import Clock
from tests.bench.firstpage import ALL_DRAWN, TIMEOUT_MS, sign_in
from tests.bench.ground import Ground, Reference, textbook
from tests.bench.hour import clocked_ground
from tests.bench.month import percentile
from tests.bench.refreshed import EVERY_S, HOUR, SETTLED, TICK, Watched, Watching
from tests.bench.results import Row
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

__all__ = ["HOUR", "rows"]

VIEWPORT = {"width": 1_440, "height": 900}
FLAT_MB_PER_HOUR = 2.0
EVENTS_APART_S = 2.5
COUNTS = "workflows.counts"
# The moments, in epoch milliseconds, at which a frame with another text was shown.
_WATCH_TEXT = """(key) => {
  const card = document.querySelector('[data-widget="' + key + '"]');
  const numbers = () => Array.from(card.querySelectorAll("dd"), (one) => one.textContent).join();
  let shown = numbers();
  window.benchShown = [];
  new MutationObserver(() => {
    if (numbers() === shown) return;
    shown = numbers();
    window.requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => window.benchShown.push(performance.timeOrigin + performance.now());
      painted.port2.postMessage(0);
    });
  }).observe(card, { subtree: true, childList: true, characterData: true });
}"""


def rows(*, refreshes: int, events: int, limit_s: float) -> list[Row]:
    """The rows of so many refreshes and events; ours and the textbook page take ``limit_s`` seconds at most each."""
    with clocked_ground(hours=refreshes / HOUR) as (ground, clock), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        try:
            shown_ms, ours = _ours(browser, ground, clock, refreshes=refreshes, events=events, limit_s=limit_s)
            with textbook(ground, shown=[len(ground.charts)]) as book:
                theirs = _textbooks(browser, book, len(ground.charts), refreshes=ours.refreshes, limit_s=limit_s)
        finally:
            browser.close()
    return [
        *_heap_rows(ours, theirs),
        *_task_rows(ours, theirs),
        *_byte_rows(ours, theirs),
        *_event_rows(shown_ms, events=events),
    ]


def _ours(
    browser: Browser, ground: Ground, clock: Clock, *, refreshes: int, events: int, limit_s: float
) -> tuple[list[float], Watched]:
    """The overview, first on the machine's clock for events, then through the hour."""
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    try:
        sign_in(context, ground, Role.READONLY)
        page = context.new_page()
        watching = Watching(page, answers_each=1, interval=ids.TICK, ours=True)
        page.goto(f"{ground.url}/overview?refresh=60", timeout=TIMEOUT_MS)  # it ticks by itself too: once a minute
        page.wait_for_function(ALL_DRAWN, arg=len(ground.charts), timeout=TIMEOUT_MS, polling="raf")
        shown_ms = _until_shown(page, ground.database, events)
        begins = clock.now()
        seen = watching.run(refreshes, limit_s=limit_s, before=lambda number: clock.set(begins + number * EVERY_S))
        return shown_ms, seen
    finally:
        context.close()


def _textbooks(browser: Browser, book: Reference, charts: int, *, refreshes: int, limit_s: float) -> Watched:
    """The textbook page through as many refreshes, of pictures that do not change."""
    context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        watching = Watching(page, answers_each=charts, interval="interval", ours=False)
        page.goto(book.url, timeout=TIMEOUT_MS)
        page.wait_for_function(ALL_DRAWN, arg=charts, timeout=TIMEOUT_MS, polling="raf")
        page.evaluate(TICK.replace("n_intervals: number", "disabled: true"), ["interval", 0])
        page.evaluate(SETTLED)
        return watching.run(refreshes, limit_s=limit_s, before=lambda _: None)
    finally:
        context.close()


def _until_shown(page: Page, database: str, events: int) -> list[float]:
    """Milliseconds from each committed run to the frame that counts it; those that never came are left out."""
    page.wait_for_function("window.tammaLive() === 'listening'", timeout=TIMEOUT_MS)
    page.evaluate(_WATCH_TEXT, COUNTS)
    found = []
    with psycopg.connect(database, autocommit=True) as connection:
        for number in range(events):
            begin_run = "INSERT INTO workflow_runs (id, started_at, status) VALUES (%s, now(), 'running')"
            before = int(page.evaluate("window.benchShown.length"))
            connection.execute(begin_run, (str(uuid4()),))
            committed = time.time()
            page.wait_for_timeout(EVENTS_APART_S * 1e3 + 70 * (number % 5))
            if shown := page.evaluate("window.benchShown")[before:]:
                found.append(shown[0] - committed * 1e3)
    return found


def _heap_rows(ours: Watched, theirs: Watched) -> list[Row]:
    mine, other = ours.looks[-1].heap / 1e6, theirs.looks[-1].heap / 1e6
    name = f"browser heap, {ours.refreshes} refreshes at {EVERY_S} s"
    details = {"ours": ours.details, "textbook": theirs.details}
    wrong = {"first": ours.complaints[:20]}
    return [
        Row(name, mine, "MB", "< 60 MB", mine < 60, other, "MB textbook", mine / other, details),
        *([_growth_row(ours, theirs)] if ours.refreshes >= HOUR / 2 else []),  # a few minutes say nothing of an hour
        _count_row("DOM nodes at the end", "Nodes", ours, theirs),
        _count_row("event listeners at the end", "JSEventListeners", ours, theirs),
        Row("console errors and warnings", len(ours.complaints), "", "0", not ours.complaints, details=wrong),
    ]


def _growth_row(ours: Watched, theirs: Watched) -> Row:
    mine, other = ours.growth_mb_per_hour, theirs.growth_mb_per_hour
    target = f"flat (< {FLAT_MB_PER_HOUR:g} MB)"
    return Row("browser heap: growth per hour", mine, "MB", target, mine < FLAT_MB_PER_HOUR, other, "MB textbook")


def _count_row(what: str, metric: str, ours: Watched, theirs: Watched) -> Row:
    first, last, other = (one.counts[metric] for one in (ours.looks[0], ours.looks[-1], theirs.looks[-1]))
    details = {"after warming up": first}
    return Row(what, last, "", reference=other, reference_name="textbook", details=details)


def _task_rows(ours: Watched, theirs: Watched) -> list[Row]:
    longest = {"longest_ms": max(ours.long_ms, default=0), "textbook_longest_ms": max(theirs.long_ms, default=0)}
    each = [len(one.long_ms) * 100 / one.refreshes for one in (ours, theirs)]
    return [
        Row(
            "main thread per refresh",
            ours.busy_ms(),
            "ms",
            "",
            None,
            theirs.busy_ms(),
            "ms textbook",
            ours.busy_ms() / theirs.busy_ms(),
        ),
        Row("long tasks per 100 refreshes", each[0], "", "", None, each[1], "textbook", details=longest),
        Row(
            "longest task while watching",
            longest["longest_ms"],
            "ms",
            "",
            None,
            longest["textbook_longest_ms"],
            "ms textbook",
        ),
    ]


def _byte_rows(ours: Watched, theirs: Watched) -> list[Row]:
    other = median(theirs.sent["refresh"])
    found = []
    for kind, target, limit in (("unchanged", "< 1 kB", 1_000), ("moving", "< 15 kB", 15_000)):
        if sent := sorted(ours.sent.get(kind, ())):
            middle, bodies = median(sent), sorted(ours.bodies[kind])
            details = {"refreshes": len(sent), "least": sent[0], "most": sent[-1], "body": median(bodies)}
            found.append(
                Row(
                    f"bytes received, {kind} refresh",
                    middle,
                    "B",
                    target,
                    middle < limit,
                    other,
                    "B textbook",
                    middle / other,
                    details,
                )
            )
    sent_all = sum(map(sum, ours.sent.values())) / ours.refreshes
    counts = {kind: len(sent) for kind, sent in ours.sent.items()}
    return [
        *found,
        Row("bytes received per refresh, mean", sent_all, "B", "", None, other, "B textbook", sent_all / other, counts),
    ]


def _event_rows(shown_ms: list[float], *, events: int) -> list[Row]:
    """One that was never shown took longer than any that was: no p95 makes up for it."""
    if not shown_ms:
        print("no event was ever shown", flush=True)
        return []
    p95 = percentile(shown_ms, 0.95)
    details = {"ms": [round(one) for one in shown_ms], "p50_ms": median(shown_ms), "never": events - len(shown_ms)}
    met = p95 < 250 and len(shown_ms) == events
    return [Row("event committed to changed on screen, p95", p95, "ms", "< 250 ms", met, details=details)]
