"""Many people watching: latency, processor, memory, questions to Prometheus and cache hits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.push.ledger import SPREAD_EACH_S
from app.push.topics import Topic, topics_of
from app.sources.answers import fresh_for
from app.sources.questions import Told
from app.sources.windows import read_window
from app.widgets.registry import WIDGETS
from tests.bench.ground import SLOT_S, WORKERS, Ground, tick_body, wait_for_phase
from tests.bench.listening import Driver as Lines
from tests.bench.listening import Heard
from tests.bench.load import Driver, Plan, Seen
from tests.bench.results import Row
from tests.bench.sockets import APART_S, delivery_rows, open_lines, write_events
from tests.bench.usage import Memory

ROUNDS = 3  # as assets/live.js rests between two questions
WARM_S = {1: 2.0, 100: 6.0, 1_000: 9.0}


@dataclass(frozen=True)
class Watched:
    """What a crowd of viewers cost over a time."""

    viewers: int
    every_s: float
    seen: Seen
    web_cores: float
    postgres_cores: float
    prometheus_cores: float
    memory: Memory
    queries: dict[str, float]
    due: int
    heard: Heard
    events: int

    @property
    def queries_per_min(self) -> float:
        """Questions to Prometheus."""
        return sum(self.queries.values()) * 60 / self.seen.seconds


def watch(ground: Ground, viewers: int, *, every_s: float, seconds: float) -> Watched:
    """Lets ``viewers``, each with a session of its own and a live connection, look at the page.

    Counts after all have come in. Now and then a run moves on: all are told, and ask for the cards concerned.
    """
    with open_lines(ground, viewers) as lines:
        return _watch(ground, lines, viewers, every_s=every_s, seconds=seconds)


def _watch(ground: Ground, lines: Lines, viewers: int, *, every_s: float, seconds: float) -> Watched:
    concerned = [key for key in ground.keys if Topic.WORKFLOWS in topics_of(WIDGETS[key].questions.values())]
    bodies = [tick_body(ground.keys), tick_body(ground.keys, nudged=concerned)]
    # Of the process with the connection: half of all.
    spread_s = SPREAD_EACH_S * viewers / WORKERS
    apart_s = max(APART_S, ROUNDS * spread_s)
    news = [at * apart_s for at in range(int((seconds - spread_s - 1) // apart_s) + 1)]
    warm_s = WARM_S[viewers]
    if every_s < SLOT_S:
        # The pictures' last change must lie so long before the end that the slowest viewer has asked for it.
        wait_for_phase(every_s + 2 - warm_s, SLOT_S - 1 - warm_s)
    people = [(ground.head(one), bodies) for one in ground.sessions[:viewers]]
    driver = Driver(Plan(ground.port, every_s, warm_s, seconds, people, news, spread_s))
    driver.wait_counting()
    begun = time.time()
    families = (ground.web, ground.postgres, ground.prometheus)
    queries, cpu, start = ground.queries(), [one.cpu_s() for one in families], time.perf_counter()
    write_events(ground.database, [start + at for at in news])
    time.sleep(max(0.0, start + seconds - 1.0 - time.perf_counter()))
    memory = ground.web.memory()
    seen = driver.result()
    spent = [one.cpu_s() - before for one, before in zip(families, cpu, strict=True)]
    passed = time.perf_counter() - start
    more = {path: count - queries.get(path, 0.0) for path, count in ground.queries().items()}
    cores = [one / passed for one in spent]
    asked = {path: count for path, count in more.items() if count}
    due = questions_due(ground.keys, begun, begun + seconds)
    return Watched(viewers, every_s, seen, cores[0], cores[1], cores[2], memory, asked, due, lines.result(), len(news))


def questions_due(keys: Sequence[str], start: float, end: float) -> int:
    """How many questions to Prometheus the page's clock makes due in a time, however many look."""
    window = read_window(None, None, start)
    distinct = {one for key in keys for one in WIDGETS[key].questions.values() if not isinstance(one, Told)}
    every_s = [fresh_for(one, window) for one in distinct]
    return sum(int(end) // each - int(start) // each for each in every_s)


def crowd_rows(watched: Watched, *, p95_ms: float, cores: float | None) -> list[Row]:
    """Latency, processor, memory and errors of a crowd."""
    seen, name = watched.seen, f"{watched.viewers:,} viewers at {watched.every_s:g} s"
    details = {
        "ticks": seen.answers,
        "p50_ms": seen.percentile(0.5),
        "p95_ms": seen.percentile(0.95),
        "p99_ms": seen.percentile(0.99),
        "max_ms": max(seen.latencies_ms, default=None),
        "bytes_per_tick": seen.received / max(1, seen.answers),
        "driver_cores": seen.driver_cpu_s / seen.seconds,
        "postgres_cores": watched.postgres_cores,
        "prometheus_cores": watched.prometheus_cores,
        "core_per_viewer": watched.web_cores / watched.viewers,
        "cpu_ms_per_tick": watched.web_cores * seen.seconds * 1_000 / max(1, seen.answers),
        "rss_mib": watched.memory.rss_mib,
        "errors": seen.errors,
    }
    p95, memory = seen.percentile(0.95), watched.memory.pss_mib
    met_cores = None if cores is None else watched.web_cores < cores
    return [
        Row(f"{name}: p95", p95, "ms", f"< {p95_ms:g} ms", p95 < p95_ms, details=details),
        Row(f"{name}: web processes", watched.web_cores, "cores", f"< {cores:g}" if cores else "", met_cores),
        Row(f"{name}: memory (PSS, all web processes)", memory, "MiB", "< 512 MB", memory < 488),
        Row(f"{name}: errors", seen.failed, "", "0", seen.failed == 0),
        *delivery_rows(name, watched.heard, expected=watched.events * watched.viewers, limit_ms=None),
    ]


def query_rows(watched: list[Watched]) -> list[Row]:
    """Questions to Prometheus by number of viewers, held to what was due by the clock.

    Some questions are due every minute or every five: a plain count would depend on the minute it was taken in.
    """
    found = []
    for one in watched:
        due_per_min = one.due * 60 / one.seen.seconds
        ratio = one.queries_per_min / due_per_min
        found.append(
            Row(
                f"Prometheus queries per minute, viewers at {one.every_s:g} s: {one.viewers:,}",
                one.queries_per_min,
                "/min",
                "within 10 % of what is due",
                abs(ratio - 1) <= 0.1,
                due_per_min,
                "due",
                ratio,
                {"by_path": one.queries},
            )
        )
    return found


def hit_row(ground: Ground, watched: Watched) -> Row:
    """Pictures given out without a question to Prometheus; a picture may need several, so this is the low bound."""
    pictures = watched.seen.answers * len(ground.keys)
    asked = sum(watched.queries.values())
    hits = 100 * (1 - asked / pictures)
    details = {"pictures": pictures, "questions_to_prometheus": asked}
    return Row(f"cache hits, {watched.viewers} viewers", hits, "%", "> 95 %", hits > 95, details=details)
