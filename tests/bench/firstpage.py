"""The first page in a browser that has nothing: until every chart is drawn, and what it had to fetch."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, sync_playwright

from app.access import Role
from app.auth.cookies import CSRF
from app.views.overview import KEYS
from app.widgets.registry import WIDGETS
from tests.bench.ground import SESSION, Ground, Reference, pulse_of
from tests.bench.results import Row
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

SLOW_BITS_PER_S, SLOW_ROUND_TRIP_MS, SLOW_CPU = 1_600_000, 150, 4
TIMEOUT_MS = 60_000
DRAWN = ".cartesianlayer .trace, .heatmaplayer .hm"
# The millisecond at which the last of ``count`` charts got its first trace.
ALL_DRAWN = """(count) => {
  const charts = document.querySelectorAll(".js-plotly-plot");
  const content = document.querySelector(".page-content");
  if (!count) return content && !content.querySelector('[data-state="loading"]') ? performance.now() : 0;
  if (charts.length < count) return 0;
  let drawn = 0;
  for (const chart of charts) if (chart.querySelector("DRAWN")) drawn += 1;
  return drawn >= count ? performance.now() : 0;
}""".replace("DRAWN", DRAWN)


@dataclass
class Opened:
    """One opening of a page: ms until all charts were drawn, and bytes over the wire by kind of resource."""

    drawn_ms: float
    bytes_by_kind: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    first_paint_ms: float = 0.0


def charts_shown(ground: Ground) -> int:
    """How many charts the overview shows now."""
    cards = pulse_of(ground.told(ground.tick(ground.sessions[0], keys=KEYS)))["cards"]
    return sum(WIDGETS[key].chart and cards[key][0] == "live" for key in KEYS)


def rows(ground: Ground, textbook: Reference, *, shown: int, runs: int, slow_runs: int) -> list[Row]:
    """The rows of the first page; ``shown`` charts on each page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        try:
            opened(browser, f"{ground.url}/overview", shown, ground=ground)  # the browser itself starts cold
            ours, theirs = [], []
            for _ in range(runs):
                ours.append(opened(browser, f"{ground.url}/overview", shown, ground=ground))
                theirs.append(opened(browser, textbook.url, shown))
            slow = [
                opened(browser, f"{ground.url}/overview", shown, ground=ground, slow=True) for _ in range(slow_runs)
            ]
        finally:
            browser.close()
    return _rows(ours, theirs, slow, shown=shown)


def _rows(ours: list[Opened], theirs: list[Opened], slow: list[Opened], *, shown: int) -> list[Row]:
    mine, other = median(one.drawn_ms for one in ours), median(one.drawn_ms for one in theirs)
    script = ours[-1].bytes_by_kind.get("Script", 0) / 1e6
    return [
        Row(
            f"first page, cold cache, loopback: {shown} charts drawn",
            mine,
            "ms",
            "faster than textbook",
            mine < other,
            other,
            "ms textbook",
            mine / other,
            {"ours": _details(ours), "textbook": _details(theirs)},
        ),
        *([_slow_row(slow)] if slow else []),
        Row(
            "JavaScript on the first page",
            script,
            "MB",
            "< 1.0 MB",
            script < 1.0,
            theirs[-1].bytes_by_kind.get("Script", 0) / 1e6,
            "MB textbook",
            details={"bytes_by_kind": ours[-1].bytes_by_kind, "requests": ours[-1].requests},
        ),
    ]


def _slow_row(slow: list[Opened]) -> Row:
    what, taken_s = (
        "first page, 1.6 Mbit/s, 150 ms, CPU / 4: all charts drawn",
        median(one.drawn_ms for one in slow) / 1e3,
    )
    return Row(what, taken_s, "s", "< 3 s", taken_s < 3, details=_details(slow))


def _details(opened: list[Opened]) -> dict[str, Any]:
    return {
        "drawn_ms": [round(one.drawn_ms) for one in opened],
        "first_paint_ms": [round(one.first_paint_ms) for one in opened],
        "bytes_by_kind": opened[-1].bytes_by_kind,
        "requests": opened[-1].requests,
    }


def opened(
    browser: Browser,
    url: str,
    charts: int,
    *,
    ground: Ground | None = None,
    role: Role = Role.READONLY,
    slow: bool = False,
) -> Opened:
    """One opening in a new context: no cookie but the session's, nothing in the cache.

    ``ground`` is where it signs in, if it has to. A page without charts is drawn when none of its cards is loading.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        if ground is not None:
            sign_in(context, ground, role)
        page = context.new_page()
        wire = context.new_cdp_session(page)
        seen = Opened(0.0)
        _count_bytes(wire, seen)
        if slow:
            _slow_down(wire)
        page.goto(url, wait_until="commit", timeout=TIMEOUT_MS)
        drawn = page.wait_for_function(ALL_DRAWN, arg=charts, timeout=TIMEOUT_MS, polling="raf")
        seen.drawn_ms = float(drawn.json_value())
        paint = 'performance.getEntriesByName("first-contentful-paint").map((one) => one.startTime)[0] || 0'
        seen.first_paint_ms = float(page.evaluate(paint))
        return seen
    finally:
        context.close()


def sign_in(context: BrowserContext, ground: Ground, role: Role) -> None:
    """Gives the browser the session of somebody of the role."""
    session = ground.sessions[role]
    context.add_cookies(
        [
            {"name": SESSION, "value": session.token, "url": ground.url, "httpOnly": True, "sameSite": "Lax"},
            {"name": CSRF, "value": session.csrf, "url": ground.url, "sameSite": "Lax"},
        ]
    )


def _count_bytes(wire: CDPSession, seen: Opened) -> None:
    kinds: dict[str, str] = {}
    wire.send("Network.enable")

    def responded(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "Other")
        seen.bytes_by_kind[kind] = seen.bytes_by_kind.get(kind, 0) + int(event["encodedDataLength"])
        seen.requests += 1

    wire.on("Network.responseReceived", responded)
    wire.on("Network.loadingFinished", finished)


def _slow_down(wire: CDPSession) -> None:
    rate = SLOW_BITS_PER_S / 8
    wire.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": SLOW_ROUND_TRIP_MS, "downloadThroughput": rate, "uploadThroughput": rate},
    )
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})
