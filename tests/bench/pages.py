"""Every page as each role first meets it: its tick from the cache, and its first paint in a cold browser."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Request, sync_playwright
from playwright.sync_api import TimeoutError as Late

from app.access import Role
from app.ui import ids
from app.widgets.explore import KEY as EXPLORE
from app.widgets.registry import FAMILIES
from pages.registry import PAGES
from tests.bench.connection import Connection
from tests.bench.firstpage import DRAWN, Opened, opened, sign_in
from tests.bench.ground import ENDPOINT, Ground, Reference, pulse_of, textbook, wait_for_phase
from tests.bench.month import percentile, tick
from tests.bench.results import Row
from tests.bench.textbook import address
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.servers.ports import LOOPBACK

LIMIT_MS = 20.0
TICKS = 50
# Something in a picture changes every five seconds: ticks are measured between two changes.
CHANGE_S, PHASE_S = 5, (0.5, 3.5)
LOADED_MS, SETTLED_MS = 30_000, 10_000
# What an address with a variable is opened with, and what has to be chosen before a page shows anything.
NAMES = {"service": ("api", "orchestrator", "workers", "node")}
CHOSEN = {"/explore": f"?q={quote(FAMILIES[EXPLORE].examples[0], safe='')}", "/architecture": "?about=postgres"}
_LOADED = """() => {
  const content = document.querySelector(".page-content");
  return content !== null && !content.querySelector('[data-state="loading"]');
}"""
_SETTLED = """() => [...document.querySelectorAll('.page-content .widget-chart[data-state="live"]')]
  .every((card) => card.querySelector("DRAWN"))""".replace("DRAWN", DRAWN)
_CHARTS = """() => [...document.querySelectorAll(".page-content .js-plotly-plot")]
  .filter((chart) => chart.querySelector("DRAWN")).length""".replace("DRAWN", DRAWN)


@dataclass
class Visit:
    """A page and what was seen of it: the keys of its tick, how many charts it draws, openings, ms of its ticks."""

    path: str
    role: Role
    keys: list[str] = field(default_factory=list)
    charts: int = 0
    opened: list[Opened] = field(default_factory=list)
    full_ms: list[float] = field(default_factory=list)
    unchanged_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    bytes: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """The address, and whose home it is."""
        return f"/ ({self.role.word})" if self.path == "/" else self.path.partition("?")[0]

    @property
    def drawn_ms(self) -> float:
        """Until all charts are drawn; the median of the openings."""
        return median(one.drawn_ms for one in self.opened)

    @property
    def details(self) -> dict[str, Any]:
        """For the JSON."""
        ticks = (("all pictures", self.full_ms), ("unchanged", self.unchanged_ms))
        return {
            "widgets": len(self.keys),
            "charts": self.charts,
            "drawn_ms": [round(one.drawn_ms) for one in self.opened],
            "first_paint_ms": [round(one.first_paint_ms) for one in self.opened],
            "tick_cpu_ms": round(self.cpu_ms, 2),
            "tick_bytes_before_compression": {"all pictures": self.bytes[0], "unchanged": self.bytes[1]},
            **{f"tick, {name}": _summary(values) for name, values in ticks if values},
        }


def visits() -> list[Visit]:
    """Every page as somebody who may see all of it opens it, and the home of each role."""
    found = [Visit("/", role) for role in Role]
    for page in PAGES:
        if page.path == "/":
            continue
        names = NAMES.get(page.variable, ()) if page.variable else ("",)
        if not names:
            print(f"left out: {page.path}, for nobody said which {page.variable} to open", flush=True)
        paths = (page.path.replace(f"<{page.variable}>", name) for name in names)
        found += [Visit(path + CHOSEN.get(path, ""), Role.ADMIN) for path in paths]
    return found


def rows(ground: Ground, *, runs: int, limit_s: float) -> list[Row]:
    """The rows of all pages. First visits and openings take ``limit_s`` seconds each, then go on without the rest."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        try:
            until = time.monotonic() + limit_s
            seen = [one for one in visits() if _meet(browser, ground, one, until=until)]
            counts = sorted({one.charts for one in seen if one.charts})
            assert counts, "no page shows a chart"
            with textbook(ground, shown=counts) as book:
                until = time.monotonic() + limit_s
                theirs = _open_all(browser, ground, seen, book=book, counts=counts, runs=runs, until=until)
        finally:
            browser.close()
    _tick_all(ground, [one for one in seen if one.keys])
    return [
        *_tick_rows([one for one in seen if one.full_ms]),
        *_paint_rows([one for one in seen if one.opened], theirs),
    ]


def _meet(browser: Browser, ground: Ground, visit: Visit, *, until: float) -> bool:
    """Opens a page until it stands still: what it asks for and how many charts it draws. False when it cannot be."""
    if time.monotonic() > until:
        print(f"left out: {visit.name}: no time left", flush=True)
        return False
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        sign_in(context, ground, visit.role)
        page = context.new_page()
        page.on("request", lambda request: _note_keys(request, visit))
        page.goto(ground.url + visit.path, timeout=LOADED_MS)
        page.wait_for_function(_LOADED, timeout=LOADED_MS)
        try:
            page.wait_for_function(_SETTLED, timeout=SETTLED_MS)
        except Late:
            print(f"{visit.name}: a chart is never drawn; only those that are count", flush=True)
        visit.charts = int(page.evaluate(_CHARTS))
        return True
    except Late as late:
        print(f"left out: {visit.name}: {late.message.splitlines()[0]}", flush=True)
        return False
    finally:
        context.close()


