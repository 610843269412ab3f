"""The simulated platform as a whole: one clock, one set of conditions, one story."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.demo.simulation import symptoms
from app.demo.simulation.activity import Activity
from app.demo.simulation.conditions import Conditions
from app.demo.simulation.faults import Injected
from app.demo.simulation.plan import BAD_VERSION, NAMES, ORCHESTRATOR, VERSION, WORKERS
from app.demo.simulation.records import started_event
from app.demo.simulation.resources import Resources
from app.demo.simulation.traffic import Traffic
from app.demo.simulation.vocabulary import label
from app.demo.simulation.workflows import PRIORITIES, Workflows

# Gauges the engine shifts up and down; all others are set from scratch in every step.
KEPT_GAUGES: tuple[tuple[str, ...], ...] = (
    (ORCHESTRATOR, "tamma_workflows_active_total"),
    (ORCHESTRATOR, "tamma_active_autonomous_loops", "orchestrator", "production"),
    (ORCHESTRATOR, "tamma_pending_approvals", "merge", "medium"),
    (ORCHESTRATOR, "tamma_orchestrator_tasks_queued"),
    *((ORCHESTRATOR, "tamma_queue_depth", "issues", priority) for priority in PRIORITIES),
    *((name, "tamma_worker_current_task", label(name)) for name in WORKERS),
)
LAST_WORDS_S = 0.001


class World:
    """Tamma at a moment; ``advance`` moves it on and tells what happened.

    ``restarts`` are planned ones (time, instance). The same seed and the same steps give the same story.
    """

    def __init__(
        self,
        *,
        seed: int,
        now: float,
        injected: Iterable[Injected] = (),
        restarts: Sequence[tuple[float, str]] = (),
        announces_starts: bool = False,
    ) -> None:
        self.now = now
        self.conditions = Conditions(injected)
        self.workflows = Workflows(seed, now, self.conditions)
        self._traffic = Traffic(seed + 1, self.conditions)
        self._resources = Resources(self.conditions, dict.fromkeys(NAMES, now))
        self._restarts = tuple(restarts)
        self._announces_starts = announces_starts
        self._kept = dict.fromkeys(KEPT_GAUGES, 0.0)

    def advance(self, dt: float) -> Activity:
        """Move on by one step of ``dt`` seconds."""
        return self.advance_over(np.array([self.now + dt]))

    def advance_over(self, times: NDArray[np.float64], *, lines_from: float = 0.0) -> Activity:
        """Move on over steps that end at ``times``; lines before ``lines_from`` are not written."""
        out = Activity(self.now, times, lines_from)
        end = float(times[-1])
        out.restarts = self._restarts_until(end)
        if self._announces_starts:
            for t, name in out.restarts:
                self._announce(out, t, name)
        symptoms.advance(out, self.conditions)
        self.workflows.advance(end, out)
        self._settle_gauges(out)
        self._traffic.advance(out)
        self._resources.advance(out)
        self._silence(out)
        self.now = end
        return out

    def version_of(self, instance: str, t: float) -> str:
        """The version that is deployed on an instance."""
        return BAD_VERSION if self.conditions.at(t, "bad-deploy", instance) else VERSION

    def restore_gauges(self) -> None:
        """Set the engine's gauges from the runs and queue it adopted."""
        runs = self.workflows.runs.values()
        self._kept[KEPT_GAUGES[0]] = self._kept[KEPT_GAUGES[1]] = float(len(runs))
        self._kept[KEPT_GAUGES[2]] = float(sum(run.waits_for_approval for run in runs))
        self._kept[KEPT_GAUGES[3]] = float(len(self.workflows.queue))
        for gauge in KEPT_GAUGES[4:]:
            if gauge[1] == "tamma_queue_depth":
                self._kept[gauge] = float(sum(priority == gauge[3] for _, priority in self.workflows.queue))
            else:
                self._kept[gauge] = float(sum(run.busy == gauge[0] for run in runs))

    def _announce(self, out: Activity, t: float, name: str) -> None:
        event = started_event(name, t, self.version_of(name, t))
        out.event(name, t, event.kind, event.tags, event.data)
        fields = {"component": "process", "correlationId": f"start-{int(t)}"}
        out.line(name, t, "info", f"{name} started, version {self.version_of(name, t)}", fields)

    def _restarts_until(self, end: float) -> list[tuple[float, str]]:
        found = [(t, name) for t, name in self._restarts if self.now < t <= end]
        for one in self.conditions.injected:
            moments = {"service-crash": (one.end,), "bad-deploy": (one.start, one.end)}.get(one.fault, ())
            found += [(t, name) for t in moments if self.now < t <= end for name in symptoms.touched(one)]
        return sorted(found)

    def _settle_gauges(self, out: Activity) -> None:
        for gauge, before in self._kept.items():
            column = out.column(gauge[0], *gauge[1:])
            column[:] = before + np.cumsum(column)
            self._kept[gauge] = float(column[-1])

    def _silence(self, out: Activity) -> None:
        """A process that is dead counts nothing and writes nothing."""
        crashes = [one for one in self.conditions.injected if one.fault == "service-crash"]
        for one in crashes:
            for name in symptoms.touched(one):
                dead = (out.times > one.start) & (out.times <= one.end)
                out.numbers[name][dead] = 0.0
        if crashes:
            out.lines = [line for line in out.lines if not self._is_dead(line.t - LAST_WORDS_S, line.instance)]
            out.events = [event for event in out.events if not self._is_dead(event.t, event.instance)]

    def _is_dead(self, t: float, instance: str) -> bool:
        return self.conditions.at(t, "service-crash", instance) > 0
