"""The live run: moves the world on in real time and has the service processes live it out."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from threading import Event as Flag

import numpy as np
import psycopg

from app.demo.simulation import faults, state, store
from app.demo.simulation.activity import Activity
from app.demo.simulation.children import Children
from app.demo.simulation.conditions import merged
from app.demo.simulation.hold import Hold
from app.demo.simulation.layout import layout_of
from app.demo.simulation.plan import NAMES, ORCHESTRATOR, Plan
from app.demo.simulation.records import event_row
from app.demo.simulation.store import run_values
from app.demo.simulation.wire import Message, finite
from app.demo.simulation.world import World

TICK_S = 1.0
# A pause of the machine is made up for in steps of this length.
CATCH_UP_STEP_S = 15.0
MOST_STEPS = 2000
LINES_KEPT_S = 3600.0
# A saved world older than this is over: its runs have passed their time limit.
STATE_KEPT_S = 7200.0
# The last words of a process have to reach its log before it is killed.
DYING_S = 1.5


class Director:
    """Owns the world and the processes; ``run`` lasts until ``stop`` is set."""

    def __init__(self, plan: Plan, plan_path: Path) -> None:
        self._plan = plan
        self._world, self._known = _world_of(plan)
        self._children = Children(plan_path)
        self._hold = Hold(plan)
        self._rng = random.Random()
        self._control_time = -1
        self._tidied = False
        self.stop = Flag()

    def run(self) -> None:
        """Tick once a second."""
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                self._tick(time.time())
                self.stop.wait(max(0.05, TICK_S - (time.monotonic() - began)))
        finally:
            self._children.stop()
            self._hold.release()

    def _tick(self, now: float) -> None:
        self._read_faults()
        self._tidy(now)
        conditions = self._world.conditions
        crashed = frozenset(name for name in NAMES if conditions.at(now - DYING_S, "service-crash", name))
        self._children.keep(versions={name: self._world.version_of(name, now) for name in NAMES}, crashed=crashed)
        self._hold.keep(wanted=bool(conditions.at(now, "db-connections-exhausted", "postgres")))
        if now <= self._world.now:
            return
        out = self._world.advance_over(_steps(self._world.now, now), lines_from=now - LINES_KEPT_S)
        self._tell(out)

    def _tell(self, out: Activity) -> None:
        now = self._world.now
        for name in NAMES:
            isolated = bool(self._world.conditions.at(now, "network-loss", name))
            self._children.send(name, message_for(name, out, isolated=isolated, rng=self._rng))

    def _read_faults(self) -> None:
        try:
            changed = (self._plan.directory / faults.CONTROL_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            changed = 0
        if changed == self._control_time:
            return
        self._control_time = changed
        conditions = self._world.conditions
        conditions.replace(merged(conditions.injected, faults.declared_in(self._plan.directory), self._world.now))

    def _tidy(self, now: float) -> None:
        """End the runs that an earlier demo left running; tried until the database is there."""
        if self._tidied:
            return
        try:
            with store.connect(self._plan.database_url, self._plan.event_schema) as connection:
                left = store.end_left_running(connection, now=now, known=self._known, rng=self._rng)
        except psycopg.Error as error:
            print(f"runs left running wait for the database: {error}", file=sys.stderr)
            return
        self._tidied = True
        if left:
            print(f"{left} runs of an earlier demo ended as failed", file=sys.stderr)


def message_for(name: str, out: Activity, *, isolated: bool, rng: random.Random) -> Message:
    """What one instance is told about a step."""
    layout, numbers = layout_of(name), out.numbers[name]
    added = numbers.sum(axis=0)
    levels = [(column, finite(float(numbers[-1, column]))) for column in layout.gauges]
    added[list(layout.gauges)] = 0.0
    columns = np.flatnonzero(added).tolist()
    return Message(
        added=[(column, float(added[column])) for column in columns],
        levels=levels,
        lines=[(x.t, x.level, x.message, x.fields) for x in sorted(out.lines, key=lambda x: x.t) if x.instance == name],
        events=[event_row(event, rng) for event in out.events if event.instance == name],
        runs=[run_values(run) for run in out.runs.values()] if name == ORCHESTRATOR else [],
        isolated=isolated,
    )


def _steps(before: float, now: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    number = min(MOST_STEPS, max(1, int((now - before) // CATCH_UP_STEP_S)))
    return np.linspace(before, now, number + 1)[1:]


def _world_of(plan: Plan) -> tuple[World, tuple[str, ...]]:
    now = time.time()
    saved = state.moment(plan.directory)
    if saved is None or not 0 <= now - saved < STATE_KEPT_S:
        state.forget(plan.directory)
        return World(seed=plan.seed ^ int(now), now=now), ()
    world = World(seed=plan.seed ^ int(now), now=saved)
    state.restore(world, plan.directory)
    state.forget(plan.directory)
    return world, tuple(world.workflows.runs)