def _note_keys(request: Request, visit: Visit) -> None:
    """The widgets that a tick of the browser asks for."""
    if urlsplit(request.url).path != ENDPOINT:
        return
    body = json.loads(request.post_data or "{}")
    asked = {one["id"]: one.get("value") for one in body.get("inputs", ()) if isinstance(one, dict)}.get(ids.ASK)
    if body.get("output") == f"{ids.PULSE}.data" and isinstance(asked, dict) and asked.get("keys"):
        visit.keys = asked["keys"]


def _open_all(
    browser: Browser,
    ground: Ground,
    seen: list[Visit],
    *,
    book: Reference,
    counts: list[int],
    runs: int,
    until: float,
) -> dict[int, list[Opened]]:
    """Opens all pages and the textbook's with as many charts in turns; the textbook's openings by number of charts."""
    theirs: dict[int, list[Opened]] = {count: [] for count in counts}
    for number in range(runs):
        for visit in seen:
            if number and time.monotonic() > until:
                return theirs
            visit.opened += _one(browser, ground.url + visit.path, visit.charts, ground=ground, role=visit.role)
            if len(theirs.get(visit.charts, (None,) * runs)) <= number:
                at = address(counts.index(visit.charts))
                theirs[visit.charts] += _one(browser, book.url + at, visit.charts)
    return theirs


def _one(browser: Browser, url: str, charts: int, **who: Any) -> list[Opened]:
    """One opening, none when it took too long."""
    try:
        return [opened(browser, url, charts, **who)]
    except Late:
        print(f"not all of {charts} charts were drawn: {url}", flush=True)
        return []


def _tick_all(ground: Ground, seen: list[Visit]) -> None:
    """Ticks of each page from the cache, one viewer at a time, all pictures and unchanged in turns."""
    connection = Connection(LOOPBACK, ground.port)
    try:
        for visit in seen:
            wait_for_phase(*PHASE_S, every_s=CHANGE_S)
            pulse = pulse_of(json.loads(tick(ground, connection, visit.keys, role=visit.role).body))
            before = ground.web.cpu_s()
            for _ in range(TICKS):
                full = tick(ground, connection, visit.keys, role=visit.role)
                known = tick(ground, connection, visit.keys, role=visit.role, pulse=pulse)
                visit.full_ms.append(full.took_ms)
                visit.unchanged_ms.append(known.took_ms)
                visit.bytes = (len(full.body), len(known.body))
                pulse = pulse_of(json.loads(known.body))
            visit.cpu_ms = (ground.web.cpu_s() - before) * 1_000 / (2 * TICKS)
    finally:
        connection.close()


def _tick_rows(seen: list[Visit]) -> list[Row]:
    """The page whose ticks take longest, by its p95."""
    found: list[Row] = []
    for name in ("full_ms", "unchanged_ms") if seen else ():
        worst = max(seen, key=lambda one: percentile(getattr(one, name), 0.95))
        p95, words = percentile(getattr(worst, name), 0.95), {"full_ms": "all pictures"}.get(name, "unchanged")
        what = f"cached tick, {words}, slowest of {len(seen)} pages: {worst.name}: p95"
        found.append(Row(what, p95, "ms", "< 20 ms", p95 < LIMIT_MS, details={one.name: one.details for one in seen}))
    return found


def _paint_rows(opened_ones: list[Visit], theirs: dict[int, list[Opened]]) -> list[Row]:
    """The page that is slowest beside a textbook page with as many charts, the slowest of all, and the first paint."""
    if not opened_ones:
        return []
    book = {count: median(one.drawn_ms for one in found) for count, found in theirs.items() if found}
    compared = [one for one in opened_ones if one.charts in book]
    slowest = max(opened_ones, key=lambda one: one.drawn_ms)
    paint = max(opened_ones, key=lambda one: median(each.first_paint_ms for each in one.opened))
    first_ms = median(one.first_paint_ms for one in paint.opened)
    found = [
        Row(f"first content painted, slowest of {len(opened_ones)} pages: {paint.name}", first_ms, "ms"),
        _drawn_row(f"all drawn, slowest of {len(opened_ones)} pages", slowest, book.get(slowest.charts)),
    ]
    if compared:
        worst = max(compared, key=lambda one: one.drawn_ms / book[one.charts])
        found.append(_drawn_row(f"all drawn, to textbook worst of {len(compared)} pages", worst, book[worst.charts]))
    return found


def _drawn_row(what: str, visit: Visit, book_ms: float | None) -> Row:
    ours = visit.drawn_ms
    return Row(
        f"{what}: {visit.name}, {visit.charts} charts",
        ours,
        "ms",
        "faster than textbook" if book_ms else "",
        ours < book_ms if book_ms else None,
        book_ms,
        "ms textbook" if book_ms else "",
        ours / book_ms if book_ms else None,
        visit.details,
    )


def _summary(values: list[float]) -> dict[str, float]:
    return {"p50_ms": round(median(values), 2), "p95_ms": round(percentile(values, 0.95), 2)}
