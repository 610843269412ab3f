"""A month of the past in one go: Prometheus blocks, events, workflow runs and log files."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation import pino, state, store
from app.demo.simulation.activity import Activity
from app.demo.simulation.blocks import BlockWriter
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.database_server import facts
from app.demo.simulation.exposition import Totals, samples
from app.demo.simulation.host import Host
from app.demo.simulation.incidents import past_incidents, planned_restarts
from app.demo.simulation.logfiles import LogFile
from app.demo.simulation.plan import INSTANCES, NAMES, Plan
from app.demo.simulation.records import RunRow
from app.demo.simulation.world import World

DAY_S = 86400.0
COARSE_S = 120.0
FINE_S = 15.0
SCRAPE_S = 30.0
FINE_HOURS = 6.0
LOG_DAYS = 3.0
# One of Prometheus's own compaction ranges, so that it has nothing to compact when it starts.
SLICE_S = 54 * 3600.0


def write_history(plan: Plan, *, days: float, now: float, blocks_dir: Path, progress: Callable[[str], None]) -> None:
    """Write ``days`` of history that end just before ``now`` (epoch seconds) and save what is still running.

    Raises BlockError, psycopg.Error or OSError; the blocks must be written before Prometheus starts.
    """
    now = float(int(now))
    start = now - days * DAY_S
    world = World(
        seed=plan.seed,
        now=start,
        injected=past_incidents(plan.seed, now, days),
        restarts=planned_restarts(now, days),
        announces_starts=True,
    )
    blocks_dir.mkdir(parents=True, exist_ok=True)
    plan.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=plan.directory, prefix="history-") as scratch:
        _History(plan, world, blocks_dir, Path(scratch)).write(start, now, progress)
    state.save(world, plan.directory)


class _History:
    def __init__(self, plan: Plan, world: World, blocks_dir: Path, scratch: Path) -> None:
        self._plan = plan
        self._world = world
        self._rng = random.Random(plan.seed)
        self._blocks = BlockWriter(blocks_dir)
        self._scratch = scratch
        self._logs = {i.name: LogFile(plan.log_directory / i.log_file) for i in INSTANCES}
        self._runs: dict[str, RunRow] = {}

    def write(self, start: float, now: float, progress: Callable[[str], None]) -> None:
        grids = slices(start, now)
        lines_from = max(start, now - LOG_DAYS * DAY_S)
        try:
            with store.connect(self._plan.database_url, self._plan.event_schema) as connection:
                server = facts(connection, self._plan.database_url)
                conditions = self._world.conditions
                series = _SeriesText(conditions, Host(conditions, server=server, now=now))
                for place, times in enumerate(grids):
                    progress(f"history: part {place + 1} of {len(grids)}")
                    out = self._world.advance_over(times, lines_from=lines_from)
                    self._blocks.add(self._write_text(series, out, place))
                    store.copy_events(connection, sorted(out.events, key=lambda event: event.t), self._rng)
                    self._runs.update(out.runs)
                    self._write_lines(out)
                store.copy_runs(connection, self._runs.values())
            progress("history: last blocks")
            self._blocks.close()
        finally:
            self._blocks.abandon()
            for log in self._logs.values():
                log.close()

    def _write_text(self, series: _SeriesText, out: Activity, place: int) -> Path:
        path = self._scratch / f"{place:03d}.om"
        with path.open("w") as file:
            series.write(out, file.write)
        return path

    def _write_lines(self, out: Activity) -> None:
        out.lines.sort(key=lambda line: line.t)
        for number, instance in enumerate(INSTANCES):
            mine = [line for line in out.lines if line.instance == instance.name]
            self._logs[instance.name].write([pino.render(line, instance, pid=1000 + number) for line in mine])


class _SeriesText:
    def __init__(self, conditions: Conditions, host: Host) -> None:
        self._conditions = conditions
        self._totals = {name: Totals(name) for name in NAMES}
        self._host = host

    def write(self, out: Activity, put: Callable[[str], object]) -> None:
        stamps = [f" {int(t)}\n" for t in out.times.tolist()]
        for name in NAMES:
            hidden = self._conditions.down(out.times, name)
            rows = [int(np.searchsorted(out.times, t)) for t, instance in out.restarts if instance == name]
            for metric, labels, values in self._totals[name].series(out.numbers[name], restarts=rows, hidden=hidden):
                put(samples(metric, labels, values, stamps))
        for metric, labels, values in self._host.series(out):
            put(samples(metric, labels, values, stamps))
        scrapes = scrape_times(out.times)
        scrape_stamps = [f" {int(t)}\n" for t in scrapes.tolist()]
        for metric, labels, values in self._host.up(scrapes):
            put(samples(metric, labels, values, scrape_stamps))
        put("# EOF\n")


def scrape_times(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Times for ``up`` over a stretch: never coarser than SCRAPE_S, since availability counts minutes."""
    if len(times) < 2 or times[1] - times[0] <= SCRAPE_S:
        return times
    return np.arange(times[0] - (times[1] - times[0]) + SCRAPE_S, times[-1] + 1, SCRAPE_S)


def slices(start: float, now: float) -> list[NDArray[np.float64]]:
    """Times of the samples, a list of stretches each of which becomes one block; the last ends just before ``now``."""
    fine_from = max(start, now - FINE_HOURS * 3600)
    coarse = np.arange(start + COARSE_S, fine_from + 1, COARSE_S)
    found = [part for _, part in _by_slice(coarse)]
    begin = float(coarse[-1]) if len(coarse) else start
    # The fine part is the largest; two halves keep both promtool processes busy.
    found.extend(np.array_split(np.arange(begin + FINE_S, now, FINE_S), 2))
    return [part for part in found if len(part)]


def _by_slice(times: NDArray[np.float64]) -> list[tuple[int, NDArray[np.float64]]]:
    numbers = (times // SLICE_S).astype(np.int64)
    return [(int(number), times[numbers == number]) for number in np.unique(numbers)]
