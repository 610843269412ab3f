"""A thousand live connections: how long news take to all of them, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from app.push.ledger import MOST_GAP_S
from tests.bench.ground import Ground
from tests.bench.listening import Driver, Heard, Plan
from tests.bench.results import Row

EVENTS = 12
# Longer than the least time between two messages of a topic, however unevenly processes share so many.
APART_S = MOST_GAP_S + 2
PATH = "/api/dashboard/ws"
_EVENT = "INSERT INTO events (id, type, timestamp) VALUES (%s, 'WORKFLOW.STEP.COMPLETED', now())"


@contextmanager
def open_lines(ground: Ground, count: int) -> Iterator[Driver]:
    """So many live connections, all of them greeted."""
    cookies = [one.cookie for one in ground.sessions[:count]]
    driver = Driver(Plan(f"ws://{ground.url.removeprefix('http://')}{PATH}", ground.url, cookies))
    try:
        driver.wait_ready()
        yield driver
    finally:
        driver.end()


def write_events(database: str, moments: list[float]) -> None:
    """One event at each of the moments (of ``time.perf_counter``)."""
    with psycopg.connect(database, autocommit=True) as connection:
        for moment in moments:
            _sleep_until(moment)
            connection.execute(_EVENT, (uuid4(),))


def rows(ground: Ground, *, sockets: int, events: int = EVENTS) -> list[Row]:
    """The rows of so many connections, which hear of ``events`` one after the other."""
    memory = ground.web.memory()
    with open_lines(ground, sockets) as driver:
        begun, spent = time.perf_counter(), ground.web.cpu_s()
        write_events(ground.database, [begun + number * APART_S for number in range(events)])
        _sleep_until(begun + events * APART_S)
        cores, held = (ground.web.cpu_s() - spent) / (time.perf_counter() - begun), ground.web.memory()
        heard = driver.result()
    name = f"{sockets:,} live connections"
    return [
        *delivery_rows(name, heard, expected=events * sockets, limit_ms=50),
        Row(f"{name}: web processes", cores, "cores"),
        Row(f"{name}: memory (PSS, all web processes)", held.pss_mib, "MiB", "< 512 MB", held.pss_mib < 488),
        Row(f"{name}: memory of one", (held.pss_mib - memory.pss_mib) * 1_024 / max(1, heard.connected), "KiB"),
    ]


def delivery_rows(name: str, heard: Heard, *, expected: int, limit_ms: float | None) -> list[Row]:
    """How long messages took to everybody, and what was missing."""
    delays = sorted(delay * 1_000 for each in heard.delays_s.values() for delay in each)
    p50, p95, p99 = (delays[int(share * len(delays))] if delays else float("nan") for share in (0.5, 0.95, 0.99))
    details = {
        "p50_ms": p50,
        "p99_ms": p99,
        "max_ms": delays[-1] if delays else None,
        "messages": len(delays),
        "expected": expected,
        "connected": heard.connected,
        "lost": heard.lost,
        "refused": heard.refused,
    }
    missing = expected - len(delays) + heard.lost + heard.refused
    limit = f"< {limit_ms:g} ms" if limit_ms else ""
    met = p95 < limit_ms if limit_ms else None
    return [
        Row(f"{name}: committed to message, p95", p95, "ms", limit, met, details=details),
        Row(f"{name}: messages missing, lines lost or refused", missing, "", "0", missing == 0),
    ]


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.perf_counter()))
