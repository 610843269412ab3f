"""The product on a clock that is set forward, and a platform whose next hour has been scraped already."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from app.access import Role
from app.views.overview import KEYS
from tests.bench.clocked import Clock
from tests.bench.ground import Ground, pulse_of, started
from tests.bench.history import AHEAD_S, BEHIND_S, busy_platform
from tests.platform_history import SCRAPE_S, write_run
from tests.servers.ports import LOOPBACK
from tests.servers.processes import ServerProcess, answers, wait_until
from tests.servers.samples import Samples, SampleSeries


@contextmanager
def clocked_ground(*, hours: float) -> Iterator[tuple[Ground, Clock]]:
    """The product on a clock of ours, and a platform whose next ``hours``, 1.5 at most, have been scraped already."""
    with TemporaryDirectory(prefix="tamma-clock-") as folder, Clock(Path(folder) / "clock") as clock:
        platform = _long_platform(int(time.time()))
        with started(platform, sessions=len(Role), start=partial(_start_web, clock.path)) as made:
            _write_runs_ahead(made.database, int(hours * 3_600))
            made.keys = wait_until(lambda: _live(made), 30, what="the overview's first answer")
            yield made, clock


def _start_web(clock: Path, folder: Path, settings: dict[str, str]) -> ServerProcess:
    folder.mkdir()
    web = ServerProcess(
        "clocked web",
        (sys.executable, "-m", "tests.bench.clocked", "serve"),
        output=folder / "web.log",
        ready=lambda: answers(f"http://{LOOPBACK}:{settings['PORT']}/health"),
        environment={**settings, "BENCH_CLOCK": str(clock)},
    )
    web.start()
    return web


def _live(ground: Ground) -> list[str]:
    """The overview's widgets that show something, once none is under way."""
    cards = pulse_of(ground.told(ground.tick(ground.sessions[Role.READONLY], keys=KEYS)))["cards"]
    waits = "loading" in {card[0] for card in cards.values()}
    return [] if waits else [key for key in KEYS if cards[key][0] == "live"]


def _write_runs_ahead(database: str, seconds: int) -> None:
    """Workflow runs that will end all along the hour, as they ended in the one before."""
    now = time.time()
    for ended in range(30, seconds, 30):
        write_run(database, started=now + ended - 300, completed=now + ended, status="success")


def _long_platform(now: int) -> Samples:
    """The bench's platform, and once more after it: counters go on from where they were."""
    again = busy_platform(now + BEHIND_S + AHEAD_S + SCRAPE_S).series
    return Samples([_joined(one, more) for one, more in zip(busy_platform(now).series, again, strict=True)])


def _joined(one: SampleSeries, more: SampleSeries) -> SampleSeries:
    last_at, last = one.points[-1]
    grown = 0.0 if one.kind == "gauge" else last
    after = tuple((at, value + grown) for at, value in more.points if at > last_at)
    return SampleSeries(one.name, one.labels, one.points + after, one.kind)
